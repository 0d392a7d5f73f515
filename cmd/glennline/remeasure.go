package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"glennline/ops/datadir"
	"glennline/ops/remeasure"
	"glennline/petition"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
)

type remeasureOptions struct {
	apply, asJSON      bool
	line, since, until string
	undo               int64
	conditions         bool // one at least is given
}

func newRemeasureCommand(g *globals) *cobra.Command {
	var opts remeasureOptions
	cmd := &cobra.Command{
		Use:   "remeasure",
		Short: "Apply the present thresholds to the recordings that are there",
		Long: `Judges every recording by the present thresholds (voice in the configuration) and
shows which signatures would change, with those that they are compared with.
Recordings that an older version measured are read anew; one that is missing or
damaged is named and left to reconcile. What a person decided stays.

With --apply the changes are made, in short transactions beside the service,
under the number of a run; a second time changes nothing, and broken off, the
next time does the rest. --undo takes a run back as a whole. The service judges
new calls by the thresholds with which it was started: restart it first.

Exit codes: 0 shown or done; 1 could not be done, or in part, as is then said; 2
wrong use, nothing was changed; 3 recordings are missing or damaged.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, name := range []string{"line", "since", "until"} {
				opts.conditions = opts.conditions || cmd.Flags().Changed(name)
			}
			if cmd.Flags().Changed("undo") {
				return undoRemeasure(cmd.Context(), cmd.OutOrStdout(), g, opts)
			}
			return runRemeasure(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), g, opts)
		},
	}
	cmd.Flags().BoolVar(&opts.apply, "apply", false, "make the changes")
	cmd.Flags().BoolVar(&opts.asJSON, "json", false, "an object a change, then one of the run")
	cmd.Flags().StringVar(&opts.line, "line", "", "only recordings of this `line`")
	cmd.Flags().StringVar(&opts.since, "since", "", "only of calls at this `moment` or later")
	cmd.Flags().StringVar(&opts.until, "until", "", "only of calls before this `moment`")
	cmd.Flags().Int64Var(&opts.undo, "undo", 0, "take back the `run` with this number")
	completeFlag(cmd, "line", g.lineNames)
	return cmd
}

func (o remeasureOptions) filter() (sqlite.Filter, error) {
	since, until, err := span(o.since, o.until)
	return sqlite.Filter{Line: o.line, Since: since, Until: until}, err
}

func runRemeasure(ctx context.Context, out, talk io.Writer, g *globals, opts remeasureOptions) error {
	filter, err := opts.filter()
	if err != nil {
		return err
	}
	file, err := g.settings()
	if err != nil {
		return err
	}
	dir, err := existing(file)
	if err != nil {
		return err
	}
	cfg := remeasure.Config{Thresholds: thresholds(file), Filter: filter, Apply: opts.apply}
	if cfg.Archive, err = archive.Open(dir.Archive(), dir.Quarantine()); err != nil {
		return err
	}
	cfg.Found = func(t remeasure.Trouble) {
		fmt.Fprintf(talk, "glennline: %s: %s is %s: glennline reconcile says what to do\n", t.ID, t.Path, t.What)
	}
	if !opts.apply {
		if cfg.DB, err = sqlite.Open(ctx, sqlite.Config{Path: dir.Database(), ReadOnly: true}); err != nil {
			return err
		}
		defer cfg.DB.Close()
		if err := lineFlag(ctx, file, cfg.DB, opts.line); err != nil {
			return err
		}
		return shownRemeasure(ctx, out, talk, cfg, opts)
	}
	if cfg.Actor, err = actor(); err != nil {
		return err
	}
	return g.change(ctx, func(_ datadir.Dir, db *sqlite.DB) error {
		if err := lineFlag(ctx, file, db, opts.line); err != nil {
			return err
		}
		cfg.DB = db
		return shownRemeasure(ctx, out, talk, cfg, opts)
	})
}

// shownRemeasure runs it with a progress bar, and tells what came of it.
func shownRemeasure(ctx context.Context, out, talk io.Writer, cfg remeasure.Config, opts remeasureOptions) error {
	var stop func()
	cfg.Progress, stop = showLooked()
	report, err := remeasure.Run(ctx, cfg)
	stop()
	defer report.Close()
	if err != nil {
		if report.Run > 0 {
			err = fmt.Errorf("run %d was broken off after %s; go on with --apply, or take it back with --undo %d: %w",
				report.Run, several(report.Changed, "change"), report.Run, err)
		}
		return err
	}
	lines := bufio.NewWriter(out)
	if opts.asJSON {
		err = encodeRemeasure(ctx, lines, report)
	} else if report.Preview != nil {
		err = printRemeasure(ctx, lines, report.Preview)
	}
	err = errors.Join(err, lines.Flush())
	tellRemeasure(talk, report)
	if err == nil && report.Troubles > 0 {
		err = errLeft
	}
	return err
}

// remeasuredJSON is a change as `remeasure --json` prints it. It is a contract:
// keys are added, never renamed or removed.
type remeasuredJSON struct {
	ID          string       `json:"id"`
	From        string       `json:"from"`
	To          string       `json:"to"`
	Reason      string       `json:"status_reason"`
	DuplicateOf string       `json:"duplicate_of"`
	Measure     *measureJSON `json:"measure"` // null where only the comparison with another one changed
}

// measureJSON is what was measured in a recording.
type measureJSON struct {
	Version int     `json:"version"`
	Seconds float64 `json:"seconds"`
	Speech  float64 `json:"speech_seconds"`
	Unclear float64 `json:"unclear_seconds"` // perhaps a person: whispers, breath
	Tones   float64 `json:"tone_seconds"`
	Level   float64 `json:"level_dbfs"` // of the speech
	Peak    float64 `json:"peak_dbfs"`
	Noise   float64 `json:"noise_dbfs"`
	Hum     float64 `json:"hum_dbfs"`
	Clipped float64 `json:"clipped"` // share of samples at full scale, 0 to 1
}

func measureToJSON(m petition.Measure) *measureJSON {
	return &measureJSON{
		m.Version, m.Seconds, m.SpeechSeconds, m.UnclearSeconds, m.ToneSeconds,
		m.LevelDBFS, m.PeakDBFS, m.NoiseDBFS, m.HumDBFS, m.Clipped,
	}
}

// remeasureJSON is the run, after the changes of a preview.
type remeasureJSON struct {
	Applied  bool  `json:"applied"`
	Run      int64 `json:"run"` // 0 if nothing was written
	Looked   int   `json:"recordings"`
	Measured int   `json:"measured_anew"`
	Troubles int   `json:"missing_or_damaged"`
	Purged   int   `json:"purged"` // gone, and so left as they are
	Changed  int   `json:"changed"`
}

func encodeRemeasure(ctx context.Context, out io.Writer, r remeasure.Report) error {
	enc := json.NewEncoder(out)
	if r.Preview != nil {
		err := r.Preview.Changes(ctx, "", "", func(c sqlite.Previewed) error {
			j := remeasuredJSON{ID: c.ID, From: string(c.From.Status), To: string(c.To.Status), Reason: c.To.Reason, DuplicateOf: c.To.Of}
			if c.Measure != nil {
				j.Measure = measureToJSON(*c.Measure)
			}
			return enc.Encode(j)
		})
		if err != nil {
			return err
		}
	}
	return enc.Encode(remeasureJSON{r.Applied, r.Run, r.Looked, r.Measured, r.Troubles, r.Purged, r.Changed})
}

// printRemeasure prints the changes by what becomes of what, first how many, then
// which.
func printRemeasure(ctx context.Context, out io.Writer, p *sqlite.Preview) error {
	turns, err := p.Turns(ctx)
	if err != nil {
		return err
	}
	place := func(s petition.Status) int { return slices.Index(petition.Statuses, s) }
	slices.SortFunc(turns, func(a, b sqlite.Turn) int {
		return cmp.Or(place(a.From)-place(b.From), place(a.To)-place(b.To))
	})
	for _, t := range turns {
		fmt.Fprintf(out, "%-24s %s\n", fmt.Sprintf("%s to %s", t.From, t.To), several(t.N, "signature"))
	}
	for _, t := range turns {
		err := p.Changes(ctx, t.From, t.To, func(c sqlite.Previewed) error {
			_, err := fmt.Fprintln(out, changeLine(c))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func changeLine(c sqlite.Previewed) string {
	to := string(c.To.Status)
	if c.To.Of != "" {
		to += " of " + c.To.Of
	}
	line := fmt.Sprintf("%s  %s to %s (%s)", c.ID, c.From.Status, to, c.To.Reason)
	if v := c.Measure; v != nil {
		line += fmt.Sprintf("  %.2f s of speech at %.0f dBFS, %.2f s unclear, of %.1f s", v.SpeechSeconds, v.LevelDBFS, v.UnclearSeconds, v.Seconds)
	}
	return line
}

func tellRemeasure(talk io.Writer, r remeasure.Report) {
	fmt.Fprintf(talk, "%s looked at, %d measured anew", several(r.Looked, "recording"), r.Measured)
	if r.Troubles > 0 {
		fmt.Fprintf(talk, ", %d missing or damaged", r.Troubles)
	}
	if r.Purged > 0 {
		fmt.Fprintf(talk, ", %d gone and left as they are", r.Purged)
	}
	switch {
	case r.Changed == 0 && r.Run == 0:
		fmt.Fprintln(talk, "; no signature changes")
	case !r.Applied:
		fmt.Fprintf(talk, "; --apply would make %s\n", several(r.Changed, "change"))
	default:
		fmt.Fprintf(talk, "; %s made, run %d; to take it back: glennline remeasure --undo %d\n", several(r.Changed, "change"), r.Run, r.Run)
	}
}

func undoRemeasure(ctx context.Context, out io.Writer, g *globals, opts remeasureOptions) error {
	if opts.apply || opts.conditions {
		return usage(errors.New("--undo takes a whole run back: leave out --apply and conditions"))
	}
	who, err := actor()
	if err != nil {
		return err
	}
	return g.change(ctx, func(_ datadir.Dir, db *sqlite.DB) error {
		undone, err := db.UndoRemeasure(ctx, opts.undo, who)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "run %d is taken back, of %s\n", opts.undo, several(undone, "recording"))
		return err
	})
}
