package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"glennline/ops/datadir"
	"glennline/petition"
	"glennline/petition/sqlite"
)

type setOptions struct {
	status, reason         string
	line, since, until, is string
	bySpeech               bool
	speechBelow            float64
	yes                    bool
	undo                   int64
	conditions             bool // one at least is given
	name                   string
}

func newSetCommand(g *globals) *cobra.Command {
	var opts setOptions
	cmd := &cobra.Command{
		Use:   "set [ID]",
		Short: "Decide what a signature counts for, or many, or undo that",
		Long: `Gives one signature a status, or all that meet every condition given. What a
person decides stands before every rule. Each decision is written to the audit
chain with the login of who gives the command; the reason is kept where it can
be erased.

Of a condition the number that it meets is told first and has to be confirmed,
on the terminal or with --yes. Each run has a number, by which --undo takes the
whole of it back; what was decided later stands.

Whatever else the same telephone left, of which nobody decided, does not count
and leaves in no export once one is confidential or withdrawn; how many these are
is said.

Of what becomes confidential the professionals are told as the configuration says
under alerts; what does not arrive, the running service tries again.

With --name and an ID alone it notes the name that was heard in the recording, or
removes it where it is empty. It is kept where it can be erased; exports have it
on request alone. --name - asks for it, so that no shell keeps it.

The statuses are counted, blank, review, confidential, rejected, withdrawn and
test. Which can follow which is checked; what was withdrawn stays.

Exit codes: 0 done; 1 could not be done, or in part, as is then said; 2 wrong
use, not allowed or not confirmed, nothing was changed.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range []string{"line", "since", "until", "status-is", "speech-below"} {
				opts.conditions = opts.conditions || cmd.Flags().Changed(name)
			}
			opts.bySpeech = cmd.Flags().Changed("speech-below")
			if cmd.Flags().Changed("name") {
				return runSetName(cmd, g, args, opts)
			}
			if cmd.Flags().Changed("undo") {
				return runUndo(cmd, g, args, opts)
			}
			return runSet(cmd, g, args, opts)
		},
	}
	cmd.Flags().StringVar(&opts.status, "status", "", "the `status` to give")
	cmd.Flags().StringVar(&opts.reason, "reason", "", "why: a `text` for those who come later")
	cmd.Flags().StringVar(&opts.line, "line", "", "those of this `line`")
	cmd.Flags().StringVar(&opts.since, "since", "", "those that called at this `moment` or later")
	cmd.Flags().StringVar(&opts.until, "until", "", "those that called before this `moment`")
	cmd.Flags().StringVar(&opts.is, "status-is", "", "those that have this `status`")
	cmd.Flags().Float64Var(&opts.speechBelow, "speech-below", 0, "those with less speech than so many `seconds`")
	cmd.Flags().StringVar(&opts.name, "name", "", "the `name` that was heard in the recording; '' removes it, - asks for it")
	cmd.Flags().BoolVar(&opts.yes, "yes", false, "do not ask")
	cmd.Flags().Int64Var(&opts.undo, "undo", 0, "take back the `run` with this number")
	completeFlag(cmd, "line", g.lineNames)
	completeFlag(cmd, "status", statusNames)
	completeFlag(cmd, "status-is", statusNames)
	return cmd
}

// maxSpeech is more than the longest message, in seconds.
const maxSpeech = 3600

// check says what is wrong with the flags.
func (o setOptions) check(args []string) error {
	switch {
	case len(args) > 1:
		return fmt.Errorf("set takes one ID, got %d: for several give a condition, see 'glennline set --help'", len(args))
	case len(args) == 1 && o.conditions:
		return errors.New("set takes an ID or conditions, and not both")
	case len(args) == 0 && !o.conditions:
		return errors.New("name a signature by its ID, or give a condition such as --line or --status-is")
	case o.status == "":
		return errors.New("name the status to give with --status")
	case !petition.Decidable(petition.Status(o.status)):
		return fmt.Errorf("--status %q is none that a person can give: write one of %s", o.status, strings.Join(decidable(), ", "))
	case strings.TrimSpace(o.reason) == "":
		return errors.New("say why with --reason")
	case o.bySpeech && !(o.speechBelow > 0 && o.speechBelow <= maxSpeech):
		return fmt.Errorf("--speech-below %g meets none or all: give seconds, more than 0 and at most %d", o.speechBelow, maxSpeech)
	}
	return statusFlag("status-is", o.is)
}

func decidable() (names []string) {
	for _, s := range petition.Statuses {
		if petition.Decidable(s) {
			names = append(names, string(s))
		}
	}
	return names
}

// statusFlag checks a status to look for.
func statusFlag(name, value string) error {
	if value == "" {
		return nil
	}
	var known []string
	for _, s := range petition.Statuses {
		if string(s) == value {
			return nil
		}
		known = append(known, string(s))
	}
	return usage(fmt.Errorf("--%s %q is no status: write one of %s", name, value, strings.Join(known, ", ")))
}

func runSet(cmd *cobra.Command, g *globals, args []string, opts setOptions) error {
	if err := opts.check(args); err != nil {
		return usage(err)
	}
	who, err := actor()
	if err != nil {
		return err
	}
	file, err := g.settings()
	if err != nil {
		return err
	}
	ctx, errs := cmd.Context(), cmd.ErrOrStderr()
	ids, err := g.chosen(ctx, errs, args, opts)
	if err != nil || len(ids) == 0 {
		return err
	}
	if len(args) == 0 {
		if err := confirm(cmd.InOrStdin(), errs, len(ids), opts.yes, "become "+opts.status); err != nil {
			return err
		}
	}
	return g.change(ctx, func(_ datadir.Dir, db *sqlite.DB) error {
		run, err := db.Decide(ctx, sqlite.Decision{IDs: ids, Status: petition.Status(opts.status), Reason: opts.reason, Actor: who})
		if run > 0 && err != nil {
			return fmt.Errorf("run %d was broken off; take back what it did with --undo %d: %s", run, run, err.Error())
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s now %s, run %d; to take it back: glennline set --undo %d\n",
			several(len(ids), "signature"), opts.status, run, run)
		err = errors.Join(err, tellSameLine(ctx, cmd.OutOrStdout(), db, ids, petition.Status(opts.status)))
		if opts.status == string(petition.StatusConfidential) {
			err = errors.Join(err, alertNow(ctx, errs, file, db))
		}
		return err
	})
}

// tellSameLine says what a decision means for other recordings of the same callers.
func tellSameLine(ctx context.Context, out io.Writer, db *sqlite.DB, ids []string, to petition.Status) error {
	const most = 10
	switch to {
	case petition.StatusConfidential, petition.StatusWithdrawn:
		kept, err := db.KeptLines(ctx, ids)
		if err != nil {
			return err
		}
		if kept.Ruled > 0 {
			fmt.Fprintf(out, "%s from the same telephones: not counted, and in no export, unless you decide on them too\n", several(kept.Ruled, "other recording"))
		}
		if n := len(kept.Decided); n > 0 {
			fmt.Fprintf(out, "%s from the same telephones decided before, which may leave in an export: %s\n",
				several(n, "other recording"), strings.Join(kept.Decided[:min(n, most)], ", "))
		}
	case petition.StatusCounted:
		others, err := db.OnKeptLines(ctx, ids)
		if n := len(others); err == nil && n > 0 {
			fmt.Fprintf(out, "of these, %d from the telephones of confidential or withdrawn ones, which count and may leave in an export since you decided so: %s\n",
				n, strings.Join(others[:min(n, most)], ", "))
		}
		return err
	case petition.StatusBlank, petition.StatusDuplicate, petition.StatusReview, petition.StatusRejected, petition.StatusTest:
	}
	return nil
}

// chosen are the signatures that are meant and can be given the status.
func (g *globals) chosen(ctx context.Context, errs io.Writer, args []string, opts setOptions) ([]string, error) {
	filter, err := opts.filter()
	if err != nil {
		return nil, err
	}
	_, db, err := g.openLedger(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := g.knownLine(ctx, db, opts.line); err != nil {
		return nil, err
	}
	to := petition.Status(opts.status)
	if len(args) == 1 {
		row, err := findCall(ctx, db, args[0])
		if err != nil {
			return nil, err
		}
		if row.Signature == nil {
			return nil, usage(fmt.Errorf("call %s left no voice, so there is no signature", row.Call.ID))
		}
		if err := petition.Transition(row.Signature.Status, to); err != nil {
			return nil, fmt.Errorf("signature %s: %w%s", row.Call.ID, err, wayBack(ctx, db, *row.Signature, to))
		}
		return []string{row.Call.ID}, nil
	}
	var ids []string
	stay := 0
	err = db.Signatures(ctx, filter, func(row sqlite.SignatureRow) error {
		switch v := row.Closing.Voice; {
		case opts.bySpeech && v != nil && v.Measure.SpeechSeconds >= opts.speechBelow:
		case row.Signature.Status == to:
		case petition.Transition(row.Signature.Status, to) != nil:
			stay++
		default:
			ids = append(ids, row.Call.ID)
		}
		return nil
	})
	if err == nil && stay > 0 {
		fmt.Fprintf(errs, "%s cannot become %s and will stay\n", several(stay, "signature"), to)
	}
	if err == nil && len(ids) == 0 {
		fmt.Fprintf(errs, "no signature meets the conditions and can become %s; nothing was changed\n", to)
	}
	return ids, err
}

// wayBack says how to take back the decision that a signature stands by.
func wayBack(ctx context.Context, db *sqlite.DB, s petition.Signature, to petition.Status) string {
	run, signatures, err := db.DecidedIn(ctx, s.ID)
	switch {
	case err != nil || run == 0 || s.Status == to:
		return ""
	case signatures > 1:
		return fmt.Sprintf("; to take that decision back, on all %s of its run: glennline set --undo %d", several(signatures, "signature"), run)
	}
	return fmt.Sprintf("; to take that decision back: glennline set --undo %d", run)
}

func (o setOptions) filter() (sqlite.Filter, error) {
	since, until, err := span(o.since, o.until)
	return sqlite.Filter{Line: o.line, Since: since, Until: until, Status: petition.Status(o.is)}, err
}

// findCall finds a call by its id or the beginning of it.
func findCall(ctx context.Context, db *sqlite.DB, id string) (sqlite.CallRow, error) {
	row, err := db.Call(ctx, id)
	if errors.Is(err, sqlite.ErrNotFound) || errors.Is(err, sqlite.ErrAmbiguous) {
		return row, usage(err)
	}
	return row, err
}

// confirm asks on a terminal, unless --yes was given. will is what the signatures
// will, or would.
func confirm(in io.Reader, errs io.Writer, n int, yes bool, will string) error {
	if yes {
		fmt.Fprintf(errs, "%s will %s\n", several(n, "signature"), will)
		return nil
	}
	if f, ok := in.(*os.File); !ok || !terminal(f) {
		return usage(fmt.Errorf("%s would %s: add --yes to do it; nothing was changed", several(n, "signature"), will))
	}
	fmt.Fprintf(errs, "%s will %s. Type the number to go on: ", several(n, "signature"), will)
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.TrimSpace(answer) != strconv.Itoa(n) {
		return usage(errors.New("not confirmed; nothing was changed"))
	}
	return nil
}

func terminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

func runUndo(cmd *cobra.Command, g *globals, args []string, opts setOptions) error {
	if len(args) > 0 || opts.conditions || opts.status != "" {
		return usage(errors.New("--undo takes a whole run back: leave out the ID, --status and conditions"))
	}
	who, err := actor()
	if err != nil {
		return err
	}
	return g.change(cmd.Context(), func(_ datadir.Dir, db *sqlite.DB) error {
		n, err := db.Undo(cmd.Context(), opts.undo, who, opts.reason)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "run %d is taken back, of %s\n", opts.undo, several(n, "signature"))
		return err
	})
}
