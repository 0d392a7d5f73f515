package prompts

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/zaf/g711"
)

const (
	extension     = ".alaw" // what Asterisk's format_pcm takes for raw A-law
	versionDigits = 12
)

// cache is the folder that Asterisk plays from. Its files hold nothing private
// and Asterisk may run as another user, so everybody may read them.
type cache string

// openCache makes the folder if need be.
func openCache(dir string) (cache, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return cache(abs), folder(abs)
}

// folder makes a folder that everybody may look into, whatever the umask.
func folder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.Chmod(dir, 0o755)
}

// put stores the prompts of a line and returns them as a set. What lies there
// already is compared and, if it was damaged, replaced.
func (c cache) put(language string, clips [promptCount]clip) (Set, error) {
	raw := make([][]byte, promptCount)
	sum := sha256.New()
	for p, clip := range clips {
		raw[p] = littleEndian(clip.samples)
		if prompt(p) != promptBusy { // not part of what a signatory hears
			sum.Write(raw[p])
		}
	}
	version := digits(sum.Sum(nil))
	busy := sha256.Sum256(raw[promptBusy])
	dir := filepath.Join(string(c), version)
	if err := folder(dir); err != nil {
		return Set{}, err
	}
	var media [promptCount]string
	for p := range promptCount {
		media[p] = filepath.Join(dir, prompt(p).String())
		if prompt(p) == promptBusy {
			media[p] = filepath.Join(string(c), "busy-"+digits(busy[:]))
		}
		if err := ensure(media[p]+extension, g711.EncodeAlaw(raw[p])); err != nil {
			return Set{}, fmt.Errorf("prompt cache: %w", err)
		}
	}
	return Set{
		Version:      version,
		Language:     language,
		Name:         media[promptName],
		Notice:       media[promptNotice],
		Beep:         media[promptBeep],
		Again:        media[promptAgain],
		Busy:         media[promptBusy],
		NameLength:   clips[promptName].report.Length,
		NoticeLength: clips[promptNotice].report.Length,
		BusyLength:   clips[promptBusy].report.Length,
	}, nil
}

func littleEndian(samples []int16) []byte {
	b := make([]byte, 0, 2*len(samples))
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b
}

func digits(sum []byte) string { return hex.EncodeToString(sum)[:versionDigits] }

// ensure makes path hold data. A reader sees the old file or the new one,
// never a part. Nothing is fsynced: what a power failure damages is found and
// replaced at the next start.
func ensure(path string, data []byte) error {
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, data) {
		return os.Chmod(path, 0o644)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+strings.TrimSuffix(filepath.Base(path), extension)+"-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone once it was renamed
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
