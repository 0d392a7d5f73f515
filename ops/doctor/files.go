package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// Rights looks at the files, and folders, that are their owner's alone. All of
// them belong to whom the first belongs: a folder that must be there, and that
// others may pass through, but not write to.
func Rights(name string, paths ...string) Check {
	info, err := os.Stat(paths[0])
	if err != nil {
		return Bad(name, fmt.Sprintf("%s cannot be looked at: %v", paths[0], err), "run doctor as the user that runs glennline")
	}
	owner := ownerOf(info)
	looked := 0
	var open, foreign []string
	for i, path := range paths {
		others := fs.FileMode(0o077)
		if i == 0 {
			others = 0o022
		}
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return Bad(name, fmt.Sprintf("%s cannot be looked at: %v", path, err), "run doctor as the user that runs glennline")
		case info.Mode().Perm()&others != 0:
			open = append(open, path)
		case ownerOf(info) != owner:
			foreign = append(foreign, path)
		}
		looked++
	}
	switch {
	case len(open) > 0:
		return Bad(name, "others can change or read "+strings.Join(open, ", "), "chmod go= "+strings.Join(open, " "))
	case len(foreign) > 0:
		return Bad(name, fmt.Sprintf("%s does not belong to the owner of %s", strings.Join(foreign, ", "), paths[0]),
			fmt.Sprintf("chown --reference=%s %s", paths[0], strings.Join(foreign, " ")))
	case os.Geteuid() != 0 && os.Geteuid() != owner:
		return Warn(name, fmt.Sprintf("%s belongs to user %d, and doctor runs as %d", paths[0], owner, os.Geteuid()), "run doctor as the user that runs glennline")
	}
	return Good(name, fmt.Sprintf("%d files and folders, for their owner alone", looked))
}

func ownerOf(info fs.FileInfo) int {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return -1
}

// openFiles is the line of proc_pid_limits(5): soft and hard limit.
var openFiles = regexp.MustCompile(`(?m)^Max open files +(\S+) +(\S+)`)

// number reads a limit, which may be "unlimited".
func number(text []byte) int {
	if n, err := strconv.Atoi(string(text)); err == nil {
		return n
	}
	return math.MaxInt
}

// OpenFiles looks at how many files a process may open: pid, or for 0 what any
// that is started by this user gets. Asterisk sets its limit to wanted itself,
// up to the hard one.
func OpenFiles(name string, pid, wanted int) Check {
	process, whose := "self", "a process of this user"
	if pid != 0 {
		process, whose = strconv.Itoa(pid), "Asterisk"
		if open, err := os.ReadDir("/proc/" + process + "/fd"); err == nil {
			whose = fmt.Sprintf("Asterisk, which has %d open,", len(open))
		}
	}
	limits, err := os.ReadFile("/proc/" + process + "/limits")
	m := openFiles.FindSubmatch(limits)
	if err != nil || m == nil {
		return Warn(name, fmt.Sprintf("the limit of process %s cannot be read", process), "run doctor as the user that runs glennline")
	}
	soft, hard := number(m[1]), number(m[2])
	allowed := hard
	if pid != 0 {
		allowed = soft
	}
	found := fmt.Sprintf("%s may open %d", whose, allowed)
	if allowed < wanted {
		return Warn(name, fmt.Sprintf("%s, %d are wanted", found, wanted), "raise the hard limit (ulimit -Hn, LimitNOFILE= in a systemd unit), or lower pbx.max_calls")
	}
	return Good(name, found)
}
