package pbx

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// account is the ordinary user that Asterisk runs as; nil for our own.
type account struct {
	name   string
	uid    uint32
	gid    uint32
	groups []uint32
}

// ErrUser says that Asterisk cannot run as the user asked for.
var ErrUser = errors.New("asterisk cannot run as this user")

// resolveAccount picks the user. Root never runs Asterisk as root: it takes
// name, or else the user asterisk that packages make, or else nobody. Others
// run it as themselves.
func resolveAccount(name string) (*account, error) {
	if os.Geteuid() != 0 {
		self, err := user.Current()
		if err == nil && name != "" && name != self.Username {
			return nil, fmt.Errorf("%w: %s cannot become %s; leave the user out, or start as root", ErrUser, self.Username, name)
		}
		return nil, nil
	}
	names := []string{name}
	if name == "" {
		names = []string{"asterisk", "nobody"}
	}
	for _, n := range names {
		u, err := user.Lookup(n)
		if err != nil {
			continue
		}
		a, err := newAccount(u)
		if err != nil {
			return nil, err
		}
		if a.uid == 0 {
			return nil, fmt.Errorf("%w: %s is root; name an ordinary user", ErrUser, n)
		}
		return a, nil
	}
	return nil, fmt.Errorf("%w: there is no user %s; create it, or name another", ErrUser, strings.Join(names, " or "))
}

func newAccount(u *user.User) (*account, error) {
	ids, err := u.GroupIds()
	if err != nil {
		return nil, fmt.Errorf("groups of %s: %w", u.Username, err)
	}
	a := &account{name: u.Username}
	for _, field := range []struct {
		text string
		to   *uint32
	}{{u.Uid, &a.uid}, {u.Gid, &a.gid}} {
		n, err := strconv.ParseUint(field.text, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", u.Username, err)
		}
		*field.to = uint32(n)
	}
	for _, id := range ids {
		n, err := strconv.ParseUint(id, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("groups of %s: %w", u.Username, err)
		}
		a.groups = append(a.groups, uint32(n))
	}
	return a, nil
}

// credential is what a process of this account is started with.
func (a *account) credential() *syscall.Credential {
	if a == nil {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid, Groups: a.groups}
}

// try runs the binary once as the account, from within a folder, so that what
// it cannot reach is found before anything starts.
// Told to end meanwhile, it says that and nothing about the account.
func (a *account) try(ctx context.Context, in Install, dir string, write bool) error {
	limited, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	enter := `cd -- "$1"`
	if write {
		enter += ` && [ -w . ]`
	}
	modules := filepath.Join(in.ModuleDir, "res_pjsip.so")
	data := filepath.Join(in.DataDir, "documentation", "core-en_US.xml")
	cmd := exec.CommandContext(limited, "/bin/sh", "-c",
		enter+` && cat -- "$3" "$4" >/dev/null && exec "$2" -V`, "sh", dir, in.Binary, modules, data)
	cmd.Dir = "/"
	cmd.Env = environment()
	// In a group of its own, since Ctrl-C at a terminal means us.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.credential(), Setpgid: true}
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil && strings.HasPrefix(string(out), "Asterisk") {
		return nil
	}
	name := "the current user"
	if a != nil {
		name = a.name
	}
	for _, p := range []string{dir + "/.", in.Binary, modules, data} { // dir itself has to be entered too
		if at := a.blocked(p); at != "" {
			return fmt.Errorf("%w: %s cannot enter %s on the way to %s; open it with chmod o+x, or choose another folder or user", ErrUser, name, at, filepath.Clean(p))
		}
	}
	return fmt.Errorf("%w: as %s, %s does not run in %s: %s; give it the rights", ErrUser, name, in.Binary, dir, strings.TrimSpace(string(out)))
}

// blocked is the first folder above path that the account may not enter, as far
// as mode bits tell; "" if there is none.
func (a *account) blocked(path string) string {
	if a == nil {
		return ""
	}
	at := "/"
	for part := range strings.SplitSeq(strings.Trim(filepath.Dir(path), "/"), "/") {
		at = filepath.Join(at, part)
		info, err := os.Stat(at)
		if err != nil {
			return ""
		}
		st := info.Sys().(*syscall.Stat_t)
		bit := fs.FileMode(0o001)
		switch {
		case st.Uid == a.uid:
			bit = 0o100
		case st.Gid == a.gid || slices.Contains(a.groups, st.Gid):
			bit = 0o010
		}
		if info.Mode().Perm()&bit == 0 {
			return at
		}
	}
	return ""
}

// own gives the folder and all in it to the account. It never leaves the
// folder, whatever links lie in it.
func (a *account) own(dir string) error {
	if a == nil {
		return nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing was written through it
	return fs.WalkDir(root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if st := info.Sys().(*syscall.Stat_t); st.Uid == a.uid && st.Gid == a.gid {
			return nil
		}
		return root.Lchown(p, int(a.uid), int(a.gid))
	})
}

// environment is all that Asterisk gets to see of ours.
func environment() []string {
	env := []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"}
	if tz, ok := os.LookupEnv("TZ"); ok {
		env = append(env, "TZ="+tz)
	}
	return env
}
