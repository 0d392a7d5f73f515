package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// machine is what the figures were taken on.
type machine struct {
	CPU       string `json:"cpu"`
	Cores     int    `json:"cores"`
	MemoryMB  uint64 `json:"memory_mb"`
	Kernel    string `json:"kernel"`
	Disk      string `json:"disk"` // file system of the data folder
	Go        string `json:"go"`
	Glennline string `json:"glennline"`
	Asterisk  string `json:"asterisk"`
	SIPp      string `json:"sipp"`
}

func (m machine) String() string {
	return fmt.Sprintf("%d × %s, %d MB, Linux %s, data on %s\nAsterisk %s, SIPp %s, %s, %s",
		m.Cores, m.CPU, m.MemoryMB, m.Kernel, m.Disk, m.Asterisk, m.SIPp, m.Go, m.Glennline)
}

func describe(b *bench) (machine, error) {
	m := machine{Cores: runtime.NumCPU(), Go: runtime.Version(), Asterisk: b.line.install.Version}
	cpu, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return m, err
	}
	m.CPU = "unknown processor"
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
	m.Kernel = string(bytes.TrimRight(name.Release[:], "\x00"))
	if m.Disk, err = fileSystem(b.dir); err != nil {
		return m, err
	}
	m.SIPp = "unknown"
	said, _ := exec.Command("sipp", "-v").CombinedOutput() //nolint:noctx // it ends at once, with 99
	if version := regexp.MustCompile(`SIPp (v[0-9][^\s]*[0-9A-Z])`).FindSubmatch(said); version != nil {
		m.SIPp = string(version[1])
	}
	out, err := exec.Command(b.line.binary, "version").Output() //nolint:noctx // it ends at once
	m.Glennline = strings.Join(strings.Fields(string(out)), " ")
	return m, err
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
