package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"glennline/ops/export"
	"glennline/ops/seal"
	"glennline/petition"
	"glennline/petition/sqlite"
)

type exportOptions struct {
	out, format           string
	status, line          string
	since, until          string
	pseudonyms, names     bool
	delimiter             string
	decimalComma, bom     bool
	verifyHashes, replace bool
	recipients            []string
	bundle, manifest      string
	voices                bool
	passwordFile          string
}

func newExportCommand(g *globals) *cobra.Command {
	var opts exportOptions
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the signatures for people who were not there",
		Long: `Writes a row for each signature, as CSV, JSON Lines or XLSX: to a file with -o, into a
new folder with --bundle, else to standard output. The columns are described in the
README and stay; the last one says what the rows are in law. Confidential, withdrawn
and test signatures never leave, whatever is asked for, and neither does one with the
same samples.

The rows are those of one moment, in the order of their calls; calls go on
meanwhile. Where one of them is made confidential, withdrawn or a test, or the
person is erased, before all are written, nothing is left there, and it has to be
run again. The same data gives the same bytes. No cell can begin a formula. A
file is there as a whole or not at all. Each export is an entry of the audit chain,
with the login of who gives the command, what was asked for, and the hash.

Beside FILE comes FILE.manifest.json, and manifest.json into the folder: what the rows
are and the SHA-256 of every file, signed with the campaign's key (see 'glennline seal
keygen'). Its own hash is printed, to be published; 'glennline verify' proves all of it.
Standard output has a manifest with --manifest alone.
With --voices the recordings of the rows are in the folder too. With --encrypt-to, for
one or several, nobody else can read anything but the manifest.

For people, XLSX is best. A Belgian Excel opens CSV that was written with
--delimiter ';' --decimal-comma --bom.

Exit codes: 0 written; 1 could not be done, and no file is there; 2 wrong use, or
the file cannot be written there, nothing was changed; 3 written, and recordings
are missing or damaged; 141 whoever read standard output went away.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, name := range []string{"out", "bundle", "manifest"} { // an empty variable does not mean standard output
				if flag := cmd.Flags().Lookup(name); flag.Changed && flag.Value.String() == "" {
					return usage(fmt.Errorf("--%s is empty: give it a path, or leave it out", name))
				}
			}
			if err := opts.check(); err != nil {
				return usage(err)
			}
			return runExport(cmd, g, opts)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&opts.out, "out", "o", "", "write to this `file`")
	flags.StringVar(&opts.format, "format", "", "csv, jsonl or xlsx (default: by the file's name, else csv)")
	flags.StringVar(&opts.status, "status", "", "only signatures with this `status`")
	flags.StringVar(&opts.line, "line", "", "only this `line`")
	flags.StringVar(&opts.since, "since", "", "only calls at this `moment` or later; UTC unless it has a zone")
	flags.StringVar(&opts.until, "until", "", "only calls before this `moment`")
	flags.BoolVar(&opts.pseudonyms, "pseudonyms", false, "with a column of the callers' pseudonyms")
	flags.BoolVar(&opts.names, "names", false, "with a column of the names that were typed by those who listened")
	flags.StringVar(&opts.delimiter, "delimiter", "", "between the cells of CSV: `,` ; | or tab")
	flags.BoolVar(&opts.decimalComma, "decimal-comma", false, "write the decimals of CSV with a comma")
	flags.BoolVar(&opts.bom, "bom", false, "begin CSV with a byte-order mark")
	flags.BoolVar(&opts.verifyHashes, "verify-hashes", false, "read every recording and compare its hash")
	flags.StringVar(&opts.bundle, "bundle", "", "write into this new `folder`")
	flags.BoolVar(&opts.voices, "voices", false, "with the recordings, in the bundle")
	flags.StringArrayVar(&opts.recipients, "encrypt-to", nil, "encrypt for this `recipient`, age1…; may be given again")
	flags.StringVar(&opts.manifest, "manifest", "", "of standard output, write the manifest to this `file`, NAME.manifest.json")
	flags.StringVar(&opts.passwordFile, "password-file", "", "the password of the campaign's key is the first line of this `file`")
	flags.BoolVar(&opts.replace, "force", false, "replace the file or the bundle that is there")
	completeFlag(cmd, "line", g.lineNames)
	completeFlag(cmd, "status", leavingStatuses)
	completeFlag(cmd, "format", cobra.FixedCompletions(export.Formats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// leavingStatuses are those that an export can have.
func leavingStatuses(*cobra.Command, []string, string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
	for _, status := range petition.Statuses {
		if !slices.Contains(sqlite.NeverLeave, status) {
			names = append(names, string(status))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// check says what is wrong with the flags, and fills in what is left out.
func (o *exportOptions) check() error {
	if o.out == "-" { // as many programs have it
		o.out = ""
	}
	if o.format == "" {
		o.format = export.CSV
		name := strings.TrimSuffix(o.out, seal.EncryptedSuffix)
		if extension := strings.TrimPrefix(filepath.Ext(name), "."); slices.Contains(export.Formats, extension) {
			o.format = extension
		}
	}
	if !slices.Contains(export.Formats, o.format) {
		return fmt.Errorf("--format %q: write one of %s", o.format, strings.Join(export.Formats, ", "))
	}
	if o.format != export.CSV && (o.delimiter != "" || o.decimalComma || o.bom) {
		return fmt.Errorf("--delimiter, --decimal-comma and --bom are for CSV, and this is %s: leave them out", o.format)
	}
	switch o.delimiter {
	case "":
		o.delimiter = ","
	case "tab", `\t`:
		o.delimiter = "\t"
	}
	if len(o.delimiter) != 1 || !strings.Contains(export.Delimiters, o.delimiter) {
		return fmt.Errorf("--delimiter %q: write one of , ; | or tab", o.delimiter)
	}
	if slices.Contains(sqlite.NeverLeave, petition.Status(o.status)) {
		return fmt.Errorf("--status %s: these signatures never leave", o.status)
	}
	if err := o.checkTarget(); err != nil {
		return err
	}
	return statusFlag("status", o.status)
}

// checkTarget says what is wrong with where the rows are to go.
func (o *exportOptions) checkTarget() error {
	switch {
	case o.out != "" && o.bundle != "":
		return errors.New("-o names a file and --bundle a folder: leave one out")
	case o.manifest != "" && (o.out != "" || o.bundle != ""):
		return errors.New("--manifest is for standard output: a file and a bundle have theirs beside them")
	case o.manifest != "" && filepath.Base(o.manifest) == seal.ManifestSuffix, !strings.HasSuffix(o.manifest, seal.ManifestSuffix) && o.manifest != "":
		return fmt.Errorf("--manifest %q: end it with %s, and name the file of the rows as the rest", o.manifest, seal.ManifestSuffix)
	case o.voices && o.bundle == "":
		return errors.New("--voices is for a bundle: name its folder with --bundle")
	case o.replace && o.out == "" && o.bundle == "":
		return errors.New("--force is for a file or a bundle: name it with -o or --bundle")
	case o.out == "" && o.bundle == "" && (o.format == export.XLSX || len(o.recipients) > 0) && terminal(os.Stdout):
		return errors.New("a terminal does not show this: name a file with -o")
	case o.out != "":
		return seal.Nameable(filepath.Base(o.out))
	case o.manifest != "":
		return seal.Nameable(filepath.Base(o.manifest))
	}
	return nil
}

// filter is what is asked for.
func (o exportOptions) filter() (sqlite.ExportFilter, error) {
	f := sqlite.ExportFilter{Line: o.line, Status: petition.Status(o.status), Pseudonym: o.pseudonyms, TypedName: o.names}
	var err error
	f.Since, f.Until, err = span(o.since, o.until)
	return f, err
}

// query is what is asked for, in the words of the flags.
func (o exportOptions) query(f sqlite.ExportFilter) map[string]string {
	query := make(map[string]string)
	for name, value := range map[string]string{
		"status": o.status, "line": o.line, "since": told(f.Since), "until": told(f.Until),
		"pseudonyms": yes(o.pseudonyms), "names": yes(o.names), "voices": yes(o.voices),
	} {
		if value != "" {
			query[name] = value
		}
	}
	return query
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return ""
}
