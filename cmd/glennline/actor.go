package main

import (
	"fmt"
	"os"
	"os/user"
	"strings"
)

// noLogin is what the kernel says of a process that no login started.
const noLogin = "4294967295"

// actor is who gives the command: the login behind this process. The kernel
// keeps it across su and sudo, where logins are recorded at all (see
// pam_loginuid); where they are not, it is sudo's caller, whom only root could
// have made up, or else the user that the process runs as. It never comes from
// a flag.
func actor() (string, error) {
	if raw, err := os.ReadFile("/proc/self/loginuid"); err == nil {
		if uid := strings.TrimSpace(string(raw)); uid != noLogin && uid != "" {
			if u, err := user.LookupId(uid); err == nil {
				return u.Username, nil
			}
		}
	}
	if name := os.Getenv("SUDO_USER"); name != "" && os.Getuid() == 0 {
		if u, err := user.Lookup(name); err == nil {
			return u.Username, nil
		}
	}
	u, err := user.Current()
	if err != nil {
		return "", fmt.Errorf("who gives this command? %w", err)
	}
	return u.Username, nil
}
