package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"glennline/ops/doctor"
)

type doctorOptions struct {
	call, asJSON bool
}

func newDoctorCommand(g *globals) *cobra.Command {
	var opts doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at everything that the line needs, and say what to do",
		Long: `Looks at configuration, certificates, prompts, the data folder with its rights,
disk and database, secret and backups, the clock, and at Asterisk: its modules, who
can reach ARI, the trunks, the ports. Each is ok, a warning or a fault, with what was
found and what to do. What cannot be looked at is one of them too, and the rest goes
on. Nothing is changed.

With --call it also calls the running line from loopback, hears notice and beep, and
leaves a message; the stored recording must be what was said. That call is marked
by a token that is good once, for a minute, and from this machine alone: its
signature has status test and counts nowhere.

Exit codes: 0 all is well; 1 there are warnings; 2 wrong use; 3 there are faults.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDoctor(cmd.Context(), cmd.OutOrStdout(), g, opts)
		},
	}
	cmd.Flags().BoolVar(&opts.call, "call", false, "place a call through the running line, which becomes a signature of status test")
	cmd.Flags().BoolVar(&opts.asJSON, "json", false, "the report as a JSON object")
	return cmd
}

func runDoctor(ctx context.Context, out io.Writer, g *globals, opts doctorOptions) error {
	report := &doctor.Report{}
	x := examine(ctx, g, report)
	if opts.call {
		x.call(ctx)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if opts.asJSON {
		if err := json.NewEncoder(out).Encode(report); err != nil {
			return err
		}
	} else {
		printDoctor(out, report)
	}
	switch {
	case report.Faults > 0:
		return fmt.Errorf("%w: %s, %s", errLeft, several(report.Faults, "fault"), several(report.Warnings, "warning"))
	case report.Warnings > 0:
		return fmt.Errorf("nothing keeps the line from taking calls, but there is something to do: %s", several(report.Warnings, "warning"))
	}
	return nil
}

func printDoctor(out io.Writer, report *doctor.Report) {
	for _, c := range report.Checks {
		fmt.Fprintf(out, "%-8s %-13s %s\n", c.State, c.Name, c.Found)
		if c.Do != "" {
			fmt.Fprintf(out, "%-22s → %s\n", "", c.Do)
		}
	}
}
