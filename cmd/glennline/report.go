package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"glennline/config"
	"glennline/ops/outfile"
	"glennline/ops/report"
)

type reportOptions struct {
	since, until, line string
	html               string
	force, asJSON      bool
}

func newReportCommand(g *globals) *cobra.Command {
	var opts reportOptions
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Tell how the campaign goes, with charts",
		Long: `Tells the calls by day and hour, by line and language and by ending, refused calls,
calls answered while glennline was away, the most calls at once, what the
signatures count for, and the progress to the goal; and compares the side figures
of 'glennline kpi'. Days and hours are those of the configured time zone. All of
it is of one moment, and agrees with 'glennline count'. Nothing in it is about one
caller.

A projection is made where there is enough to go by, says how, and is no promise.

On a terminal with bars of its width; in plain ASCII where the locale has no
UTF-8. With --html a page for a browser, which needs no network and can be
printed; with --json one object, described in docs/report.md. With --since,
--until or --line of a part of the calls; what people took out of the count is
then told as one number.

Exit codes: 0 told; 1 could not be read or written; 2 wrong use; 4 the counters
do not agree with the rows.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.html == "" && cmd.Flags().Changed("html") {
				return usage(errors.New("--html is empty: give it a value, or leave it out"))
			}
			return runReport(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), g, opts)
		},
	}
	cmd.Flags().StringVar(&opts.since, "since", "", "only calls at this `moment` or later; UTC unless it has a zone")
	cmd.Flags().StringVar(&opts.until, "until", "", "only calls before this `moment`")
	cmd.Flags().StringVar(&opts.line, "line", "", "only calls on this `line`")
	cmd.Flags().StringVar(&opts.html, "html", "", "write a page to this `file`")
	cmd.Flags().BoolVar(&opts.force, "force", false, "replace the file of --html if it exists")
	cmd.Flags().BoolVar(&opts.asJSON, "json", false, "print as JSON")
	completeFlag(cmd, "line", g.lineNames)
	return cmd
}

func runReport(ctx context.Context, out, errs io.Writer, g *globals, opts reportOptions) error {
	if opts.force && opts.html == "" {
		return usage(errors.New("--force is for the file of --html: leave it out, or name one"))
	}
	file, err := g.settings()
	if err != nil {
		return err
	}
	cfg, err := opts.config(file)
	if err != nil {
		return err
	}
	files := outfile.NewSet(opts.force)
	defer files.Abort()
	var page *outfile.File
	if opts.html != "" { // first, so that nobody waits for what cannot be written
		if page, err = files.Create(opts.html); err != nil {
			return noRoom(err)
		}
	}
	dir, db, err := g.openLedger(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	tellWaiting(errs, dir)
	if err := lineFlag(ctx, file, db, opts.line); err != nil {
		return err
	}
	r, err := report.Make(ctx, db, cfg)
	if err != nil {
		return err
	}
	if page != nil {
		if err := r.HTML(page); err != nil {
			return fmt.Errorf("%w; %s was not written", noRoom(err), filepath.Base(opts.html))
		}
		if err := files.Commit(); err != nil {
			return fmt.Errorf("%w; %s was not written", noRoom(err), filepath.Base(opts.html))
		}
		fmt.Fprintf(errs, "the page is in %s\n", opts.html)
	}
	switch {
	case opts.asJSON:
		return json.NewEncoder(out).Encode(r)
	case opts.html != "":
		return nil
	}
	return r.Text(out, screen(out))
}

func (o reportOptions) config(file config.File) (report.Config, error) {
	cfg := report.Config{
		Line:       o.line,
		Zone:       file.Location(),
		Goal:       file.Campaign.Goal,
		Milestones: file.Campaign.Milestones,
		Deadline:   file.DeadlineAt(),
		Legal:      file.Legal,
		Version:    readVersion().Version,
		MaxCall:    file.PBX.MaxCall,
		Now:        now(),
	}
	var err error
	if cfg.Since, cfg.Until, err = span(o.since, o.until); err != nil {
		return cfg, err
	}
	if cfg.Until.After(cfg.Now) {
		return cfg, usage(fmt.Errorf("--until %s is still to come", o.until))
	}
	return cfg, nil
}

// screen is what a terminal shows. Where there is none, its width is that of
// COLUMNS or 80.
func screen(out io.Writer) report.Terminal {
	t := report.Terminal{Width: 80, ASCII: !utf8Locale(os.Getenv)}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		t.Width = n
	}
	if f, ok := out.(*os.File); ok {
		if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil && size.Col > 0 {
			t.Width = int(size.Col)
		}
	}
	return t
}

// utf8Locale is whether text is shown as UTF-8, by the variables that POSIX has
// for it.
func utf8Locale(env func(string) string) bool {
	locale := strings.ToLower(cmp.Or(env("LC_ALL"), env("LC_CTYPE"), env("LANG")))
	return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
}
