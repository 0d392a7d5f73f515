// Package remeasure applies the thresholds of the configuration to the
// recordings that are there. What was measured in them is in the database, so
// that files are read only where they were measured in an older way.
package remeasure

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"

	"glennline/petition"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
	"glennline/voicemail/wav"
)

// How many recordings are looked at between two looks into the database, and
// written in a transaction, which no call waits long for.
const (
	page  = 500
	batch = 50
)

// Config is what a run needs.
type Config struct {
	DB         *sqlite.DB
	Archive    *archive.Archive
	Thresholds petition.Thresholds
	Filter     sqlite.Filter // Line, Since and Until
	Actor      string        // who applies
	Apply      bool

	Found    func(Trouble)  // told of each recording that could not be looked at; may be nil
	Progress func(done int) // told how many recordings were looked at; may be nil
}

// The troubles that a recording can be in.
const (
	Missing = "missing" // there is no file
	Damaged = "damaged" // the file is not what was archived
)

// Trouble is a recording that had to be read anew and could not be. It stays as
// it is: what becomes of it is for reconcile.
type Trouble struct {
	ID   string
	Path string // below the archive
	What string
}

// Report is what was found, and done.
type Report struct {
	Applied  bool
	Run      int64 // 0 if there was nothing to change
	Looked   int   // recordings
	Measured int   // of these, read anew
	Purged   int   // recordings that would have to be read anew, and are gone as their time was over
	Troubles int
	Changed  int             // signatures that stand otherwise, or would
	Preview  *sqlite.Preview // which would; nil with Apply
}

// Close ends the preview, if there is one.
func (r Report) Close() error {
	if r.Preview == nil {
		return nil
	}
	return r.Preview.Close()
}

type run struct {
	Config
	report Report
}

// Run looks at every recording and says which signatures change; with Apply it
// changes them, and what was measured anew is kept. Broken off, whole batches are
// written, and the next run does the rest; twice changes nothing. The caller
// closes the report, also after an error.
func Run(ctx context.Context, cfg Config) (_ Report, err error) {
	r := &run{Config: cfg}
	r.report.Applied = cfg.Apply
	r.Filter.Limit = page
	if !cfg.Apply {
		if r.report.Preview, err = sqlite.NewPreview(ctx); err != nil {
			return r.report, err
		}
	}
	err = r.all(ctx)
	if err == nil && !cfg.Apply {
		err = r.compare(ctx)
	}
	return r.report, err
}

// compare finds out what would change, and counts it.
func (r *run) compare(ctx context.Context) error {
	if err := r.DB.PreviewRemeasure(ctx, r.report.Preview); err != nil {
		return err
	}
	turns, err := r.report.Preview.Turns(ctx)
	for _, t := range turns {
		r.report.Changed += t.N
	}
	return err
}

func (r *run) all(ctx context.Context) error {
	var last sqlite.Measured
	for {
		some, err := r.DB.Measured(ctx, r.Filter, last)
		if err != nil || len(some) == 0 {
			return err
		}
		for part := range slices.Chunk(some, batch) {
			if err := r.part(ctx, part); err != nil {
				return err
			}
		}
		last = some[len(some)-1]
	}
}

// part looks at some recordings and writes what is found.
func (r *run) part(ctx context.Context, part []sqlite.Measured) error {
	var found []sqlite.Remeasured
	judged := false
	for _, m := range part {
		anew, err := r.look(ctx, m)
		if err != nil {
			return err
		}
		if anew != nil {
			found = append(found, *anew)
			judged = judged || anew.Own != m.Own
		}
		if r.report.Looked++; r.Progress != nil {
			r.Progress(r.report.Looked)
		}
	}
	return r.write(ctx, found, judged)
}

// look says what is to be written of a recording; nil for nothing.
func (r *run) look(ctx context.Context, m sqlite.Measured) (*sqlite.Remeasured, error) {
	found := sqlite.Remeasured{ID: m.ID, FileSHA256: m.FileSHA256, Measure: m.Measure}
	if m.Measure.Version < wav.Version {
		if m.Purged {
			r.report.Purged++
			return nil, nil
		}
		measure, what, err := r.read(ctx, m)
		if err != nil {
			return nil, err
		}
		if what != "" {
			r.report.Troubles++
			if r.Found != nil {
				r.Found(Trouble{ID: m.ID, Path: m.Path, What: what})
			}
			return nil, nil
		}
		r.report.Measured++
		found.Measure = measure
	}
	found.Own = m.Own
	if m.Own.Status != petition.StatusTest { // a call of doctor's, whatever is in its recording
		found.Own.Status, found.Own.Reason = r.Thresholds.Judge(m.Consent, found.Measure)
	}
	if found.Own == m.Own && found.Measure == m.Measure {
		return nil, nil
	}
	if !r.Apply && found.Own != m.Own {
		err := r.report.Preview.Own(ctx, m.ID, found.Own, found.Measure)
		return nil, err
	}
	return &found, nil
}

// unusable is what is wrong with a file that is not what was archived.
var unusable = []error{archive.ErrDamaged, wav.ErrEmpty, wav.ErrNotWAV, wav.ErrFormat, wav.ErrTooLarge, io.ErrUnexpectedEOF}

// read measures a recording anew, or says what is the matter with it.
func (r *run) read(ctx context.Context, m sqlite.Measured) (measure petition.Measure, what string, err error) {
	voice, err := r.Archive.Examine(ctx, m.Path)
	is := func(target error) bool { return errors.Is(err, target) }
	switch {
	case is(fs.ErrNotExist):
		return measure, Missing, nil
	case slices.ContainsFunc(unusable, is), err == nil && voice.FileSHA256 != m.FileSHA256:
		return measure, Damaged, nil
	}
	return voice.Measure, "", err
}

// write writes what was found, under a run that begins with the first verdict that
// changes: what is only measured anew needs none.
func (r *run) write(ctx context.Context, found []sqlite.Remeasured, judged bool) (err error) {
	if !r.Apply || len(found) == 0 {
		return nil
	}
	if judged && r.report.Run == 0 {
		if r.report.Run, err = r.DB.BeginRemeasure(ctx, r.Actor, r.Thresholds, wav.Version); err != nil {
			return err
		}
	}
	changed, err := r.DB.Remeasure(ctx, r.report.Run, found)
	r.report.Changed += changed
	return err
}
