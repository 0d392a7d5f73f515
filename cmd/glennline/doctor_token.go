package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"glennline/ari"
	"glennline/ops/datadir"
	"glennline/voicemail"
)

// The token of a test call lies in the data folder, mode 0600, and comes as the
// calling number: what that is, is kept from logs, rows and files anyway.
const (
	tokenPrefix = "doctor-"
	tokenFor    = time.Minute
)

// ownTest knows a test call of doctor's by its token, from loopback alone, and
// uses the token up. With another token, from elsewhere, or a second time, a
// call is like any other.
func ownTest(ctx context.Context, dir datadir.Dir, call *ari.Call, a *voicemail.Arrival) error {
	if !strings.HasPrefix(a.CallerNumber, tokenPrefix) {
		return nil
	}
	info, err := os.Lstat(dir.TestToken())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 || time.Since(info.ModTime()) > tokenFor {
		return err
	}
	token, err := os.ReadFile(dir.TestToken())
	if err != nil || subtle.ConstantTimeCompare(token, []byte(a.CallerNumber)) == 0 {
		return err
	}
	from, err := call.RemoteAddr(ctx)
	if err != nil || !from.Addr().Unmap().IsLoopback() {
		return err
	}
	// Of two calls with it, the one that removes it is the test.
	if err := os.Remove(dir.TestToken()); err != nil {
		return err
	}
	a.Test, a.CallerNumber = true, ""
	return nil
}
