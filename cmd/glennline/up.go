package main

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"glennline/ari"
	"glennline/asterisk-conf/pbx"
	"glennline/config"
	"glennline/ops/datadir"
)

func newUpCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "up",
		Short: "Answer calls with an own Asterisk",
		Long: `Starts an Asterisk of its own in the data folder, answers its calls, and prints
'ready sip:NUMBER@HOST:PORT' once they are answered.

The Asterisk is the program that pbx.asterisk or GLENNLINE_PBX_ASTERISK names, or
the 'asterisk' on the PATH (20 or newer), or the one in .cache/ that 'make' fetched.

SIGTERM or Ctrl-C: calls in progress are finished, then both end. Should
glennline be killed, its Asterisk stays, and the next 'up' takes it over.

Exit codes: 0 ended as told; 1 could not go on; 2 wrong use or configuration.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := g.settings()
			if err != nil {
				return err
			}
			return runUp(cmd.Context(), g.abort, file, cmd.OutOrStdout(), nil)
		},
	}
}

// runUp runs the service with an own Asterisk. prepare, if any, is given the
// service before it answers.
func runUp(ctx context.Context, abort <-chan struct{}, file config.File, out io.Writer, prepare func(*service)) (err error) {
	log := newLogger(file.Log)
	defer func() { _ = log.Sync() }()
	install, err := pbx.Find(file.PBX.Asterisk)
	if err != nil {
		return err
	}
	s, err := openService(ctx, file, datadir.Dir.Spool, log)
	if err != nil {
		return err
	}
	defer s.close()
	if prepare != nil {
		prepare(s)
	}
	cfg := asteriskConfig(file, s.dir)
	cfg.ARI.Port = 0 // any free one: nobody else needs it
	server, err := pbx.Start(ctx, pbx.Options{Install: install, Config: cfg, Log: log.Named("pbx"), User: file.PBX.User})
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		defer cancel()
		err = errors.Join(err, server.Stop(ctx))
	}()
	if err := server.Ready(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // told to end while it started
		}
		return err
	}
	running := server.Config().ARI
	edge := ari.DefaultConfig()
	edge.URL = "http://" + net.JoinHostPort(running.Host, strconv.Itoa(running.Port)) + "/ari"
	edge.User, edge.Password, edge.App = running.User, running.Password, cfg.App
	return s.answer(ctx, abort, edge, out)
}
