package handover

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"

	"glennline/ops/export"
	"glennline/ops/outfile"
	"glennline/ops/seal"
	"glennline/petition/sqlite"
)

// Kind is that of the manifests.
const Kind = "handover"

// Names of files in the folder.
const (
	Index   = "index.html"
	Sealed  = "handover.tar.age"
	Report  = "report.html"
	Papers  = "papers"
	rowsFor = "signatures."
)

// Config says what to hand over, and how.
type Config struct {
	To         string // the folder; what lies there is kept, but with Force one that was made here
	Force      bool
	From       *sqlite.Snapshot
	Archive    string                // folder of the recordings
	Rows       export.Config         // how rows are written; Recordings is set here
	Manifest   seal.Manifest         // begun: of what moment, and by what
	Key        *seal.Key             // that signs; nil for none
	Recipients []age.Recipient       // who can open it; none for a plain folder
	Passphrase bool                  // the recipient is a passphrase, so that the page asks for it
	All        bool                  // all voices that count, also those that nobody accepted
	Attach     []Paper               // papers
	Report     func(io.Writer) error // writes the report's page
	Sentences  map[string]string     // the figure in words, by language
	Counted    int                   // the figure

	// Before is called when all is written, and before it can be seen.
	Before func(Result) error
}

// Result is what was made.
type Result struct {
	Manifest seal.Manifest // that of the folder as it lies there, and closed
	Sum      string        // SHA-256 of it, hex, to be published
	Voices   int           // that can be heard
	Absent   int           // voices that were meant and whose recordings are not as they were
	IDs      *seal.List    // of their signatures, in the same order; for Before alone
	LeftOut  int           // voices that were accepted and do not count any more, or never leave
}

// Make makes the folder, as a whole or not at all. What the rows name and is
// missing or damaged is in the manifest. Where a person takes out one of the rows
// meanwhile, it is sqlite.ErrTakenOut.
func Make(ctx context.Context, cfg Config) (Result, error) {
	if err := Check(cfg.Attach); err != nil {
		return Result{}, err
	}
	watch, err := cfg.From.Watch(ctx, cfg.Rows.Filter)
	if err != nil {
		return Result{}, err
	}
	cfg.Rows.Still = watch.Check
	folder, err := outfile.CreateFolder(cfg.To, cfg.Force, Ours)
	if err != nil {
		return Result{}, err
	}
	defer folder.Abort()
	m := &making{Config: cfg, folder: folder.Path}
	defer func() { _ = m.result.IDs.Close() }()
	if err := m.run(ctx); err != nil {
		return Result{}, err
	}
	if err := watch.Check(ctx); err != nil {
		return Result{}, err
	}
	if cfg.Before != nil {
		if err := cfg.Before(m.result); err != nil {
			return Result{}, err
		}
	}
	return m.result, folder.Commit()
}

// Ours is whether a folder is one that this package made, by its manifest.
func Ours(path string) bool {
	kind, is := seal.KindOf(path)
	return is && kind == Kind
}

// making is a folder on its way.
type making struct {
	Config
	folder string
	result Result
}

func (m *making) run(ctx context.Context) (err error) {
	out := &intoFolder{m.folder}
	if len(m.Recipients) == 0 {
		m.result.Manifest, m.result.Sum, err = m.contents(ctx, out)
		return errors.Join(err, m.result.Manifest.Close())
	}
	bundle, err := newIntoTar(filepath.Join(m.folder, Sealed), m.Recipients, m.From.At)
	if err != nil {
		return err
	}
	defer bundle.abort()
	inside, _, err := m.contents(ctx, bundle)
	if err != nil {
		return errors.Join(err, inside.Close())
	}
	defer inside.Close()
	if err := bundle.close(); err != nil {
		return err
	}
	// The manifest around it tells the same of the same moment.
	around := inside
	around.Voices, around.Tables, around.Files, around.Plain = "", nil, nil, nil
	around.AddEncrypted(seal.File{Path: Sealed, SHA256: bundle.left.Sum()}, bundle.inside.Sum())
	cover, err := m.cover()
	if err != nil {
		return err
	}
	if err := m.put(ctx, out, &around, Index, cover); err != nil {
		return err
	}
	m.result.Manifest = around
	m.result.Sum, err = m.seal(ctx, out, around)
	return err
}

// contents puts all that is handed over, and its manifest last.
func (m *making) contents(ctx context.Context, to sink) (seal.Manifest, string, error) {
	man := m.Manifest
	man.Kind, man.Voices, man.Looked = Kind, seal.VoicesChosen, seal.LookedPresence
	man.Spool = m.Rows.TempDir
	if err := m.signatures(ctx, to, &man); err != nil {
		return man, "", err
	}
	var report bytes.Buffer
	if err := m.Report(&report); err != nil {
		return man, "", err
	}
	if err := m.put(ctx, to, &man, Report, report.Bytes()); err != nil {
		return man, "", err
	}
	for _, paper := range m.Attach {
		if err := paper.put(ctx, to, &man); err != nil {
			return man, "", err
		}
	}
	page, err := m.player()
	if err != nil {
		return man, "", err
	}
	if err := m.put(ctx, to, &man, Index, page); err != nil {
		return man, "", err
	}
	sum, err := m.seal(ctx, to, man)
	return man, sum, err
}

// signatures puts the voices as their rows pass by, and then the rows.
func (m *making) signatures(ctx context.Context, to sink, man *seal.Manifest) error {
	accepted, err := m.From.Accepted(ctx)
	if err != nil {
		return err
	}
	presence, done := export.Presence(m.Archive)
	defer done()
	v := &voices{archive: m.Archive, accepted: accepted, all: m.All, presence: presence, to: to, manifest: man, ids: seal.NewList(m.Rows.TempDir)}
	m.result.IDs = v.ids
	staged, err := m.stage()
	if err != nil {
		return err
	}
	defer staged.Close()
	cfg := m.Rows
	cfg.Recordings = v.look
	result, err := export.Write(ctx, m.From, staged, cfg)
	man.Missing, man.Damaged, man.Removed = result.Missing, result.Damaged, result.Removed
	if err != nil {
		return err
	}
	name := rowsFor + cfg.Format
	sum, err := putStaged(ctx, to, name, staged)
	if err != nil {
		return err
	}
	if man.HeldBack, err = m.From.HeldBack(ctx, cfg.Filter); err != nil {
		return err
	}
	man.Add(seal.File{Path: name, SHA256: sum})
	man.Tables = append(man.Tables, seal.Table{Path: name, Format: cfg.Format})
	man.Rows, man.Totals = result.Rows, result.Totals
	m.result.Voices, m.result.Absent = v.here, v.absent
	m.result.LeftOut = len(accepted) - v.met
	return nil
}

func (m *making) put(ctx context.Context, to sink, man *seal.Manifest, name string, text []byte) error {
	sum, err := to.put(ctx, name, int64(len(text)), bytes.NewReader(text))
	if err == nil {
		man.Add(seal.File{Path: name, SHA256: sum})
	}
	return err
}

// seal puts a manifest and its signature.
func (m *making) seal(ctx context.Context, to sink, man seal.Manifest) (sum string, err error) {
	staged, err := m.stage()
	if err != nil {
		return "", err
	}
	defer staged.Close()
	_, signature, err := seal.Make(staged, man, m.Key)
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	if sum, err = putStaged(ctx, to, seal.ManifestName, staged); err != nil || signature == nil {
		return sum, err
	}
	_, err = to.put(ctx, seal.ManifestName+seal.SignatureSuffix, int64(len(signature)), bytes.NewReader(signature))
	return sum, err
}

// stage makes a file without a name for what is put when its size is known.
func (m *making) stage() (*os.File, error) {
	f, err := os.CreateTemp(m.Rows.TempDir, ".handover-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil { // so that a crash leaves nothing
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func putStaged(ctx context.Context, to sink, name string, staged *os.File) (sum string, err error) {
	size, err := staged.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = staged.Seek(0, io.SeekStart)
	}
	if err != nil {
		return "", err
	}
	return to.put(ctx, name, size, staged)
}
