package seal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Format is that of the manifest; it grows with what an older version of this
// program could not check.
const Format = 1

const (
	// ManifestName is the manifest of a folder.
	ManifestName = "manifest.json"
	// ManifestSuffix is what the name of a single file's manifest ends in.
	ManifestSuffix = ".manifest.json"
	// SignatureSuffix is what the name of a signature ends in.
	SignatureSuffix = ".minisig"
	// VoicesFolder is where a folder's recordings are, each under the id of its
	// signature, voices/<ULID>.wav, or .wav.age; or under a number, where they are
	// only to be heard.
	VoicesFolder = "voices"
)

// What a manifest says of the recordings beside its rows.
const (
	VoicesAll    = "all"    // each row's recording is here, or named as missing or damaged
	VoicesChosen = "chosen" // some are
)

// Manifest says what files are. Its lists can be as long as a folder has files: Add
// fills them, Encode writes them, Close lets go of them, and encoding/json alone leaves
// them out.
type Manifest struct {
	Format    int               `json:"format"`
	Kind      string            `json:"kind"`    // export, bundle, handover
	Legal     string            `json:"legal"`   // the law's word on every number
	CutOff    time.Time         `json:"cut_off"` // the moment that the rows are of, UTC
	Query     map[string]string `json:"query"`   // which rows were asked for: none for all
	Rows      int               `json:"rows"`
	Totals    map[string]int    `json:"totals"`           // of the rows, by status
	HeldBack  map[string]int    `json:"held_back"`        // that the query met and that never leave, by why
	Voices    string            `json:"voices,omitempty"` // VoicesAll, VoicesChosen, "" for none
	Looked    string            `json:"recordings_looked_at"`
	Missing   *List             `json:"recordings_missing"` // ids of signatures
	Damaged   *List             `json:"recordings_damaged"`
	Removed   *List             `json:"recordings_removed"` // their time was over
	Software  string            `json:"software"`
	Config    string            `json:"configuration_sha256"`
	Audit     Head              `json:"audit"`
	PublicKey string            `json:"public_key,omitempty"` // of the key that signs, as minisign -P takes it
	Tables    []Table           `json:"tables"`               // the files that hold rows
	Plain     *List             `json:"inside,omitempty"`     // of an encrypted file: SHA-256 of what is in it
	Files     *List             `json:"files"`

	// Spool is the folder where what does not fit into memory lies while the manifest is
	// made; the system's if "".
	Spool string `json:"-"`
}

// How the recordings were looked at.
const (
	LookedPresence = "presence" // their files are there, or are not
	LookedHash     = "hash"     // they were read, and are what was archived
)

// Head is how far the audit chain had come at the cut-off.
type Head struct {
	Entries int64  `json:"entries"`
	Hash    string `json:"head"` // of the last of them; 64 zeros without one
}

// Table is a file with rows.
type Table struct {
	Path   string `json:"path"`
	Format string `json:"format"` // csv, jsonl, xlsx
}

// File is a file and its hash. In a manifest it stands as sha256sum prints it.
type File struct {
	Path   string // below the manifest's folder, with slashes
	SHA256 string // hex
}

// UnmarshalText reads "<SHA-256>  <path>".
func (f *File) UnmarshalText(text []byte) error {
	sum, name, _ := strings.Cut(string(text), "  ")
	*f = File{Path: name, SHA256: sum}
	return sound(*f)
}

// ErrName says that a file's name cannot stand in a manifest.
var ErrName = errors.New("a name that a manifest cannot hold")

// Nameable says what is wrong with a path for a manifest: it must lie below its
// folder, and each of sha256sum, JSON and a terminal must print it as it is.
func Nameable(name string) error {
	odd := func(r rune) bool { return !unicode.IsPrint(r) || r == '"' || r == '\\' }
	switch {
	case !filepath.IsLocal(name), path.Clean(name) != name, name == ".":
		return fmt.Errorf("%w: %q leads elsewhere", ErrName, name)
	case !utf8.ValidString(name), strings.ContainsFunc(name, odd):
		return fmt.Errorf("%w: %q: choose one without quotes, backslashes and control characters", ErrName, name)
	}
	return nil
}

func sound(f File) error {
	if !IsSum(f.SHA256) {
		return fmt.Errorf("%q is no SHA-256", f.SHA256)
	}
	return Nameable(f.Path)
}

// IsSum is whether a text is a SHA-256 in small hex digits.
func IsSum(text string) bool {
	return len(text) == hex.EncodedLen(sha256.Size) && strings.Trim(text, "0123456789abcdef") == ""
}

// ErrNewer says that a newer version of this program made the manifest.
var ErrNewer = errors.New("the manifest is of a newer version of glennline")

// sums says whether the totals make the rows.
func (m Manifest) sums() error {
	sum := 0
	for _, n := range m.Totals {
		if n < 0 {
			return errors.New("a total is below zero")
		}
		sum += n
	}
	if sum != m.Rows {
		return fmt.Errorf("its totals make %d rows, and it says %d", sum, m.Rows)
	}
	return nil
}

// manifestOf is the path of the manifest of a file or a folder, and whether it
// is that of a folder. A manifest itself is taken as it is.
func manifestOf(name string, folder bool) (manifest string, whole bool) {
	switch {
	case folder:
		return filepath.Join(name, ManifestName), true
	case filepath.Base(name) == ManifestName:
		return name, true
	case strings.HasSuffix(name, ManifestSuffix):
		return name, false
	}
	return name + ManifestSuffix, false
}

// Sealed is whether a folder has a manifest of ours.
func Sealed(folder string) bool {
	_, is := KindOf(folder)
	return is
}

// KindOf is the kind of a folder's manifest, and whether it has one of ours.
func KindOf(folder string) (kind string, is bool) {
	f, err := openManifest(filepath.Join(folder, ManifestName))
	if err != nil {
		return "", false
	}
	defer f.Close()
	m, err := scan(f, lists{})
	if err != nil || m.Format <= 0 || m.sums() != nil {
		return "", false
	}
	return m.Kind, true
}
