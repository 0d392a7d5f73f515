package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// ErrPassword says that a password file holds none.
var ErrPassword = errors.New("no password in the file")

// ErrExposed says that others than its owner may read or change the file: whoever
// has the password commands the whole Asterisk.
var ErrExposed = errors.New("password is open to others")

// Password reads the password file. A line end after the password is not part
// of it.
func (a ARI) Password() (string, error) {
	data, mode, err := readPassword(a.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("ari.password_file: write the password of user %s there and let this user read it: %w", a.User, err)
	}
	if mode&0o077 != 0 {
		return "", fmt.Errorf("ari.password_file: %s has mode %04o; change the password if somebody could read it, then run chmod 600 on the file: %w", a.PasswordFile, mode, ErrExposed)
	}
	password := strings.TrimRight(string(data), "\r\n")
	if password == "" || strings.ContainsAny(password, "\r\n") {
		return "", fmt.Errorf("ari.password_file: write one line with the password of user %s into %s: %w", a.User, a.PasswordFile, ErrPassword)
	}
	return password, nil
}

// readPassword reads the file and its mode through one descriptor.
func readPassword(path string) ([]byte, fs.FileMode, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close() //nolint:errcheck // read to its end
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	return data, info.Mode().Perm(), nil
}
