package config

import (
	"fmt"
	"net/mail"
	"path/filepath"
	"strings"
	"time"
)

// Alerts is how professionals are told that a recording became confidential.
type Alerts struct {
	Command []string      `yaml:"command"` // a program and its arguments; none for no command
	Email   Email         `yaml:"email"`
	Timeout time.Duration `yaml:"timeout"` // that the command or the mail server has
}

// Email is the server that mails go to, and their heads.
type Email struct {
	Host         string   `yaml:"host"` // "" for no mail
	Port         int      `yaml:"port"`
	TLS          string   `yaml:"tls"`
	User         string   `yaml:"user"` // "" to send without logging in
	PasswordFile string   `yaml:"password_file"`
	From         string   `yaml:"from"`
	To           []string `yaml:"to"`
}

var encryptions = []string{"starttls", "tls", "none"}

// Password reads the password file, where there is a user.
func (e Email) Password() (string, error) {
	if e.User == "" {
		return "", nil
	}
	return passwordIn("alerts.email.password_file", e.PasswordFile, e.User)
}

// resolveCommand makes the program of the alerts' command relative to the file's
// folder, if it is a path and no name to look for.
func (f *File) resolveCommand(dir string) {
	command := f.Alerts.Command
	if _, set := f.origin["alerts.command"]; set && len(command) > 0 && strings.Contains(command[0], "/") && !filepath.IsAbs(command[0]) {
		f.Alerts.Command = append([]string{filepath.Join(dir, command[0])}, command[1:]...)
	}
}

func (c *checker) alerts() {
	a := c.file.Alerts
	c.between("alerts.timeout", a.Timeout, time.Second, 5*time.Minute, time.Second)
	if len(a.Command) > 0 && strings.TrimSpace(a.Command[0]) == "" {
		c.fault("alerts.command", "empty: write a program and its arguments, such as [/usr/local/bin/page, --urgent]")
	}
	e := a.Email
	if e.Host == "" {
		if e.From != "" || len(e.To) > 0 || e.User != "" {
			c.fault("alerts.email.host", "missing: name the mail server, such as smtp.example.org")
		}
		return
	}
	if strings.ContainsAny(e.Host, " :/@") {
		c.fault("alerts.email.host", "%q: write the name of the mail server alone, such as smtp.example.org; its port goes to alerts.email.port", e.Host)
	}
	if e.Port < 1 || e.Port > 65535 {
		c.fault("alerts.email.port", "%d: set it from 1 to 65535", e.Port)
	}
	c.oneOf("alerts.email.tls", e.TLS, encryptions)
	if e.TLS == "none" && e.Host != "localhost" && e.Host != "127.0.0.1" && e.Host != "::1" {
		c.fault("alerts.email.tls", "none is for a mail server on this machine: write starttls or tls")
	}
	if e.User != "" && e.PasswordFile == "" {
		c.fault("alerts.email.password_file", "missing: name the file with the password of user %s", e.User)
	}
	c.address("alerts.email.from", e.From)
	if len(e.To) == 0 {
		c.fault("alerts.email.to", "empty: write the addresses of the professionals")
	}
	for i, to := range e.To {
		c.address(fmt.Sprintf("alerts.email.to[%d]", i), to)
	}
}

func (c *checker) address(key, address string) {
	if _, err := mail.ParseAddress(address); err != nil || strings.ContainsAny(address, "\r\n") {
		c.fault(key, "%q is no mail address: write one such as anna@example.org", address)
	}
}
