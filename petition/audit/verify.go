package audit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"glennline/petition"
)

// Report is what a proof of the chain found.
type Report struct {
	Entries int64  // in the database, up to the first that does not fit
	Head    string // hash of the last of them
	InFile  int64  // entries of the file that fit
	Behind  int64  // entries that the file lacks at its end
	Texts   int    // free texts that are still kept
	Erased  int    // free texts that were erased
}

// Fault is the first entry that does not fit. It is ErrBroken.
type Fault struct {
	Where string // the database, or the file
	Seq   int64
	What  string
}

func (f *Fault) Error() string {
	return fmt.Sprintf("entry %d of %s: %s: %v", f.Seq, f.Where, f.What, ErrBroken)
}

// Unwrap makes errors.Is find ErrBroken.
func (f *Fault) Unwrap() error { return ErrBroken }

// Verify proves the chain: in the database every number follows, every hash is
// that of its entry, every entry holds the hash of the one before, every free
// text that is kept is the one that was hashed; and the file holds the same, a
// line an entry. It stops at the first that does not fit, with a Fault.
func Verify(ctx context.Context, db Source, path string) (Report, error) {
	report := Report{Head: petition.AuditStart}
	file, err := reader(path)
	if err != nil {
		return report, fmt.Errorf("audit file: %w", err)
	}
	defer file.close()
	err = db.AuditSince(ctx, -1, func(e petition.AuditEntry, salt, free string) error {
		if what := misfit(report, e, salt, free); what != "" {
			return &Fault{Where: "the database", Seq: report.Entries + 1, What: what}
		}
		switch line := file.next(); {
		case line == nil:
			report.Behind++
		case !bytes.Equal(line, e.Line()):
			return &Fault{Where: path, Seq: e.Seq, What: differs(line, e)}
		default:
			report.InFile++
		}
		report.Entries, report.Head = e.Seq, e.Hash
		switch {
		case e.TextHash != "" && salt == "":
			report.Erased++
		case e.TextHash != "":
			report.Texts++
		}
		return nil
	})
	if err != nil {
		return report, err
	}
	if file.next() != nil {
		return report, &Fault{Where: "the database", Seq: report.Entries + 1, What: "it is missing here and stands in " + path}
	}
	return report, nil
}

// misfit says what is wrong with an entry after those of the report; "" if it
// fits.
func misfit(r Report, e petition.AuditEntry, salt, free string) string {
	switch {
	case e.Seq != r.Entries+1:
		return fmt.Sprintf("it is missing, entry %d follows", e.Seq)
	case e.Previous != r.Head:
		return "it does not hold the hash of the one before"
	case e.Hash != e.Sum():
		return "its hash is not that of what it says"
	case salt != "" && petition.TextSum(salt, free) != e.TextHash:
		return "its text is not the one that was written"
	}
	return ""
}

func differs(line []byte, e petition.AuditEntry) string {
	var other petition.AuditEntry
	if json.Unmarshal(line, &other) != nil {
		return "the line is no entry"
	}
	if other.Seq != e.Seq {
		return fmt.Sprintf("entry %d stands in its place", other.Seq)
	}
	return "it is not the same as in the database"
}

// lines reads the file's lines. A last one without its end is not there yet.
type lines struct {
	f *os.File
	r *bufio.Reader
}

// reader opens the file; one that was never made has no lines.
func reader(path string) (*lines, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &lines{}, nil
	}
	if err != nil {
		return nil, err
	}
	return &lines{f, bufio.NewReaderSize(f, 1<<16)}, nil
}

func (l *lines) close() {
	if l.f != nil {
		_ = l.f.Close()
	}
}

// next is the next whole line without its newline, nil at the end. A file that
// cannot be read any more is at its end: it is behind.
func (l *lines) next() []byte {
	if l.r == nil {
		return nil
	}
	line, err := l.r.ReadBytes('\n')
	if err != nil { // what is there is half a line
		return nil
	}
	return bytes.TrimSuffix(line, []byte("\n"))
}
