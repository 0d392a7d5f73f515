package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"glennline/ops/datadir"
	"glennline/petition"
	"glennline/petition/sqlite"
)

type listOptions struct {
	calls  bool
	asJSON bool
	last   int
	line   string
	status string
	since  string
	until  string

	accepted bool
}

func newListCommand(g *globals) *cobra.Command {
	var opts listOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the signatures, or every call",
		Long: `Lists the signatures, oldest first; with --calls every call, however it ended.
With --json an object a line; its keys are described in the README and stay.

Exit codes: 0 listed; 1 could not be read; 2 wrong use.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.last < 0 {
				return usage(fmt.Errorf("--last %d is negative: give how many to list, or leave it out for all", opts.last))
			}
			if opts.accepted && (opts.calls || opts.last > 0) {
				return usage(errors.New("--accepted is for all signatures: leave out --calls and --last"))
			}
			return runList(cmd.Context(), cmd.OutOrStdout(), g, opts)
		},
	}
	cmd.Flags().BoolVar(&opts.calls, "calls", false, "every call, also those that left no signature")
	cmd.Flags().BoolVar(&opts.asJSON, "json", false, "an object a line")
	cmd.Flags().IntVar(&opts.last, "last", 0, "only the last `n`, newest first")
	cmd.Flags().StringVar(&opts.line, "line", "", "only this `line`")
	cmd.Flags().StringVar(&opts.status, "status", "", "only signatures with this `status`")
	cmd.Flags().StringVar(&opts.since, "since", "", "only calls at this `moment` or later; UTC unless it has a zone")
	cmd.Flags().StringVar(&opts.until, "until", "", "only calls before this `moment`")
	cmd.Flags().BoolVar(&opts.accepted, "accepted", false, "only signatures whose voices stand accepted for the handover")
	completeFlag(cmd, "line", g.lineNames)
	completeFlag(cmd, "status", statusNames)
	return cmd
}

func (o listOptions) filter() (sqlite.Filter, error) {
	f := sqlite.Filter{Line: o.line, Status: petition.Status(o.status), Limit: o.last, NewestFirst: o.last > 0}
	if err := statusFlag("status", o.status); err != nil {
		return f, err
	}
	var err error
	f.Since, f.Until, err = span(o.since, o.until)
	return f, err
}

func runList(ctx context.Context, out io.Writer, g *globals, opts listOptions) error {
	filter, err := opts.filter()
	if err != nil {
		return err
	}
	dir, db, err := g.openLedger(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := g.knownLine(ctx, db, opts.line); err != nil {
		return err
	}
	copies, err := db.ConfidentialCopies(ctx)
	if err != nil {
		return err
	}
	show := func(row sqlite.CallRow) callJSON {
		c := toJSON(dir, row)
		if copies[c.ID] {
			c.WAV, c.TypedName = "", "" // it is as confidential as the other one
		}
		return c
	}
	var p printer = jsonPrinter{json.NewEncoder(out)}
	if !opts.asJSON {
		p = newTablePrinter(out)
	}
	if opts.calls {
		err = db.Calls(ctx, filter, func(row sqlite.CallRow) error {
			return p.print(show(row))
		})
	} else {
		var accepted map[string]bool
		if opts.accepted {
			if accepted, err = db.Accepted(ctx); err != nil {
				return err
			}
		}
		err = db.Signatures(ctx, filter, func(row sqlite.SignatureRow) error {
			if opts.accepted && !accepted[row.Call.ID] {
				return nil
			}
			return p.print(show(sqlite.CallRow{Call: row.Call, Closing: &row.Closing, Signature: &row.Signature}))
		})
	}
	return errors.Join(err, p.close())
}

// openLedger opens the data folder's database to read from it.
func (g *globals) openLedger(ctx context.Context) (datadir.Dir, *sqlite.DB, error) {
	file, err := g.settings()
	if err != nil {
		return "", nil, err
	}
	dir, err := existing(file)
	if err != nil {
		return "", nil, err
	}
	db, err := sqlite.Open(ctx, sqlite.Config{Path: dir.Database(), ReadOnly: true})
	return dir, db, err
}

func toJSON(dir datadir.Dir, row sqlite.CallRow) callJSON {
	c := callJSON{
		ID:          row.Call.ID,
		StartedAt:   row.Call.StartedAt.UTC(),
		Line:        row.Call.Line,
		Dialled:     row.Call.Dialled,
		CallerClass: string(row.Call.Caller.Class),
		SIPCallID:   row.Call.SIPCallID,
	}
	if row.Closing != nil {
		c.Ending = &endingJSON{string(row.Closing.Ending.Result), string(row.Closing.Ending.Reason)}
		if v := row.Closing.Voice; v != nil {
			c.Seconds, c.Speech = v.Measure.Seconds, v.Measure.SpeechSeconds
			c.WAV = filepath.Join(dir.Archive(), filepath.FromSlash(v.Path))
		}
	}
	if row.Signature != nil {
		c.Status, c.Reason, c.DuplicateOf = string(row.Signature.Status), row.Signature.StatusReason, row.Signature.DuplicateOf
		if row.Signature.Status != petition.StatusConfidential {
			c.TypedName = row.Signature.TypedName
		}
		if row.Signature.Status == petition.StatusConfidential || row.Closing != nil && row.Closing.Voice != nil && !row.Closing.Voice.PurgedAt.IsZero() {
			c.WAV = "" // see newPlayCommand
		}
	}
	return c
}

// callJSON is one call as `list --json` and `show --json` print it. It is a
// contract: keys are added, never renamed or removed.
type callJSON struct {
	ID          string      `json:"id"`
	StartedAt   time.Time   `json:"started_at"` // UTC, RFC 3339
	Line        string      `json:"line"`
	Dialled     string      `json:"dialled"`
	CallerClass string      `json:"caller_class"`
	Ending      *endingJSON `json:"ending"` // null while the call is open
	Status      string      `json:"status"` // of the signature; "" without one
	Reason      string      `json:"status_reason"`
	DuplicateOf string      `json:"duplicate_of"` // another signature's id; "" if it is no duplicate
	Seconds     float64     `json:"seconds"`      // length of the recording
	Speech      float64     `json:"speech_seconds"`
	WAV         string      `json:"wav"` // absolute path; "" without a recording
	SIPCallID   string      `json:"sip_call_id"`
	TypedName   string      `json:"typed_name"` // that was heard, where somebody typed it; "" where it is confidential
}

type endingJSON struct {
	Result string `json:"result"`
	Reason string `json:"reason"`
}

// printer prints calls one at a time.
type printer interface {
	print(callJSON) error
	close() error
}

type jsonPrinter struct{ enc *json.Encoder }

func (p jsonPrinter) print(c callJSON) error { return p.enc.Encode(c) }
func (p jsonPrinter) close() error           { return nil }

type tablePrinter struct {
	out   io.Writer
	table table.Writer
	named bool // one at least has a name
}

func newTablePrinter(out io.Writer) *tablePrinter {
	return &tablePrinter{out: out, table: newTable("id", "started (UTC)", "line", "caller", "ending", "status", "seconds", "name")}
}

func (p *tablePrinter) print(c callJSON) error {
	ending, seconds := "open", ""
	if c.Ending != nil {
		ending = c.Ending.Result + "/" + c.Ending.Reason
	}
	if c.WAV != "" {
		seconds = fmt.Sprintf("%.1f", c.Seconds)
	}
	p.named = p.named || c.TypedName != ""
	p.table.AppendRow(table.Row{c.ID, c.StartedAt.Format("2006-01-02 15:04:05"), c.Line, c.CallerClass, ending, c.Status, seconds, printable(c.TypedName)})
	return nil
}

func (p *tablePrinter) close() error {
	if p.table.Length() == 0 {
		return nil
	}
	if !p.named {
		p.table.SetColumnConfigs([]table.ColumnConfig{{Name: "name", Hidden: true}})
	}
	_, err := fmt.Fprintln(p.out, p.table.Render())
	return err
}
