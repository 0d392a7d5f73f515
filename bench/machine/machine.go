// Package machine says what a measurement was taken on, and where it can be kept.
package machine

import (
	"cmp"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Machine is a computer, and the glennline that was measured on it.
type Machine struct {
	CPU      string `json:"cpu"`
	Cores    int    `json:"cores"`
	MemoryMB uint64 `json:"memory_mb"`
	Kernel   string `json:"kernel"`
	Disk     string `json:"disk"` // file system of the data folder
	// How long a write of a page and its sync take there, of syncs in a row, in
	// milliseconds; 0 where that was not measured.
	SyncMedian float64 `json:"sync_median_ms,omitempty"`
	SyncP99    float64 `json:"sync_p99_ms,omitempty"`
	Go         string  `json:"go"`
	Glennline  string  `json:"glennline"`
	Revision   string  `json:"revision,omitempty"` // that glennline was built from
}

// Describe says what this is, of the disk that folder is on and of the glennline at
// path, which was built from tree; "" where that is not known.
func Describe(ctx context.Context, folder, path, tree string) (Machine, error) {
	m := Machine{Cores: runtime.NumCPU(), CPU: "unknown processor"}
	cpu, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return m, err
	}
	if model := regexp.MustCompile(`(?m)^model name\s*:\s*(.+)$`).FindSubmatch(cpu); model != nil {
		m.CPU = string(model[1])
	}
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return m, err
	}
	m.MemoryMB = info.Totalram * uint64(info.Unit) >> 20
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return m, err
	}
	m.Kernel = unix.ByteSliceToString(name.Release[:])
	if m.Disk, err = fileSystem(folder); err != nil {
		return m, err
	}
	if m.SyncMedian, m.SyncP99, err = syncing(folder); err != nil {
		return m, err
	}
	built, err := buildinfo.ReadFile(path)
	if err != nil {
		return m, fmt.Errorf("%s is no glennline that can be measured: %w", path, err)
	}
	m.Go = built.GoVersion
	if tree != "" {
		m.Revision = revision(ctx, tree)
	}
	out, err := exec.CommandContext(ctx, path, "version").Output()
	if err != nil {
		return m, fmt.Errorf("%s version: %w", path, err)
	}
	m.Glennline = strings.Join(strings.Fields(string(out)), " ")
	return m, nil
}

// Committed says that nobody can know later what was measured: it was built from no
// known commit, or from a tree with changes.
func (m Machine) Committed() error {
	if m.Revision == "" || strings.HasSuffix(m.Revision, dirty) {
		return errors.New("it is not known of which commit; commit first, and measure what it builds")
	}
	return nil
}

// dirty is behind the commit of a tree with changes, as git has it.
const dirty = "-dirty"

// revision is the commit that a tree is at, with "-dirty" where it has changes; ""
// where git does not know it.
func revision(ctx context.Context, tree string) string {
	git := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
	git.Dir = tree
	out, err := git.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// fileSystem names the type of the one that path is on.
func fileSystem(path string) (string, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil {
		return "", err
	}
	known := map[int64]string{
		unix.EXT4_SUPER_MAGIC: "ext4", unix.XFS_SUPER_MAGIC: "xfs", unix.BTRFS_SUPER_MAGIC: "btrfs",
		unix.TMPFS_MAGIC: "tmpfs (where a sync costs nothing: choose another folder with -dir)", unix.OVERLAYFS_SUPER_MAGIC: "overlay",
	}
	return cmp.Or(known[int64(fs.Type)], fmt.Sprintf("file system %#x", fs.Type)), nil
}

// syncs are enough for a 99th percentile, and over in seconds on a slow disk.
const syncs = 200

// syncing writes one page after the other into a file of a folder, as a database does,
// each followed by fdatasync.
func syncing(folder string) (median, p99 float64, err error) {
	f, err := os.CreateTemp(folder, ".sync-")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	page := make([]byte, 4096)
	took := make([]float64, syncs)
	for i := range took {
		from := time.Now()
		if _, err := f.Write(page); err != nil {
			return 0, 0, err
		}
		if err := unix.Fdatasync(int(f.Fd())); err != nil {
			return 0, 0, err
		}
		took[i] = float64(time.Since(from)) / float64(time.Millisecond)
	}
	slices.Sort(took)
	return took[syncs/2], took[syncs*99/100], nil
}

// Writable makes the folder of a file and says whether the file can be written, before
// half an hour has gone into what it is to hold.
func Writable(path string) error {
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return fmt.Errorf("%s is a folder: name a file in it", path)
	case err == nil:
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return f.Close()
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	probe, err := os.CreateTemp(filepath.Dir(path), ".bench-")
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// Hardware is what does not depend on programs, in one line.
func (m Machine) Hardware() string {
	said := fmt.Sprintf("%d × %s, %d MB, Linux %s, data on %s", m.Cores, m.CPU, m.MemoryMB, m.Kernel, m.Disk)
	if m.SyncMedian > 0 {
		said += fmt.Sprintf(" (a sync takes %.2f ms, %.1f at the 99th percentile)", m.SyncMedian, m.SyncP99)
	}
	return said
}

// Program is the glennline that was measured, and what it was built with and from.
func (m Machine) Program() string {
	said := m.Go + ", " + m.Glennline
	if m.Revision != "" {
		said += ", commit " + m.Revision
	}
	return said
}
