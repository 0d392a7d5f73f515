package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"glennline/ari"
	"glennline/asterisk-conf/pbx"
	"glennline/config"
	"glennline/ops/datadir"
	"glennline/ops/ledger"
	"glennline/ops/reconcile"
	"glennline/petition"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
)

// errLeft is the end of a command that left something to look at: exit code 3.
var errLeft = errors.New("something is left to look at")

type reconcileOptions struct {
	apply, verify, asJSON bool
	carrier               string
}

func newReconcileCommand(g *globals) *cobra.Command {
	var opts reconcileOptions
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Join the ledger, the files and Asterisk's own records",
		Long: `Joins what the ledger says, what lies on disk and what Asterisk's own event log
has seen. Each disagreement has a name:

  abandoned    open row, no recording: the call ended without its ending
  unclaimed    a recording whose row knows nothing of it
  orphan       a recording without a row, such as one made while glennline was away
  leftover     archived and in the ledger, and still in the spool
  unexplained  Asterisk answered, and we know nothing of it
  unwitnessed  we have it as answered, Asterisk's log has not
  missing      row, no file
  damaged      the file is not what was archived (looked for with --verify-hashes)
  unusable     a recording without usable audio
  erased       something is left, or came back, of a call that was erased on request
  stray        a file or folder among the recordings that is none of ours
  journalled   it waits in the journal for a database that can be written
  carrier_only the carrier has it as answered, and we know nothing of it
  not_carried  we have it as answered, the carrier's list has not

With --carrier-cdr the carrier's own list of calls is one more witness: a CSV file
with the columns time (2006-01-02T15:04:05Z), call_id (the SIP Call-ID, may be
missing) and duration (seconds, may be missing; 0 is a call not answered),
separated by commas, semicolons or tabs. A call of ours explains one line: that
with its Call-ID or, where the line or the call has none, one within 10 s. Where
no Call-ID of the list is known here, because something on the way gives its own,
all is compared by time, and the report says so.

Without --apply nothing is changed but the copy of Asterisk's log, and not even
that where the database cannot be written. With it, what is unambiguous is
completed and the rest is moved aside; nothing is deleted but what is left of people
who were erased, and twice changes nothing.

A call that may still be alive is named as waiting and left alone, and it does not
change the exit code. It is one that Asterisk has now; where Asterisk cannot be asked,
one whose end does not stand in its log and that began less than pbx.max_call ago.

Exit codes: 0 all agree; 1 could not finish; 2 wrong use; 3 something is left to
look at, or could not be looked at.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runReconcile(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), g, opts)
		},
	}
	cmd.Flags().BoolVar(&opts.apply, "apply", false, "do what is proposed")
	cmd.Flags().BoolVar(&opts.verify, "verify-hashes", false, "read every archived recording and compare its hash")
	cmd.Flags().StringVar(&opts.carrier, "carrier-cdr", "", "the carrier's list of calls: a CSV `file` with the columns time, call_id, duration")
	cmd.Flags().BoolVar(&opts.asJSON, "json", false, "an object a finding, then the report")
	return cmd
}

func runReconcile(ctx context.Context, out, talk io.Writer, g *globals, opts reconcileOptions) error {
	file, err := g.settings()
	if err != nil {
		return err
	}
	dir, err := existing(file)
	if err != nil {
		return err
	}
	s := &service{file: file, dir: dir, log: zap.NewNop(), spool: spoolOf(file, dir)}
	log := eventLog(file, dir)
	why, err := s.openReconcile(ctx, opts.apply)
	if err != nil {
		return err
	}
	defer s.db.Close()
	cfg, err := s.reconcileConfig(log)
	if err != nil {
		return err
	}
	cfg.Live = func(ctx context.Context) (map[string]bool, error) { return living(ctx, file, dir) }
	cfg.Unserved, cfg.Now = !dir.InUse(), now
	cfg.Apply, cfg.VerifyHashes = opts.apply, opts.verify
	cfg.CarrierList = opts.carrier
	cfg.Journal, cfg.Replay = dir.Journal(), s.replay
	if s.secret == nil {
		cfg.Fallback = nil
	}
	if opts.apply {
		unlock, err := dir.Lock()
		switch {
		case err == nil:
			defer unlock()
		case errors.Is(err, datadir.ErrInUse):
			cfg.Replay = nil // it replays by itself
		default:
			return err
		}
	}
	enc := json.NewEncoder(out)
	cfg.Found = func(f reconcile.Finding) {
		if opts.asJSON {
			_ = enc.Encode(f)
			return
		}
		printFinding(out, f)
	}
	var stop func()
	cfg.Progress, stop = showLooked()
	report, err := reconcile.Run(ctx, cfg)
	stop()
	if errors.Is(err, reconcile.ErrCarrierList) || opts.carrier != "" && errors.Is(err, fs.ErrNotExist) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	if opts.asJSON {
		err = enc.Encode(report)
	} else {
		err = printReconcile(out, report, opts.carrier != "")
	}
	if why != nil || report.WitnessBehind > 0 {
		fmt.Fprintln(talk, "glennline: "+unwritten(why, report.WitnessBehind))
	}
	if err == nil && (report.Left > 0 || report.WitnessBehind > 0) {
		err = errLeft
	}
	return err
}

// living are the UNIQUEIDs of the channels that are in Asterisk now, as it says
// itself: through its console where it is our own, else through ARI.
func living(ctx context.Context, file config.File, dir datadir.Dir) (map[string]bool, error) {
	if _, err := os.Stat(dir.Asterisk()); err == nil {
		return pbx.Live(ctx, dir.Asterisk())
	}
	edge, err := asteriskAtHand(file)
	if err != nil {
		return nil, err
	}
	client, err := ari.New(edge)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	return client.Live(ctx)
}

// openReconcile opens what reconcile looks at. Who only looks makes do with a
// database that cannot be written, and why says what is the matter with it; with
// folders that cannot be written; and without the secret.
func (s *service) openReconcile(ctx context.Context, apply bool) (why, err error) {
	cfg := sqlite.Config{Path: s.dir.Database(), Thresholds: thresholds(s.file)}
	s.db, err = sqlite.Open(ctx, cfg)
	if err != nil && !apply && (errors.Is(err, sqlite.ErrReadOnly) || errors.Is(err, sqlite.ErrLocked) || errors.Is(err, sqlite.ErrFull) || errors.Is(err, sqlite.ErrDenied)) {
		why, cfg.ReadOnly = err, true
		s.db, err = sqlite.Open(ctx, cfg)
	}
	if err != nil {
		return why, err
	}
	if s.secret, err = readKeys(s.dir); err == nil || !apply {
		s.store, err = archive.Open(s.dir.Archive(), s.dir.Quarantine())
	}
	if err == nil && apply {
		// With another secret, callers would be taken for others, and numbers that
		// are sealed for unknown ones.
		err = bindKeys(ctx, s.db, s.secret)
	}
	if err != nil && apply {
		return why, errors.Join(err, s.db.Close())
	}
	return why, nil
}

// replay writes what waits in the journal to the database. The caller owns the
// data folder.
func (s *service) replay(ctx context.Context) error {
	l, err := ledger.Open(ctx, ledger.Config{
		Database: sqlite.Config{Path: s.dir.Database(), Thresholds: thresholds(s.file)},
		Bind: func(ctx context.Context, db *sqlite.DB) error {
			return bindKeys(ctx, db, s.secret)
		},
		Journal: s.dir.Journal(),
	})
	if err != nil {
		return err
	}
	left := l.Waiting()
	if err := l.Close(); err != nil {
		return err
	}
	if left > 0 {
		return fmt.Errorf("not yet in the database, which could not be written: %s", entries(left))
	}
	return nil
}

// unwritten says what came of a database that cannot be written.
func unwritten(why error, behind int64) string {
	text := "nothing was changed"
	if behind > 0 {
		text = several(int(behind), "byte") + " of Asterisk's log could not be brought in, and nothing was changed"
	}
	if why == nil {
		return text + ": the database could not be written"
	}
	return text + ": " + oneLine(why)
}

func printFinding(out io.Writer, f reconcile.Finding) {
	what := []string{string(f.Kind) + strings.Repeat(" ", max(0, 12-len(f.Kind)))}
	if f.CallID != "" {
		what = append(what, f.CallID)
	}
	switch {
	case f.Path != "":
		what = append(what, f.Path)
	case f.UniqueID != "":
		what = append(what, f.UniqueID)
	}
	if !f.At.IsZero() {
		at := f.At.UTC().Format(time.RFC3339)
		if f.Kind == reconcile.Waiting {
			at = "since " + at
		}
		what = append(what, at)
	}
	state := "would: "
	switch {
	case f.Error != "":
		state = "failed (" + f.Error + "): "
	case f.Done:
		state = "done: "
	case strings.HasPrefix(f.Action, "nothing"):
		state = ""
	}
	action := f.Action
	if f.Aside != "" {
		action += "; it is " + f.Aside
	}
	fmt.Fprintf(out, "%s\n              %s\n", printable(strings.Join(what, "  ")), printable(state+action))
}

func printReconcile(out io.Writer, r reconcile.Report, carrier bool) error {
	t := r.Totals
	fmt.Fprintf(out, "Asterisk's log: %s, %d answered, %s\n", several(t.Witnessed, "channel"), t.Answered, refusals(t))
	fmt.Fprintf(out, "the ledger:     %s answered, %s\n", several(t.Calls, "call"), several(t.Signatures, "signature"))
	fmt.Fprintf(out, "the archive:    %s\n", several(t.Files, "recording"))
	if carrier {
		byTime := ""
		if r.CarriedByTime {
			byTime = "; no Call-ID of the list is known here: compared by time alone"
		}
		fmt.Fprintf(out, "the carrier:    %s answered%s\n", several(t.Carried, "call"), byTime)
	}
	for _, kind := range reconcile.Kinds() {
		if n := r.Counts[kind]; n > 0 {
			fmt.Fprintf(out, "%-14s  %d\n", kind, n)
		}
	}
	verdict := "all agree"
	switch {
	case r.Left == 0 && r.WitnessBehind > 0:
		verdict = "all agree, as far as could be looked at"
	case r.Left == 0 && r.Waiting+r.InUse > 0:
		verdict = "what is over: all agree"
	case r.Left > 0 && !r.Applied && r.Proposed > 0:
		verdict = fmt.Sprintf("%d left to look at: --apply does what is proposed", r.Left)
	case r.Left > 0:
		verdict = fmt.Sprintf("%d left to look at", r.Left)
	}
	if r.Waiting > 0 {
		verdict += fmt.Sprintf("; %s may still be alive and %s left alone", several(r.Waiting, "call"), was(r.Waiting))
	}
	if r.InUse > 0 {
		verdict += fmt.Sprintf("; %s may still be in use and %s left alone", several(r.InUse, "file"), was(r.InUse))
	}
	_, err := fmt.Fprintln(out, verdict)
	return err
}

// refusals says how many calls were refused before the answer, and why.
func refusals(t reconcile.Totals) string {
	var why []string
	left := t.Refused
	for _, way := range petition.WantOfRoom() {
		if n := t.RefusedFor[way]; n > 0 {
			why = append(why, fmt.Sprintf("%d %s", n, way))
			left -= n
		}
	}
	if left > 0 {
		why = append(why, fmt.Sprintf("%d for reasons that were not kept", left))
	}
	text := fmt.Sprintf("%d refused for want of room", t.Refused)
	if len(why) > 0 {
		text += " (" + strings.Join(why, ", ") + ")"
	}
	return text
}
