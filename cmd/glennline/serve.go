package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"glennline/ari"
	"glennline/config"
	"glennline/ops/datadir"
	"glennline/ops/witness"
)

func newServeCommand(g *globals) *cobra.Command {
	var own bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Answer the calls of an Asterisk that runs already",
		Long: `Attaches to a running Asterisk through ARI and answers the calls that its
dialplan hands over ('glennline pbx render --fragment' writes that part of the
dialplan). Prints 'ready sip:NUMBER@HOST:PORT' once calls are answered.

With --pbx: answers the calls of the Asterisk that 'glennline pbx run' runs on the
same data folder, in another container or unit. What that Asterisk has to be is
written down for it; neither spool nor ari.password_file is needed.

SIGTERM or Ctrl-C: calls in progress are finished, then it ends; again: at once.

Exit codes: 0 ended as told; 1 could not go on; 2 wrong use or configuration;
6 another process took over the ARI application.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := g.settings()
			if err != nil {
				return err
			}
			coalesceTimers()
			serve := runServe
			if own {
				serve = runServePBX
			}
			return asTold(cmd.Context(), serve(cmd.Context(), g.abort, file, cmd.OutOrStdout()))
		},
	}
	cmd.Flags().BoolVar(&own, "pbx", false, "the Asterisk is the one of 'glennline pbx run'")
	return cmd
}

// runServePBX is runServe for the Asterisk of 'glennline pbx run', which may be
// started before or after.
func runServePBX(ctx context.Context, abort <-chan struct{}, file config.File, out io.Writer) error {
	if err := checkPrompts(file); err != nil {
		return err
	}
	cfg, err := wantedConfig(file)
	if err != nil {
		return err
	}
	log := newLogger(file.Log)
	defer func() { _ = log.Sync() }()
	s, err := openService(ctx, file, datadir.Dir.Spool, log)
	if err != nil {
		return err
	}
	defer s.close()
	if cfg, err = s.want(cfg); err != nil {
		return err
	}
	return s.answer(ctx, abort, asterisk{edge: edgeTo(cfg), witness: witnessLog(s.dir)}, out)
}

func runServe(ctx context.Context, abort <-chan struct{}, file config.File, out io.Writer) error {
	if err := file.ValidateServe(); err != nil {
		return usage(each(err)[0]) // config check does not look for what only serve needs
	}
	password, err := file.ARI.Password()
	if err != nil {
		return usage(err)
	}
	if err := checkPrompts(file); err != nil {
		return err
	}
	if info, err := os.Stat(file.Spool); err != nil || !info.IsDir() {
		return usage(fmt.Errorf("spool: %s is not a folder that can be entered: name the one that Asterisk records into, and let this user read it", file.Spool))
	}
	cfg := ari.DefaultConfig()
	cfg.URL, cfg.User, cfg.App = file.ARI.URL, file.ARI.User, file.ARI.App
	cfg.Password = password
	if err := knock(ctx, cfg); err != nil {
		return err
	}
	log := newLogger(file.Log)
	defer func() { _ = log.Sync() }()
	s, err := openService(ctx, file, func(datadir.Dir) string { return file.Spool }, log)
	if err != nil {
		return err
	}
	defer s.close()
	return s.answer(ctx, abort, asterisk{edge: cfg, witness: witness.Log{Path: file.Witness, Shared: true}}, out)
}

// knock finds out before anything is made whether Asterisk knows our user and
// password, and lets it write. One that is not there yet is waited for later.
func knock(ctx context.Context, cfg ari.Config) error {
	client, err := ari.New(cfg)
	if err != nil {
		return usage(err)
	}
	defer client.Close()
	err = client.SetGlobal(ctx, "GL_KNOCK", "")
	var status *ari.StatusError
	if errors.As(err, &status) && (status.Code == http.StatusUnauthorized || status.Code == http.StatusForbidden) {
		return usage(ari.ErrUnauthorized)
	}
	return ctx.Err()
}
