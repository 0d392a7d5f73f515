package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"filippo.io/age"
	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/spf13/cobra"

	"glennline/config"
	"glennline/ops/copies"
	"glennline/ops/datadir"
	"glennline/ops/export"
	"glennline/ops/handover"
	"glennline/ops/report"
	"glennline/ops/seal"
	"glennline/petition"
	"glennline/petition/sqlite"
)

type handoverOptions struct {
	to, format, passwordFile string
	attach, recipients       []string
	passphrase               passphrase
	plain, all, force        bool
}

func newHandoverCommand(g *globals) *cobra.Command {
	var opts handoverOptions
	cmd := &cobra.Command{
		Use:   "handover",
		Short: "Make the folder for the day on which the phone is handed over",
		Long: `Makes one folder: the sealed rows of all signatures that may leave, the report,
papers, and the voices that count and that a person accepted with 'glennline
accept'; never a confidential one, and none that nobody accepted, but with
--all-reviewed-or-not, which is written to the audit chain and the manifest.

Its page index.html shows the count and plays the voices one after the other, by
keyboard and with a screen reader, in French, Dutch, German and English, from a
USB stick and without a network. Voices bear numbers and no names.

It is encrypted for --encrypt-to or under a passphrase, and then is opened with
'glennline handover open', or with age and tar; its page says how. With --plain it
plays as it is, for everybody who holds the stick. 'glennline verify' proves it. It
is there as a whole or not at all, and each is an entry of the audit chain.

Exit codes: 0 made; 1 could not be done, and no folder is there; 2 wrong use, or it
cannot be made there, nothing was changed; 3 made, and recordings are missing or
damaged, as is then said and stands in the manifest.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts.passphrase.asked = cmd.Flags().Changed("passphrase")
			if err := opts.check(); err != nil {
				return usage(err)
			}
			return runHandover(cmd, g, opts)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&opts.to, "to", "", "make this `folder`")
	flags.StringArrayVar(&opts.attach, "attach", nil, "with this `file`; may be repeated")
	flags.StringArrayVar(&opts.recipients, "encrypt-to", nil, "encrypt for this age `recipient` (age1…); may be repeated")
	opts.passphrase.flags(cmd, "encrypt under")
	flags.BoolVar(&opts.plain, "plain", false, "do not encrypt")
	flags.BoolVar(&opts.all, "all-reviewed-or-not", false, "with all voices that count, also those that nobody accepted")
	flags.StringVar(&opts.format, "format", export.CSV, "of the rows: csv, jsonl or xlsx")
	flags.StringVar(&opts.passwordFile, "password-file", "", "the password of the campaign's key is the first line of this `file`")
	flags.BoolVar(&opts.force, "force", false, "replace the folder, if it is such a one")
	completeFlag(cmd, "format", cobra.FixedCompletions(export.Formats, cobra.ShellCompDirectiveNoFileComp))
	cmd.AddCommand(newHandoverOpenCommand())
	return cmd
}

// check says what is wrong with the flags.
func (o handoverOptions) check() error {
	ways := 0
	for _, given := range []bool{o.plain, len(o.recipients) > 0, o.passphrase.given()} {
		if given {
			ways++
		}
	}
	switch {
	case o.to == "":
		return errors.New("name the folder to make with --to")
	case ways == 0:
		return errors.New("say who can open it: --encrypt-to age1…, --passphrase, or --plain for everybody who holds it")
	case ways > 1:
		return errors.New("--encrypt-to, --passphrase and --plain are three ways: give one of them")
	case !slices.Contains(export.Formats, o.format):
		return fmt.Errorf("--format %q: write one of %s", o.format, strings.Join(export.Formats, ", "))
	}
	return nil
}

func runHandover(cmd *cobra.Command, g *globals, opts handoverOptions) error {
	who, err := actor()
	if err != nil {
		return err
	}
	file, err := g.settings()
	if err != nil {
		return err
	}
	path, err := filepath.Abs(opts.to)
	if err != nil {
		return err
	}
	cfg := handover.Config{To: path, Force: opts.force, All: opts.all, Passphrase: opts.passphrase.given()}
	for _, name := range opts.attach {
		cfg.Attach = append(cfg.Attach, handover.Paper(name))
	}
	if err := handover.Check(cfg.Attach); err != nil {
		return err
	}
	if cfg.Recipients, err = opts.locks(cmd); err != nil {
		return err
	}
	ctx := cmd.Context()
	return g.change(ctx, func(dir datadir.Dir, db *sqlite.DB) error {
		if cfg.Key, err = campaignKey(dir, cmd.InOrStdin(), cmd.ErrOrStderr(), opts.passwordFile); err != nil {
			return err
		}
		from, err := db.Snapshot(ctx)
		if err != nil {
			return err
		}
		defer from.Close()
		if err := opts.fill(ctx, &cfg, file, dir, from); err != nil {
			return err
		}
		cfg.Before = func(made handover.Result) error { return opts.leave(ctx, db, dir, file, cfg, made, who) }
		update, stop := showBar("signatures", 0, progress.UnitsDefault)
		cfg.Rows.Progress = func(rows int) { update(int64(rows)) }
		made, err := handover.Make(ctx, cfg)
		stop()
		if err != nil {
			return fmt.Errorf("%w; %s was not made", noRoom(err), filepath.Base(path))
		}
		return opts.tell(cmd, cfg, made)
	})
}

// locks are those for whom it is encrypted; none with --plain.
func (o handoverOptions) locks(cmd *cobra.Command) ([]age.Recipient, error) {
	if !o.passphrase.given() {
		recipients, err := seal.Recipients(o.recipients)
		return recipients, usage(err)
	}
	phrase, err := o.passphrase.read(cmd, true)
	if err != nil {
		return nil, err
	}
	lock, err := age.NewScryptRecipient(phrase)
	return []age.Recipient{lock}, err
}

// fill says what is handed over, of one moment.
func (o handoverOptions) fill(ctx context.Context, cfg *handover.Config, file config.File, dir datadir.Dir, from *sqlite.Snapshot) (err error) {
	if cfg.Manifest, err = beginManifest(handover.Kind, file, from); err != nil {
		return err
	}
	cfg.Manifest.Query = map[string]string{"voices": o.chosen()}
	figure, err := from.Figure(ctx)
	if err != nil {
		return err
	}
	cfg.Counted, cfg.Sentences = figure.Counted, sentences(from.At, figure)
	about, err := reportOptions{}.config(file)
	if err != nil {
		return err
	}
	about.Now = from.At
	cfg.From, cfg.Archive = from, dir.Archive()
	cfg.Report = func(w io.Writer) error {
		r, err := report.Of(ctx, from, about)
		if err != nil {
			return err
		}
		return r.HTML(w)
	}
	cfg.Rows = export.Config{
		Format:  o.format,
		Zone:    file.Location(),
		Banner:  file.Legal,
		TempDir: string(dir),
	}
	return nil
}

// chosen says which voices are meant.
func (o handoverOptions) chosen() string {
	if o.all {
		return "all-reviewed-or-not"
	}
	return "accepted"
}

// leave writes to the audit chain what leaves, and notes where it is for those who
// are erased later.
func (o handoverOptions) leave(ctx context.Context, db *sqlite.DB, dir datadir.Dir, file config.File, cfg handover.Config, made handover.Result, who string) error {
	// Copying thousands of voices takes a while, in which somebody may decide.
	if err := stillFree(ctx, db, made.IDs); err != nil {
		return err
	}
	opens := strconv.Itoa(len(cfg.Recipients)) + " recipients"
	if o.plain {
		opens = "plain"
	} else if cfg.Passphrase {
		opens = "passphrase"
	}
	err := db.Audit(ctx, petition.AuditEntry{Actor: who, Kind: petition.AuditExport, Detail: map[string]string{
		"to":              handover.Kind,
		"voices":          strconv.Itoa(made.Voices),
		"chosen":          o.chosen(),
		"rows":            strconv.Itoa(made.Manifest.Rows),
		"papers":          strconv.Itoa(len(cfg.Attach)),
		"opens":           opens,
		"manifest_sha256": made.Sum,
	}}, cfg.To)
	if err != nil {
		return err
	}
	copied := copies.Copy{Kind: copies.Bundle, Path: cfg.To, At: cfg.From.At, Actor: who, Holds: copies.Rows}
	if made.IDs.Len() == 0 { // an empty list would stand for all
		return left(dir, file, copied)
	}
	copied.Holds = copies.Voices
	return copies.RecordVoices(dir.Copies(), expiring(file, copied), made.IDs.All())
}

// stillFree says which of the signatures must not be handed over any more.
func stillFree(ctx context.Context, db *sqlite.DB, ids *seal.List) error {
	some := make([]string, 0, 1024)
	look := func() error {
		barred, err := db.Barred(ctx, some)
		if err == nil && len(barred) > 0 {
			err = fmt.Errorf("signature %s %w", barred[0], sqlite.ErrTakenOut)
		}
		some = some[:0]
		return err
	}
	for id, err := range ids.All() {
		if err != nil {
			return err
		}
		if some = append(some, id); len(some) == cap(some) {
			if err := look(); err != nil {
				return err
			}
		}
	}
	return look()
}

func (o handoverOptions) tell(cmd *cobra.Command, cfg handover.Config, made handover.Result) error {
	out, m := cmd.OutOrStdout(), made.Manifest
	fmt.Fprintf(out, "%s to be heard, and %s%s\n", several(made.Voices, "voice"), several(m.Rows, "row"), listed(m.Totals))
	if o.all {
		fmt.Fprintln(out, "with voices that nobody accepted, as was asked for; it stands in the audit chain and the manifest")
	}
	if made.LeftOut > 0 {
		fmt.Fprintf(out, "%s left out, accepted, but not counted any more or among what never leaves\n", several(made.LeftOut, "voice"))
	}
	if made.Absent > 0 {
		fmt.Fprintf(out, "%s left out, since the recording is not there as it was\n", several(made.Absent, "voice"))
	}
	if len(m.HeldBack) > 0 {
		fmt.Fprintf(out, "never leaves and was left out%s\n", listed(m.HeldBack))
	}
	switch {
	case o.plain:
		fmt.Fprintf(out, "not encrypted: whoever holds it hears it; open %s in a browser\n", printable(filepath.Join(o.to, handover.Index)))
	default:
		fmt.Fprintf(out, "encrypted; to hear it: glennline handover open %s --to FOLDER\n", printable(o.to))
	}
	if cfg.Key == nil {
		fmt.Fprintln(out, notSigned)
	} else {
		fmt.Fprintf(out, "signed with the campaign's key %s\n", cfg.Key.Public())
	}
	fmt.Fprintf(out, "SHA-256 of the manifest, to be published: %s\n", made.Sum)
	e := exporter{errs: cmd.ErrOrStderr()}
	return e.recordings(m.Missing, m.Damaged)
}
