package seal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"filippo.io/age"
)

// ErrNoManifest says that there is nothing to verify by.
var ErrNoManifest = errors.New("no manifest")

// Row is what is proved of a row.
type Row struct {
	ID     string // of the signature
	Status string
	SHA256 string // of its recording's file
}

// RowReader gives the rows of a file, in its order. An error of row ends it.
type RowReader func(ctx context.Context, r io.Reader, row func(Row) error) error

// Verification is what to verify, and by what.
type Verification struct {
	Path       string               // a folder, a file, or the manifest of either
	Published  string               // hash of the manifest, as it was published; "" if it is not known
	PublicKey  string               // of the campaign, as PublicKey gives it; "" to take the manifest's word
	Identities []age.Identity       // to open what is encrypted
	Rows       map[string]RowReader // by format
	Never      []string             // statuses that no row may have
	Progress   func(bytes int64)    // called while files are read; nil for nobody
}

// maxManifest bounds what is read into memory.
const maxManifest = 1 << 30

// Verify proves a manifest, its signature, every file and every total, with what
// lies there alone. What does not hold is in the report; an error says that it
// could not be looked at: ErrNoManifest, ErrNewer, ErrIdentity, or one of reading.
func Verify(ctx context.Context, v Verification) (Report, error) {
	info, err := os.Stat(v.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return Report{}, fmt.Errorf("%s is missing: %w: name a sealed file or folder", v.Path, ErrNoManifest)
	}
	if err != nil {
		return Report{}, err
	}
	path, whole := ManifestOf(v.Path, info.IsDir())
	text, err := readManifest(path)
	if err != nil {
		return Report{}, err
	}
	c := &checking{Verification: v, folder: filepath.Dir(path), path: path, whole: whole}
	c.report = Report{Path: path, SHA256: Sum(text), Totals: map[string]int{}}
	c.published()
	m, err := Parse(text)
	if signed := c.signature(text, m.PublicKey); err != nil {
		if errors.Is(err, ErrNewer) && signed {
			return c.report, fmt.Errorf("%s: %w: use that one", path, err)
		}
		c.report.add("manifest", Fails, "the manifest cannot be read: "+err.Error())
		return c.report, nil
	}
	c.manifest, c.report.Manifest = m, &m
	if !info.IsDir() && path != v.Path && !c.lists(filepath.Base(v.Path)) {
		c.report.add("files", Fails, fmt.Sprintf("%s is not in its manifest", filepath.Base(v.Path)))
	}
	if err := c.files(ctx); err != nil {
		return c.report, err
	}
	err = c.contents(ctx)
	return c.report, err
}

func readManifest(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing: %w: name a sealed file or folder", path, ErrNoManifest)
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxManifest {
		return nil, fmt.Errorf("%s is none: %w: name a sealed file or folder", path, ErrNoManifest)
	}
	return os.ReadFile(path)
}

// checking is a verification on its way.
type checking struct {
	Verification
	folder   string // of the manifest
	path     string // of the manifest
	whole    bool   // the manifest is that of all in its folder
	manifest Manifest
	good     map[string]bool // files that are what was sealed
	report   Report
	read     int64
}

func (c *checking) lists(name string) bool {
	for _, f := range c.manifest.Files {
		if f.Path == name {
			return true
		}
	}
	return false
}

func (c *checking) published() {
	sum := c.report.SHA256
	switch {
	case c.Published == "":
		c.report.add("published", Unknown, "compare the manifest's SHA-256 with the one that was published (--published): "+sum)
	case strings.EqualFold(strings.TrimSpace(c.Published), sum):
		c.report.Anchored = true
		c.report.add("published", Holds, "the manifest is the one whose hash was published")
	default:
		c.report.add("published", Fails, "the manifest is not the one whose hash was published; its SHA-256 is "+sum)
	}
}

// signature says whether the manifest bears a good one.
func (c *checking) signature(text []byte, named string) bool {
	signature, err := os.ReadFile(c.path + SignatureSuffix)
	key, given := c.PublicKey, c.PublicKey != ""
	if !given {
		key = named
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) && key == "":
		c.report.add("signature", Unknown, "the manifest is not signed: only a published hash shows that it is the campaign's")
	case err != nil:
		c.report.add("signature", Fails, fmt.Sprintf("the signature cannot be read, %s", reason(err)))
	case key == "":
		c.report.add("signature", Fails, "the manifest names no key, and a signature lies beside it")
	default:
		if err := signedBy(key, text, signature); err != nil {
			c.report.add("signature", Fails, err.Error())
			return false
		}
		if given {
			c.report.Anchored = true
			c.report.add("signature", Holds, "the manifest is signed with the key that you gave, "+key)
		} else {
			c.report.add("signature", Holds, "the manifest is signed with the key that it names; compare it with the campaign's (--public-key): "+key)
		}
		return true
	}
	return false
}

// maxNamed bounds how many files a report names one by one.
const maxNamed = 20

// failures are those of one check, of which the first are named.
type failures struct {
	report *Report
	what   string
	n      int
}

func (f *failures) add(format string, args ...any) {
	if f.n++; f.n <= maxNamed {
		f.report.add(f.what, Fails, fmt.Sprintf(format, args...))
	}
}

func (f *failures) close() {
	if f.n > maxNamed {
		f.report.add(f.what, Fails, fmt.Sprintf("and %d more", f.n-maxNamed))
	}
}

// files compares every file with the manifest.
func (c *checking) files(ctx context.Context) error {
	c.good = make(map[string]bool, len(c.manifest.Files))
	faults := &failures{report: &c.report, what: "files"}
	for _, f := range c.manifest.Files {
		path := filepath.Join(c.folder, filepath.FromSlash(f.Path))
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			faults.add("%s is missing", f.Path)
			continue
		case err != nil:
			return err
		case !info.Mode().IsRegular():
			faults.add("%s is no file", f.Path)
			continue
		}
		sum, err := c.hash(ctx, path)
		if err != nil {
			return err
		}
		if sum != f.SHA256 {
			faults.add("%s is not the file that was sealed", f.Path)
			continue
		}
		c.good[f.Path] = true
	}
	if c.whole {
		if err := c.strangers(faults); err != nil {
			return err
		}
	}
	faults.close()
	if faults.n == 0 {
		text := several(len(c.good), "file is", "files are") + " there, as sealed"
		if c.whole {
			text += ", and nothing else"
		}
		c.report.add("files", Holds, text)
	}
	return nil
}

// strangers are what lies in the folder and not in the manifest.
func (c *checking) strangers(faults *failures) error {
	known := map[string]bool{ManifestName: true, ManifestName + SignatureSuffix: true}
	for _, f := range c.manifest.Files {
		known[f.Path] = true
	}
	return filepath.WalkDir(c.folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(c.folder, path)
		if err != nil {
			return err
		}
		if !known[filepath.ToSlash(rel)] {
			faults.add("%s is not in the manifest", strconv.Quote(rel))
		}
		return nil
	})
}

func (c *checking) hash(ctx context.Context, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return HashReader(ctx, c.counted(f))
}

// counted tells of progress while r is read.
func (c *checking) counted(r io.Reader) io.Reader {
	if c.Progress == nil {
		return r
	}
	return counting{c, r}
}

type counting struct {
	c *checking
	r io.Reader
}

func (r counting) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.c.read += int64(n)
	r.c.Progress(r.c.read)
	return n, err
}

func several(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}

// reason is what is wrong with a file, without its path.
func reason(err error) string {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err.Error()
	}
	return err.Error()
}
