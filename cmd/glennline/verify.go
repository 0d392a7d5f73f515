package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/spf13/cobra"

	"glennline/ops/export"
	"glennline/ops/seal"
	"glennline/petition/sqlite"
)

// errUnproved is the end of a verification that failed: exit code 4.
var errUnproved = errors.New("does not hold")

type verifyOptions struct {
	published, publicKey, identity string
	asJSON                         bool
}

func newVerifyCommand() *cobra.Command {
	var opts verifyOptions
	cmd := &cobra.Command{
		Use:   "verify DIR|FILE",
		Short: "Prove an export or a bundle, with nothing but its files",
		Long: `Proves what 'glennline export' wrote, or a folder that was made to be handed over:
that the manifest is the one that was published and signed, that every file is there
and is what was sealed, and that its rows make the totals. It needs no
network, no database and no configuration.

The manifest's hash and the campaign's public key have to come from somewhere else
than the files: from the campaign's page, a newspaper, a court. Without them it is
proved that the files belong together, and not whose they are.

Exit codes: 0 all that could be checked holds; 1 could not be read; 2 wrong use;
4 something does not hold, as is then said.`,
		Args: oneArg("a sealed file or folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runVerify(cmd, args[0], opts)
		},
	}
	cmd.Flags().StringVar(&opts.published, "published", "", "the `hash` of the manifest, as it was published")
	cmd.Flags().StringVar(&opts.publicKey, "public-key", "", "the campaign's public `key`, or a file that holds it")
	cmd.Flags().StringVar(&opts.identity, "identity", "", "open what is encrypted with the keys in this `file`, as age-keygen makes it")
	cmd.Flags().BoolVar(&opts.asJSON, "json", false, "print as JSON")
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return cmd
}

// proofOf is what a sealed file or folder is proved by: what was published, and the
// public key, each "" where it is not known.
func proofOf(path, published, publicKey string) (v seal.Verification, err error) {
	v = seal.Verification{Path: path, Published: published, Rows: export.Readers}
	for _, status := range sqlite.NeverLeave {
		v.Never = append(v.Never, string(status))
	}
	if published != "" && !seal.IsSum(strings.ToLower(strings.TrimSpace(published))) {
		return v, usage(fmt.Errorf("--published %q is no SHA-256, which has 64 hex digits", published))
	}
	if publicKey != "" {
		v.PublicKey, err = seal.PublicKey(publicKey)
	}
	return v, usage(err)
}

func runVerify(cmd *cobra.Command, path string, opts verifyOptions) error {
	v, err := proofOf(path, opts.published, opts.publicKey)
	if err != nil {
		return err
	}
	if opts.identity != "" {
		if v.Identities, err = seal.Identities(opts.identity); err != nil {
			return usage(err)
		}
	}
	debug.SetGCPercent(25) // an index is most of what it holds: nothing to look through, and 100 MB is the limit
	update, stop := showBar("reading", 0, progress.UnitsBytes)
	v.Progress = update
	report, err := seal.Verify(cmd.Context(), v)
	stop()
	if errors.Is(err, fs.ErrNotExist) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	if opts.asJSON {
		err = report.WriteJSON(cmd.OutOrStdout())
	} else {
		err = printProof(cmd.OutOrStdout(), report)
	}
	if err == nil && !report.Holds() {
		err = fmt.Errorf("%s %w", path, errUnproved)
	}
	return err
}

// printProof says in plain words what holds and what does not.
func printProof(out io.Writer, r seal.Report) error {
	if m := r.Manifest; m != nil {
		fmt.Fprintln(out, printable(fmt.Sprintf("%s of %s, by %s", m.Kind, m.CutOff.Format(time.RFC3339), m.Software)))
		if len(m.Query) > 0 {
			var asked []string
			for _, name := range slices.Sorted(maps.Keys(m.Query)) {
				asked = append(asked, name+" "+m.Query[name])
			}
			fmt.Fprintln(out, printable("asked for: "+strings.Join(asked, ", ")))
		}
		if len(m.HeldBack) > 0 {
			fmt.Fprintln(out, "never leaves and was left out"+listed(m.HeldBack))
		}
		fmt.Fprintln(out, printable(m.Legal))
		fmt.Fprintln(out, printable(fmt.Sprintf("audit chain: %s, head %s", entries(int(m.Audit.Entries)), m.Audit.Hash)))
	}
	for _, check := range r.Checks {
		state := string(check.State)
		if check.State == seal.Fails {
			state = "FAILS"
		}
		fmt.Fprintf(out, "%-8s %s\n", state, printable(check.Text))
	}
	verdict := "it holds"
	switch {
	case !r.Holds():
		verdict = "it does not hold"
	case !r.Anchored:
		verdict = "its parts belong together; whose they are only --published or --public-key can show"
	}
	_, err := fmt.Fprintln(out, verdict)
	return err
}
