package pbx

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"
)

// Live lists the UNIQUEIDs of the channels in the Asterisk that runs in dir,
// whoever started it. Where none runs, none live.
func Live(ctx context.Context, dir string) (map[string]bool, error) {
	out, err := controlAt(dir).command(ctx, "core show channels concise")
	live := map[string]bool{}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ECONNREFUSED) {
		return live, nil
	}
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(out) {
		// The fields of a channel are parted by exclamation marks; the last is its UNIQUEID.
		if i := strings.LastIndexByte(line, '!'); i > 0 {
			live[strings.TrimSpace(line[i+1:])] = true
		}
	}
	return live, nil
}
