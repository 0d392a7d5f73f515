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

	"aead.dev/minisign"
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

// maxManifest bounds what is read: nine million files.
const maxManifest = 1 << 30

// Verify proves a manifest, its signature, every file and every total, with what
// lies there alone. What does not hold is in the report; an error says that it
// could not be looked at: ErrNoManifest, ErrNewer, ErrIdentity, or one of reading.
//
// Of a million files as of ten it keeps tens of megabytes: the lists of the manifest
// are read again for each of its questions.
func Verify(ctx context.Context, v Verification) (Report, error) {
	info, err := os.Stat(v.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return Report{}, fmt.Errorf("%s is missing: %w: name a sealed file or folder", v.Path, ErrNoManifest)
	}
	if err != nil {
		return Report{}, err
	}
	path, whole := manifestOf(v.Path, info.IsDir())
	c := &checking{Verification: v, folder: filepath.Dir(path), path: path, whole: whole, index: newIndex(atOnce.indexed)}
	if !info.IsDir() && path != v.Path {
		c.single = filepath.Base(v.Path)
	}
	c.report = Report{Path: path, Totals: map[string]int{}}
	signed, fault, err := c.survey()
	if err != nil {
		return Report{}, err
	}
	c.published()
	good := c.signature(signed)
	if errors.Is(fault, ErrNewer) && good {
		return c.report, fmt.Errorf("%s: %w: use that one", path, fault)
	}
	if fault == nil {
		fault, err = c.names(ctx)
	}
	if err != nil {
		return c.report, err
	}
	if fault != nil {
		c.report.add("manifest", Fails, "the manifest cannot be read: "+fault.Error())
		return c.report, nil //nolint:nilerr // it is in the report
	}
	c.report.Manifest = &c.manifest
	if c.single != "" && !c.listed {
		c.report.add("files", Fails, c.single+" is not in its manifest")
	}
	if err := c.files(ctx); err != nil {
		return c.report, err
	}
	err = c.contents(ctx)
	return c.report, err
}

// checking is a verification on its way.
type checking struct {
	Verification
	folder   string // of the manifest
	path     string // of the manifest
	whole    bool   // the manifest is that of all in its folder
	single   string // the file that it has to be of; "" for any
	manifest Manifest
	length   lengths
	listed   bool // the single file is in it
	index    *index
	locked   map[string]bool // files of rows that are encrypted
	strange  first           // what lies in the folder and is not in the manifest
	good     bits            // files that are what was sealed, by where they stand
	readable map[string]bool // files of rows that are
	report   Report
	read     int64
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
func (c *checking) signature(manifest *minisign.Reader) bool {
	signature, err := os.ReadFile(c.path + SignatureSuffix)
	key, given := c.PublicKey, c.PublicKey != ""
	if !given {
		key = c.manifest.PublicKey
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) && key == "":
		c.report.add("signature", Unknown, "the manifest is not signed: only a published hash shows that it is the campaign's")
	case err != nil:
		c.report.add("signature", Fails, fmt.Sprintf("the signature cannot be read, %s", reason(err)))
	case key == "":
		c.report.add("signature", Fails, "the manifest names no key, and a signature lies beside it")
	default:
		if err := signedBy(key, manifest, c.text, signature); err != nil {
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

// addAll adds those that have a name, of whom only the first are known.
func (f *failures) addAll(all first, format string) {
	for _, name := range all.least {
		f.add(format, name)
	}
	f.n += all.n - len(all.least)
}

func (f *failures) close() {
	if f.n > maxNamed {
		f.report.add(f.what, Fails, fmt.Sprintf("and %d more", f.n-maxNamed))
	}
}

// files compares every file with the manifest.
func (c *checking) files(ctx context.Context) error {
	c.good, c.readable = newBits(c.length.files), make(map[string]bool)
	tables := make(map[string]bool, len(c.manifest.Tables))
	for _, t := range c.manifest.Tables {
		tables[t.Path] = true
	}
	faults := &failures{report: &c.report, what: "files"}
	at := -1
	err := c.scan(lists{file: func(f File) error {
		at++
		path := filepath.Join(c.folder, filepath.FromSlash(f.Path))
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			faults.add("%s is missing", f.Path)
			return nil
		case err != nil:
			return err
		case !info.Mode().IsRegular():
			faults.add("%s is no file", f.Path)
			return nil
		}
		sum, err := c.hash(ctx, path)
		if err != nil {
			return err
		}
		if sum != f.SHA256 {
			faults.add("%s is not the file that was sealed", f.Path)
			return nil
		}
		c.good.set(at, true)
		if tables[f.Path] {
			c.readable[f.Path] = true
		}
		return nil
	}})
	if err != nil {
		return err
	}
	faults.addAll(c.strange, "%q is not in the manifest")
	faults.close()
	if faults.n == 0 {
		text := several(c.length.files, "file is", "files are") + " there, as sealed"
		if c.whole {
			text += ", and nothing else"
		}
		c.report.add("files", Holds, text)
	}
	return nil
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
