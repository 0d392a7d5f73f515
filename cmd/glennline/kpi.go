package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"glennline/ops/datadir"
	"glennline/petition"
	"glennline/petition/kpi"
	"glennline/petition/sqlite"
)

func newKPICommand(g *globals) *cobra.Command {
	return parent("kpi", "Side figures from elsewhere, for the report",
		newKPISetCommand(g), newKPIListCommand(g), newKPIImportCommand(g), newKPIRemoveCommand(g))
}

// rulesOfValues is how the commands read what is typed.
const rulesOfValues = `A value is a number in digits, with a decimal point and no other separators; a
percentage that somebody else computed, such as +12%, which stands as it is
quoted; or a text that begins with a word.`

type kpiOptions struct {
	baseline, goal, at, source string
}

func newKPISetCommand(g *globals) *cobra.Command {
	var opts kpiOptions
	cmd := &cobra.Command{
		Use:   "set NAME VALUE",
		Short: "Write down a side figure of a day",
		Long: `Writes down a figure that comes from elsewhere: impressions, engagements, calls to
a help line, an answer in words. The report compares numbers with their baseline
and goal. Of a name there is one figure for each day; another one replaces it.
Each change is an entry of the audit chain.

` + rulesOfValues + ` A negative number comes after --.

Exit codes: 0 written; 1 could not be written; 2 wrong use, nothing was changed.`,
		Example: `  glennline kpi set impressions 128000000 --goal 50000000 --at 2026-12-09 --source "press agency"
  glennline kpi set "help line" +12% --at 2026-12-09 --source "yearly report, page 4"`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage(fmt.Errorf("%s takes a name and a value, got %s: put what has spaces in quotes", cmd.CommandPath(), several(len(args), "argument")))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case opts.at == "":
				return usage(errors.New("say of which day with --at, such as --at 2026-11-22"))
			case opts.source == "":
				return usage(errors.New("say who says so with --source"))
			}
			figure, err := petition.NewKPI(args[0], args[1], opts.baseline, opts.goal, opts.at, opts.source)
			if err == nil {
				err = figure.By(now())
			}
			if err != nil {
				return usage(err)
			}
			return g.setKPIs(cmd.Context(), cmd.OutOrStdout(), []petition.KPI{figure})
		},
	}
	cmd.Flags().StringVar(&opts.baseline, "baseline", "", "what it was before, or usually is: a `value`")
	cmd.Flags().StringVar(&opts.goal, "goal", "", "what it was to be: a `value`")
	cmd.Flags().StringVar(&opts.at, "at", "", "the `day` that it stands for, such as 2026-12-09")
	cmd.Flags().StringVar(&opts.source, "source", "", "who says so, and where: a `text`")
	return cmd
}

func (g *globals) setKPIs(ctx context.Context, out io.Writer, figures []petition.KPI) error {
	who, err := actor()
	if err != nil {
		return err
	}
	return g.change(ctx, func(_ datadir.Dir, db *sqlite.DB) error {
		changes, err := db.SetKPIs(ctx, figures, who)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s added, %d replaced, %d already there\n",
			several(changes.Added, "side figure"), changes.Replaced, changes.Same)
		return err
	})
}

func newKPIImportCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE.csv",
		Short: "Write down the side figures of a file, all or none",
		Long: `Reads a CSV file with the columns name, value, at and source, and if there are
any baseline and goal, in any order and named in the first line; parted by commas
or semicolons. If a line is wrong it is named, and nothing of the file is taken.
The same file again changes nothing.

` + rulesOfValues + `

Exit codes: 0 taken in; 1 could not be written; 2 wrong use or a wrong line,
nothing was changed.`,
		Args: oneArg("a CSV file"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return []cobra.Completion{"csv"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			in, err := os.Open(args[0])
			if err != nil {
				return usage(fmt.Errorf("%w: name a CSV file that this user may read", err))
			}
			defer in.Close()
			figures, err := kpi.Read(args[0], in, now())
			if err != nil {
				return usage(err)
			}
			return g.setKPIs(cmd.Context(), cmd.OutOrStdout(), figures)
		},
	}
}

func newKPIRemoveCommand(g *globals) *cobra.Command {
	var at string
	var all bool
	cmd := &cobra.Command{
		Use:   "remove NAME (--at DAY | --all)",
		Short: "Take a side figure away",
		Long: `Takes away the side figure of a name and day, or with --all every one of the
name. Each is an entry of the audit chain.

Exit codes: 0 taken away; 1 could not be written; 2 wrong use, or there is none;
nothing was changed.`,
		Args: oneArg("the name of a side figure, as 'glennline kpi list' prints it"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (at != "") {
				return usage(errors.New("say of which day with --at, or --all for every day"))
			}
			var day time.Time
			if at != "" {
				var err error
				if day, err = petition.KPIDay(at); err != nil {
					return usage(fmt.Errorf("--at: %w", err))
				}
			}
			who, err := actor()
			if err != nil {
				return err
			}
			return g.change(cmd.Context(), func(_ datadir.Dir, db *sqlite.DB) error {
				n, err := db.RemoveKPIs(cmd.Context(), args[0], day, who)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s taken away\n", several(n, "side figure"))
				return err
			})
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "that of this `day`")
	cmd.Flags().BoolVar(&all, "all", false, "those of all days")
	return cmd
}

// kpiJSON is a side figure as `kpi list --json` prints it. It is a contract:
// keys are added, never renamed or removed.
type kpiJSON struct {
	Name      string        `json:"name"`
	At        string        `json:"at"` // a day
	Value     quantityJSON  `json:"value"`
	Baseline  *quantityJSON `json:"baseline"` // null for none
	Goal      *quantityJSON `json:"goal"`     // null for none
	Source    string        `json:"source"`
	Actor     string        `json:"actor"`
	ChangedAt time.Time     `json:"changed_at"` // UTC
}

type quantityJSON struct {
	Kind   string   `json:"kind"`   // number, percent, text
	Text   string   `json:"text"`   // as it was given
	Number *float64 `json:"number"` // null for what is none
}

func newKPIListCommand(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the side figures",
		Long: `Lists the side figures of every name and day, as they were given; the report
compares them. With --json an object a line.

Exit codes: 0 listed; 1 could not be read; 2 wrong use.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, db, err := g.openLedger(cmd.Context())
			if err != nil {
				return err
			}
			defer db.Close()
			figures, err := db.KPIs(cmd.Context())
			if err != nil {
				return err
			}
			return printKPIs(cmd.OutOrStdout(), figures, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "an object a line")
	return cmd
}

func printKPIs(out io.Writer, figures []petition.KPI, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(out)
		for _, k := range figures {
			if err := enc.Encode(kpiJSON{
				Name: k.Name, At: k.Day.Format(time.DateOnly), Value: *quantityToJSON(k.Value),
				Baseline: quantityToJSON(k.Baseline), Goal: quantityToJSON(k.Goal),
				Source: k.Source, Actor: k.Actor, ChangedAt: k.ChangedAt,
			}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(figures) == 0 {
		return nil
	}
	t := newTable("name", "at", "value", "baseline", "goal", "source")
	for _, k := range figures {
		t.AppendRow(table.Row{k.Name, k.Day.Format(time.DateOnly), k.Value.Text, k.Baseline.Text, k.Goal.Text, k.Source})
	}
	_, err := fmt.Fprintln(out, t.Render())
	return err
}

func quantityToJSON(q petition.Quantity) *quantityJSON {
	j := &quantityJSON{Kind: string(q.Kind), Text: q.Text}
	switch q.Kind {
	case petition.QuantityNone:
		return nil
	case petition.QuantityNumber:
		j.Number = &q.Number
	case petition.QuantityPercent, petition.QuantityText:
	}
	return j
}
