package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"unicode"
)

// ErrPassword says that a password file holds none.
var ErrPassword = errors.New("no password in the file")

// ErrExposed says that others than its owner may read or change the file: whoever
// has the password commands the whole Asterisk.
var ErrExposed = errors.New("password is open to others")

// Password reads the password file. A line end after the password is not part
// of it.
func (a ARI) Password() (string, error) {
	return passwordIn("ari.password_file", a.PasswordFile, a.User)
}

// MonitorUser is the name of the user who may only read.
func (a ARI) MonitorUser() string { return a.User + "-monitor" }

// monitorPassword is what Asterisk is told plainly, and what cannot be guessed.
var monitorPassword = regexp.MustCompile(`^[A-Za-z0-9_-]{32,128}$`)

// MonitorPassword reads ari.monitor_password_file; "" where there is none. The error
// is a Faults.
func (f File) MonitorPassword() (string, error) {
	const key = "ari.monitor_password_file"
	path := f.ARI.MonitorPasswordFile
	if path == "" {
		return "", nil
	}
	c := &checker{file: &f}
	password, err := passwordIn(key, path, f.ARI.MonitorUser())
	switch {
	case err != nil:
		c.fault(key, "%s", strings.TrimPrefix(err.Error(), key+": "))
	case !monitorPassword.MatchString(password):
		c.fault(key, "%s: need 32 to 128 letters, digits, - and _, such as openssl rand -hex 32 makes", path)
	}
	return password, c.faults.err()
}

// Passwords reads the password file of every trunk that registers, by the
// trunk's name. The error is a Faults.
func (f File) Passwords() (map[string]string, error) {
	c := &checker{file: &f}
	passwords := make(map[string]string)
	for i, t := range f.Trunks {
		if t.Type != TrunkRegister {
			continue
		}
		key := Key("trunks", i, "password_file")
		password, err := passwordIn(key, t.PasswordFile, t.User)
		switch {
		case err != nil:
			c.fault(key, "%s", strings.TrimPrefix(err.Error(), key+": "))
		case strings.TrimSpace(password) != password || strings.ContainsFunc(password, unicode.IsControl):
			c.fault(key, "%s: the password begins or ends with a space or holds a control character, which Asterisk cannot be told: have the carrier change it", t.PasswordFile)
		}
		passwords[t.Name] = password
	}
	return passwords, c.faults.err()
}

// passwordIn reads the file that a key names; user is whose password it is.
func passwordIn(key, path, user string) (string, error) {
	data, mode, err := readPassword(path)
	if err != nil {
		return "", fmt.Errorf("%s: write the password of user %s there and let this user read it: %w", key, user, err)
	}
	if mode&0o077 != 0 {
		return "", fmt.Errorf("%s: %s has mode %04o; change the password if somebody could read it, then run chmod 600 on the file: %w", key, path, mode, ErrExposed)
	}
	password := strings.TrimRight(string(data), "\r\n")
	if password == "" || strings.ContainsAny(password, "\r\n") {
		return "", fmt.Errorf("%s: write one line with the password of user %s into %s: %w", key, user, path, ErrPassword)
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
