package pbx

import (
	"os"
	"testing"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	asteriskconf "glennline/asterisk-conf"
)

// Where the dialplan makes its notes, a name is on disk before the call is answered,
// if the file system can do that; where it cannot, Asterisk is started all the same.
func TestNamesOfNotesAreSynced(t *testing.T) {
	cfg := asteriskconf.Default()
	cfg.Dir = t.TempDir()
	cfg.Fallback = &asteriskconf.Fallback{Spool: cfg.Dir + "/spool/recording", SealKey: "0123456789abcdef"}
	s := &Server{cfg: cfg, log: zap.NewNop()}
	for range 2 { // with the next start, too
		if err := s.prepare(); err != nil {
			t.Fatal(err)
		}
	}
	flags := func(folder string) (uint32, error) {
		f, err := os.Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close() //nolint:errcheck // only looked at
		return unix.IoctlGetUint32(int(f.Fd()), unix.FS_IOC_GETFLAGS)
	}
	got, err := flags(cfg.Fallback.Folder())
	switch set := syncNames(cfg.Fallback.Folder()); {
	case set != nil:
		t.Logf("not on this file system: %v", set)
	case err != nil || got&dirSync == 0:
		t.Errorf("the folder of the notes has attributes %#x, %v", got, err)
	}
	// A day's folder stays as it is: calls that glennline serves pay nothing.
	if got, err := flags(cfg.Fallback.Spool); err == nil && got&dirSync != 0 {
		t.Errorf("the folder of all recordings has attributes %#x", got)
	}
	if syncNames(cfg.Dir+"/nowhere") == nil {
		t.Error("a folder that is not there took the attribute")
	}
}
