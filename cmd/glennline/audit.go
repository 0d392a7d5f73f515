package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"glennline/petition/audit"
)

func newAuditCommand(g *globals) *cobra.Command {
	var asJSON bool
	verify := &cobra.Command{
		Use:   "verify",
		Short: "Prove the audit chain, in the database and in its file",
		Long: `Proves that no entry of the audit chain was changed, removed or put in, in the
database and in the file audit.jsonl beside it, names the first that does not
fit, and prints the head: the hash that stands for the whole chain up to now.
Publish it from time to time; nobody can then change what was before.

Exit codes: 0 it holds; 1 could not be read; 2 wrong use; 4 it does not hold.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runAuditVerify(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), g, asJSON)
		},
	}
	verify.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	head := &cobra.Command{
		Use:   "head",
		Short: "Print the hash that stands for the audit chain up to now",
		Long: `Proves the chain as verify does, and prints nothing but its head.

Exit codes: 0 printed; 1 could not be read; 2 wrong use; 4 the chain does not hold.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report, err := prove(cmd.Context(), g)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), report.Head)
			return err
		},
	}
	return parent("audit", "The audit chain: who decided what", verify, head)
}

// proofJSON is what `audit verify --json` prints.
type proofJSON struct {
	Holds   bool   `json:"holds"`
	Entries int64  `json:"entries"` // that fit
	Head    string `json:"head"`    // of these
	InFile  int64  `json:"in_file"`
	Behind  int64  `json:"file_behind"`
	Texts   int    `json:"texts_kept"`
	Erased  int    `json:"texts_erased"`
	Fault   string `json:"fault"`     // "" if it holds
	FaultAt int64  `json:"fault_seq"` // of the first entry that does not fit, 0 if it holds
}

func prove(ctx context.Context, g *globals) (audit.Report, error) {
	dir, db, err := g.openLedger(ctx)
	if err != nil {
		return audit.Report{}, err
	}
	defer db.Close()
	return audit.Verify(ctx, db, dir.Audit())
}

func runAuditVerify(ctx context.Context, out, errs io.Writer, g *globals, asJSON bool) error {
	report, err := prove(ctx, g)
	if err != nil && !errors.Is(err, audit.ErrBroken) {
		return err
	}
	if asJSON {
		proof := proofJSON{
			Holds: err == nil, Entries: report.Entries, Head: report.Head, InFile: report.InFile,
			Behind: report.Behind, Texts: report.Texts, Erased: report.Erased,
		}
		if fault := (*audit.Fault)(nil); errors.As(err, &fault) {
			proof.Fault, proof.FaultAt = fault.Error(), fault.Seq
		}
		return errors.Join(err, json.NewEncoder(out).Encode(proof))
	}
	if err != nil {
		return err
	}
	if report.Behind > 0 {
		fmt.Fprintf(errs, "the file lacks the last %s, which the next change brings\n", several(int(report.Behind), "line"))
	}
	_, err = fmt.Fprintf(out, "%d audit entries hold\nhead %s\n", report.Entries, report.Head)
	return err
}
