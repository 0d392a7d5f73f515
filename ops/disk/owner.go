package disk

import (
	"os"
	"path/filepath"
	"syscall"
)

// SameOwner gives a file that root has made to whom its folder belongs: the service
// has to go on with it.
func SameOwner(f *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(filepath.Dir(f.Name()))
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return f.Chown(int(owner.Uid), int(owner.Gid))
}
