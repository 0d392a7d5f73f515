package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"glennline/config"
	"glennline/ops/copies"
	"glennline/ops/datadir"
	"glennline/ops/fallback"
	"glennline/ops/subject"
	"glennline/petition"
	"glennline/petition/caller"
	"glennline/petition/sqlite"
)

func newSubjectCommand(g *globals) *cobra.Command {
	return parent("subject", "The rights of a person who called", newSubjectShowCommand(g), newSubjectExportCommand(g), newSubjectEraseCommand(g))
}

// whoseHelp is how all of these commands are told whom they are about.
const whoseHelp = `The number is asked for, or read as a line from standard input; it is never an
argument, since a shell would keep that. A message that came without a number is
found by when it began and on which line (--from, --to, --line), as long as it is
the only one. --call names a call by its ID, and all others from the same number.
`

// whose are the flags that name a person.
type whose struct {
	from, to, line, call string
}

func (w *whose) flags(cmd *cobra.Command, g *globals) {
	cmd.Flags().StringVar(&w.from, "from", "", "a message without a number that began at this `moment` or later; UTC unless it has a zone")
	cmd.Flags().StringVar(&w.to, "to", "", "and before this `moment`")
	cmd.Flags().StringVar(&w.line, "line", "", "and on this `line`")
	cmd.Flags().StringVar(&w.call, "call", "", "the call with this `ID`")
	completeFlag(cmd, "line", g.lineNames)
}

// noNumber refuses arguments without saying what they were.
func noNumber(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(fmt.Errorf("%s takes no argument: it asks for the number, so that no shell keeps it; what was typed is to be removed from the shell's history", cmd.CommandPath()))
	}
	return nil
}

// longestAnswer is more than anybody types.
const longestAnswer = 4 << 10

// question reads whom a command is about. in is where the number comes from.
func (w whose) question(in *bufio.Reader, prompt bool, errs io.Writer, file config.File, keys *caller.Ring) (subject.Query, error) {
	switch timed := w.from != "" || w.to != ""; {
	case w.call != "" && (timed || w.line != ""):
		return subject.Query{}, usage(errors.New("--call names the call: leave out --from, --to and --line"))
	case w.call != "":
		return subject.Query{CallID: w.call}, nil
	case w.line != "" && !timed, timed && (w.from == "" || w.to == ""):
		return subject.Query{}, usage(errors.New("a message without a number is found by --from and --to, and --line"))
	case timed:
		from, err := momentFlag("from", w.from)
		if err != nil {
			return subject.Query{}, err
		}
		to, err := momentFlag("to", w.to)
		if err == nil && !from.Before(to) {
			err = usage(errors.New("--to is not after --from: no call began in between"))
		}
		return subject.Query{From: from, To: to, Line: w.line}, err
	}
	if prompt {
		fmt.Fprint(errs, "The person's telephone number: ")
	}
	number, err := in.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return subject.Query{}, err
	}
	if strings.TrimSpace(number) == "" {
		return subject.Query{}, usage(errors.New("no number: type it when asked, or pipe it in; see --help for messages without one"))
	}
	e164, err := caller.E164(strings.TrimRight(number, "\r\n"), file.Region)
	if err != nil {
		return subject.Query{}, usage(fmt.Errorf("%w; write it with its country, such as +32 2 555 01 00", err))
	}
	q := subject.Query{Number: true}
	for _, key := range keys.All() {
		q.Pseudonyms = append(q.Pseudonyms, key.Pseudonym(e164))
	}
	return q, nil
}

// matter is a question about a person on its way through a command.
type matter struct {
	file  config.File
	dir   datadir.Dir
	keys  *caller.Ring // nil without any
	query subject.Query
	who   string // gives the command
	in    *bufio.Reader
	talk  io.Writer
}

// ask finds out whom a command is about, and who gives it.
func (g *globals) ask(cmd *cobra.Command, w whose) (*matter, error) {
	who, err := actor()
	if err != nil {
		return nil, err
	}
	m := &matter{who: who, in: bufio.NewReader(io.LimitReader(cmd.InOrStdin(), longestAnswer)), talk: cmd.ErrOrStderr()}
	if m.file, err = g.settings(); err != nil {
		return nil, err
	}
	if m.dir, err = datadir.Existing(m.file.Data); err != nil {
		return nil, usage(err)
	}
	m.keys, err = caller.ReadRing(m.dir.Secret(), m.dir.Secrets())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, usage(err)
	}
	m.query, err = w.question(m.in, asked(cmd), cmd.ErrOrStderr(), m.file, m.keys)
	return m, err
}

// asked is whether somebody sits at a terminal.
func asked(cmd *cobra.Command) bool {
	stdin, ok := cmd.InOrStdin().(*os.File)
	return ok && terminal(stdin)
}

// find gives the person's calls.
func (m *matter) find(ctx context.Context, db *sqlite.DB) ([]sqlite.CallRow, error) {
	if err := lineFlag(ctx, m.file, db, m.query.Line); err != nil {
		return nil, err
	}
	lost, err := m.destroyed(ctx, db)
	if err != nil {
		return nil, err
	}
	rows, err := subject.Find(ctx, db, m.query)
	switch {
	case lost != "" && m.keys == nil:
		return nil, fmt.Errorf("finding a person by the number is impossible: %s", lost)
	case lost != "" && errors.Is(err, subject.ErrNothing):
		err = fmt.Errorf("%w that can be found by the number; for other calls that is impossible: %s", err, lost)
	case lost != "":
		fmt.Fprintln(m.talk, "not found by the number: "+lost)
	case errors.Is(err, subject.ErrSeveral), errors.Is(err, sqlite.ErrNotFound), errors.Is(err, sqlite.ErrAmbiguous):
		err = usage(err)
	}
	return rows, err
}

// destroyed says which calls nobody can find by a number any more, since the
// secret of their pseudonyms was destroyed; "" for none, or if it does not matter.
func (m *matter) destroyed(ctx context.Context, db *sqlite.DB) (string, error) {
	if m.query.By() != "number" {
		return "", nil
	}
	known, err := db.Keys(ctx)
	if err != nil {
		return "", err
	}
	if err := m.sameKeys(known); err != nil {
		return "", usage(err)
	}
	var lost []string
	for _, k := range known {
		if !k.DestroyedAt.IsZero() && k.Calls > 0 {
			lost = append(lost, fmt.Sprintf("secret %s, of %s until %s, was destroyed on %s",
				k.ID, several(k.Calls, "call"), k.Last.Format(time.DateOnly), k.DestroyedAt.Format(time.DateOnly)))
		}
	}
	if len(lost) == 0 {
		return "", nil
	}
	return strings.Join(lost, "; ") + "; nobody can tell whose these are: name the call with --call", nil
}

// sameKeys is nil if every secret that pseudonyms were made with is at hand, or
// was destroyed: with another one nobody would be found, and that would be taken
// for the truth.
func (m *matter) sameKeys(known []sqlite.KeyUse) error {
	var missing []string
	for _, k := range known {
		at := func(s *caller.Secret) bool { return s.ID == k.ID }
		if k.DestroyedAt.IsZero() && !slices.ContainsFunc(m.keys.All(), at) {
			missing = append(missing, k.ID)
		}
	}
	switch {
	case len(missing) > 0 && m.keys == nil:
		return fmt.Errorf("%s is missing: put back the file of secret %s, or name the call with --call", m.dir.Secret(), missing[0])
	case len(missing) > 0:
		return fmt.Errorf("the pseudonyms of secret %s cannot be looked for, whose file is missing from %s: put it back, or name the call with --call", missing[0], m.dir)
	}
	return nil
}

// source is where the person's data are described from.
func (m *matter) source(db *sqlite.DB) (subject.Source, error) {
	made, err := copies.List(m.dir.Copies())
	return subject.Source{
		DB:           db,
		Archive:      m.dir.Archive(),
		Copies:       made,
		Professional: slices.Contains(m.file.Professionals, m.who),
	}, err
}

// settled is what of the person is still on its way to the ledger.
func (m *matter) settled(ctx context.Context, db *sqlite.DB, rows []sqlite.CallRow) (subject.Unsettled, error) {
	waiting, err := m.waiting(ctx, db)
	if err != nil {
		return subject.Unsettled{}, err
	}
	return subject.Settled(m.query, rows, waiting, m.dir.Journal())
}

// waiting are the calls that the dialplan answered and that were not brought in
// yet.
func (m *matter) waiting(ctx context.Context, db *sqlite.DB) ([]petition.Call, error) {
	s := &service{file: m.file, dir: m.dir}
	ingester := &fallback.Ingester{Ledger: db, Region: s.regionOf}
	if m.keys != nil {
		ingester.Secret = m.keys
	}
	return ingester.Waiting(ctx, spoolOf(m.file, m.dir))
}

// note writes to the audit chain that the person's data were looked at.
func (m *matter) note(ctx context.Context, db *sqlite.DB, kind petition.AuditKind, rows []sqlite.CallRow) error {
	if len(rows) == 0 {
		rows = []sqlite.CallRow{{}} // that somebody looked is worth an entry, too
	}
	for _, row := range rows {
		err := db.Audit(ctx, petition.AuditEntry{
			Actor:   m.who,
			Kind:    kind,
			Subject: row.Call.ID,
			Detail:  map[string]string{"by": m.query.By()},
		}, "")
		if err != nil {
			return err
		}
	}
	return nil
}

// spoolOf is the folder that Asterisk records into.
func spoolOf(file config.File, dir datadir.Dir) string {
	if _, err := os.Stat(dir.Asterisk()); err == nil || file.Spool == "" {
		return dir.Spool() // where it would be: a restored folder has none yet
	}
	return file.Spool
}
