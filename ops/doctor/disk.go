package doctor

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"glennline/ops/disk"
)

// bytesPerHour is what an hour of speech takes: 8 kHz, 16 bit.
const bytesPerHour = 8000 * 2 * 3600

// Disk looks at the room where a folder lies. Below least, in bytes, new calls
// are refused; below four times that it is time to look.
func Disk(name, folder string, least uint64) Check {
	var fs unix.Statfs_t
	if err := unix.Statfs(folder, &fs); err != nil {
		return Bad(name, fmt.Sprintf("%s cannot be looked at: %v", folder, err), "see whether the folder is there and its disk is mounted")
	}
	free := fs.Bavail * uint64(fs.Bsize)
	found := fmt.Sprintf("%d MiB free in %s, room for %d h of messages before calls are refused", free>>20, folder, (max(free, least)-least)/bytesPerHour)
	const do = "make room, or move the data folder to a larger disk; calls are refused below admission.min_free_mib"
	switch {
	case fs.Flags&unix.ST_RDONLY != 0:
		return Bad(name, folder+" lies on a disk that is mounted read-only", "see why (dmesg), and mount it for writing")
	case free < least:
		return Bad(name, found, do)
	case free < 4*least:
		return Warn(name, found, do)
	case fs.Files > 0 && fs.Ffree < 10_000: // 0 where files are not counted
		return Warn(name, fmt.Sprintf("only %d more files fit in %s", fs.Ffree, folder), "remove small files, or move the data folder: every call makes some")
	}
	return Good(name, found)
}

// Spool looks at whether Asterisk can record: into its spool, and into the folder
// there that is in use now. Calls are refused where it cannot.
func Spool(name string, folders ...string) Check {
	for _, folder := range folders {
		err := disk.Writable(folder)
		switch {
		case errors.Is(err, disk.ErrReadOnly):
			return Bad(name, err.Error()+": Asterisk cannot record there", "see why (dmesg), and mount it for writing; calls are refused until then")
		case errors.Is(err, disk.ErrFiles):
			return Bad(name, err.Error()+": Asterisk cannot record there", "remove small files there, or move the data folder; calls are refused until then")
		case err != nil:
			return Bad(name, err.Error()+": Asterisk cannot record there", "let the user that Asterisk runs as write there (chmod u+rwx); calls are refused until then")
		}
	}
	return Good(name, "recordings can be written into "+folders[0])
}

// Above slowSync in the median, the row before each answer is heard as a delay.
const (
	slowSync = 50 * time.Millisecond
	syncs    = 20
)

// Sync measures how long a small file in the folder takes to be on disk. The
// files are removed again.
func Sync(name, folder string) Check {
	took := make([]time.Duration, 0, syncs)
	for range syncs {
		d, err := syncOnce(folder)
		if err != nil {
			return Bad(name, fmt.Sprintf("nothing can be written into %s: %v", folder, err), "let the user that runs glennline write there, and see whether the disk is full or read-only")
		}
		took = append(took, d)
	}
	slices.Sort(took)
	median, worst := took[len(took)/2], took[len(took)-1]
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	found := fmt.Sprintf("a small file is on disk in %.1f ms (median of %d; worst %.1f ms)", ms(median), syncs, ms(worst))
	if median > slowSync {
		return Warn(name, found, "use a faster disk (SSD, no network mount): callers wait for it before the answer")
	}
	return Good(name, found)
}

func syncOnce(folder string) (took time.Duration, err error) {
	f, err := os.CreateTemp(folder, ".doctor-*")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	began := time.Now()
	if _, err = f.Write(make([]byte, 4096)); err == nil {
		err = f.Sync()
	}
	return time.Since(began), err
}
