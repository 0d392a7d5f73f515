package config

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// ErrPassword says that a password file holds none.
var ErrPassword = errors.New("no password in the file")

// Password reads the password file. A line end after the password is not part
// of it.
func (a ARI) Password() (string, error) {
	data, err := os.ReadFile(a.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("ari.password_file: write the password of user %s there and let this user read it: %w", a.User, err)
	}
	password := strings.TrimRight(string(data), "\r\n")
	if password == "" || strings.ContainsAny(password, "\r\n") {
		return "", fmt.Errorf("ari.password_file: write one line with the password of user %s into %s: %w", a.User, a.PasswordFile, ErrPassword)
	}
	return password, nil
}
