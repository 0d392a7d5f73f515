package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"glennline/config"
	"glennline/ops/alert"
	"glennline/petition/sqlite"
)

func newAlertCommand(g *globals) *cobra.Command {
	list := &cobra.Command{
		Use:   "list",
		Short: "Alerts that no professional was told of yet",
		Long: `Lists the alerts that wait, with the error of the last try. The running service
tries them again; so does the next 'glennline set --status confidential'.

Exit codes: 0 none waits; 1 could not be read; 2 wrong use; 3 some wait.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runAlertList(cmd, g)
		},
	}
	test := &cobra.Command{
		Use:   "test",
		Short: "Try whether alerts arrive",
		Long: `Runs the configured command and sends the configured mail with a test alert, which
says that it is one.

Exit codes: 0 both took it; 1 one did not; 2 wrong use, or no alerts are configured.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runAlertTest(cmd, g)
		},
	}
	return parent("alert", "Telling professionals of confidential recordings", list, test)
}

// alertConfig is how professionals are told.
func alertConfig(file config.File, log *zap.Logger) (alert.Config, error) {
	a := file.Alerts
	password, err := a.Email.Password()
	if err != nil {
		return alert.Config{}, usage(err)
	}
	return alert.Config{
		Command: a.Command,
		Timeout: a.Timeout,
		Mail: alert.Mail{
			Host:     a.Email.Host,
			Port:     strconv.Itoa(a.Email.Port),
			TLS:      alert.TLS(a.Email.TLS),
			User:     a.Email.User,
			Password: password,
			From:     a.Email.From,
			To:       a.Email.To,
		},
		Now: time.Now,
		Log: log,
	}, nil
}

// alert tells professionals, as long as ctx lasts.
func (s *service) alert(ctx context.Context) {
	if !s.alerts.Ways() {
		return
	}
	alert.Run(ctx, s.alerts, func() alert.Ledger {
		if db := s.ledger.DB(); db != nil {
			return db
		}
		return nil
	})
}

// alertNow tells professionals of what has just become confidential. What does
// not arrive waits for the service.
func alertNow(ctx context.Context, talk io.Writer, file config.File, db *sqlite.DB) error {
	cfg, err := alertConfig(file, zap.NewNop())
	if err != nil {
		return err
	}
	if !cfg.Ways() {
		fmt.Fprintln(talk, "nobody is told of it: say who under alerts in the configuration")
		return nil
	}
	result, err := alert.Once(ctx, cfg, db)
	for _, failed := range result.Failed {
		fmt.Fprintln(talk, printable("professionals could not be told, and the running service tries again: "+oneLine(failed)))
	}
	if result.Told > 0 {
		fmt.Fprintf(talk, "professionals were told of %s\n", several(result.Told, "recording"))
	}
	return err
}

func runAlertList(cmd *cobra.Command, g *globals) error {
	_, db, err := g.openLedger(cmd.Context())
	if err != nil {
		return err
	}
	defer db.Close()
	ever := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	waiting, err := db.WaitingAlerts(cmd.Context(), ever, 1000)
	if err != nil {
		return err
	}
	if len(waiting) == 0 {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "no alert waits")
		return err
	}
	t := newTable("id", "confidential since (UTC)", "tries", "next (UTC)", "last error")
	for _, a := range waiting {
		next := "now"
		if a.NextAt.After(time.Now()) {
			next = a.NextAt.Format(time.DateTime)
		}
		t.AppendRow(table.Row{a.CallID, a.At.Format(time.DateTime), a.Tries, next, printable(a.Error)})
	}
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), t.Render()); err != nil {
		return err
	}
	return errLeft
}

func runAlertTest(cmd *cobra.Command, g *globals) error {
	file, err := g.settings()
	if err != nil {
		return err
	}
	cfg, err := alertConfig(file, zap.NewNop())
	if err != nil {
		return err
	}
	if !cfg.Ways() {
		return usage(fmt.Errorf("no alerts are configured: name a command or a mail server under alerts"))
	}
	if err := alert.Test(cmd.Context(), cfg); err != nil {
		return err
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), "the test alert was taken: ask those whom it is for whether it arrived")
	return err
}
