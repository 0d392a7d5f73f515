package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"glennline/ari"
	"glennline/config"
	"glennline/ops/datadir"
)

func newServeCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Answer the calls of an Asterisk that runs already",
		Long: `Attaches to a running Asterisk through ARI and answers the calls that its
dialplan hands over ('glennline pbx render --fragment' writes that part of the
dialplan). Prints 'ready sip:NUMBER@HOST:PORT' once calls are answered.

SIGTERM or Ctrl-C: calls in progress are finished, then it ends.

Exit codes: 0 ended as told; 1 could not go on; 2 wrong use or configuration;
6 another process took over the ARI application.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := g.settings()
			if err != nil {
				return err
			}
			return runServe(cmd.Context(), g.abort, file, cmd.OutOrStdout())
		},
	}
}

func runServe(ctx context.Context, abort <-chan struct{}, file config.File, out io.Writer) error {
	switch {
	case file.ARI.PasswordFile == "":
		return usage(errors.New("ari.password_file is missing: name a file with the ARI user's password in it"))
	case file.Spool == "":
		return usage(errors.New("spool is missing: name the folder that Asterisk records into, such as /var/spool/asterisk/recording"))
	}
	password, err := os.ReadFile(file.ARI.PasswordFile)
	if err != nil {
		return usage(fmt.Errorf("ari.password_file: %w", err))
	}
	log := newLogger(file.Log)
	defer func() { _ = log.Sync() }()
	s, err := openService(ctx, file, func(datadir.Dir) string { return file.Spool }, log)
	if err != nil {
		return err
	}
	defer s.close()
	cfg := ari.DefaultConfig()
	cfg.URL, cfg.User, cfg.App = file.ARI.URL, file.ARI.User, file.ARI.App
	cfg.Password = strings.TrimSpace(string(password))
	return s.answer(ctx, abort, cfg, out)
}
