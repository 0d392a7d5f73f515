package wav

import (
	"context"
	"fmt"
	"os"
)

// Repair writes a copy of the file src with a header that is right to the new
// file dst, and returns what was found in src; a file without damage is
// copied as it is. src is left as it was. dst must not exist; it is made with
// mode 0400 and is on disk when Repair returns, its folder is for the caller
// to sync. After an error there is no dst. Errors are those of Inspect and of
// the file system.
func Repair(ctx context.Context, src, dst string) (Info, error) {
	in, stat, err := Open(src)
	if err != nil {
		return Info{}, err
	}
	defer in.Close()
	info, err := InspectFrom(in, stat.Size())
	if err != nil {
		return Info{}, fmt.Errorf("%s: %w", src, err)
	}
	out, err := os.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o400)
	if err != nil {
		return Info{}, err
	}
	_, err = info.Scan(ctx, in, out)
	if err == nil {
		err = out.Sync()
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(dst)
		return Info{}, fmt.Errorf("repairing %s into %s: %w", src, dst, err)
	}
	return info, nil
}
