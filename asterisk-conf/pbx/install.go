package pbx

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Install is an Asterisk that can be run.
type Install struct {
	Binary    string // absolute
	ModuleDir string
	DataDir   string // holds documentation/core-en_US.xml
	Version   string // as in "22.10.1"
}

// EnvBinary names the Asterisk to use where the configuration names none.
const EnvBinary = "GLENNLINE_ASTERISK"

// oldest is the oldest major version whose ARI and PJSIP do what we need.
const oldest = 20

// cached is where scripts/get-asterisk puts one, below a project's folder.
var cached = filepath.Join(".cache", "asterisk", "bin", "asterisk")

// ErrNoAsterisk says that none was found.
var ErrNoAsterisk = errors.New("no asterisk found")

// Find looks for an Asterisk of version 20 or newer: path if it is not empty,
// else the file that $GLENNLINE_ASTERISK names, else asterisk on the PATH, else
// .cache/asterisk/bin/asterisk in the working folder or one above it. One that
// was named but cannot be used is an error; others are passed over.
func Find(path string) (Install, error) {
	if path != "" {
		return inspect(path)
	}
	if path = os.Getenv(EnvBinary); path != "" {
		in, err := inspect(path)
		if err != nil {
			return Install{}, fmt.Errorf("$%s: %w", EnvBinary, err)
		}
		return in, nil
	}
	var passed []error
	for _, candidate := range candidates() {
		in, err := inspect(candidate)
		if err == nil {
			return in, nil
		}
		passed = append(passed, err)
	}
	const hint = "install Asterisk %d or newer, or run scripts/get-asterisk, or name one in $%s"
	if len(passed) > 0 {
		return Install{}, fmt.Errorf("%w that can be used (%w); "+hint, ErrNoAsterisk, errors.Join(passed...), oldest, EnvBinary)
	}
	return Install{}, fmt.Errorf("%w on the PATH or as %s; "+hint, ErrNoAsterisk, cached, oldest, EnvBinary)
}

// systemPlaces is where daemons live and an ordinary user's PATH does not lead.
var systemPlaces = []string{"/usr/sbin/asterisk", "/usr/local/sbin/asterisk"}

// candidates are the places that hold an asterisk, in order.
func candidates() []string {
	var found []string
	if p, err := exec.LookPath("asterisk"); err == nil {
		found = append(found, p)
	}
	for _, p := range systemPlaces {
		if isFile(p) {
			found = append(found, p)
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		return found
	}
	for {
		if p := filepath.Join(dir, cached); isFile(p) {
			found = append(found, p)
		}
		up := filepath.Dir(dir)
		if up == dir {
			return found
		}
		dir = up
	}
}

var versionLine = regexp.MustCompile(`^Asterisk (?:certified[/-])?((\d+)(?:\.\d+)*)`)

// inspect runs binary for its version and looks for what belongs to it.
func inspect(binary string) (Install, error) {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return Install{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "-V")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C at a terminal means us
	out, err := cmd.CombinedOutput()
	if err != nil {
		return Install{}, fmt.Errorf("%s does not run: %w%s; name an Asterisk %d or newer", binary, err, firstLine(out), oldest)
	}
	m := versionLine.FindStringSubmatch(string(out))
	if m == nil {
		return Install{}, fmt.Errorf("%s says %q, which is no version of Asterisk; name an Asterisk %d or newer", binary, strings.TrimSpace(string(out)), oldest)
	}
	version := m[1]
	if major, _ := strconv.Atoi(m[2]); major < oldest {
		return Install{}, fmt.Errorf("%s is version %s; version %d or newer is needed", binary, version, oldest)
	}
	in := Install{Binary: binary, Version: version}
	in.ModuleDir = firstWith(moduleDirs(binary), "res_pjsip.so")
	if in.ModuleDir == "" {
		return Install{}, fmt.Errorf("%s: no folder with its modules (res_pjsip.so) beside it or in the system's places; install them", binary)
	}
	in.DataDir = firstWith(dataDirs(binary), filepath.Join("documentation", "core-en_US.xml"))
	if in.DataDir == "" {
		return Install{}, fmt.Errorf("%s: no documentation/core-en_US.xml in its data folder, without which it does not start; install it", binary)
	}
	return in, nil
}

// prefixes are the roots that binary may be installed under: its own, with or
// without a folder tree beside it as scripts/get-asterisk makes one, then the
// system's.
func prefixes(binary string) []string {
	if real, err := filepath.EvalSymlinks(binary); err == nil {
		binary = real
	}
	own := filepath.Dir(filepath.Dir(binary))
	return []string{filepath.Join(own, "tree", "usr"), own, "/usr", "/usr/local"}
}

func moduleDirs(binary string) []string {
	var dirs []string
	for _, p := range prefixes(binary) {
		for _, pattern := range []string{"lib/*/asterisk/modules", "lib/asterisk/modules", "lib64/asterisk/modules"} {
			found, _ := filepath.Glob(filepath.Join(p, pattern)) // fails for bad patterns alone
			dirs = append(dirs, found...)
		}
	}
	return dirs
}

func dataDirs(binary string) []string {
	var dirs []string
	for _, p := range prefixes(binary) {
		dirs = append(dirs, filepath.Join(p, "share", "asterisk"))
	}
	return append(dirs, "/var/lib/asterisk")
}

func firstWith(dirs []string, file string) string {
	for _, d := range dirs {
		if isFile(filepath.Join(d, file)) {
			return d
		}
	}
	return ""
}

func isFile(p string) bool {
	info, err := os.Stat(p)
	return err == nil && info.Mode().IsRegular()
}

func firstLine(out []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if line == "" {
		return ""
	}
	return " (" + line + ")"
}
