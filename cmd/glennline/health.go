package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"glennline/ari"
	asteriskconf "glennline/asterisk-conf"
	"glennline/asterisk-conf/pbx"
	"glennline/config"
	"glennline/ops/datadir"
)

func newHealthCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "health",
		Short: "Whether new calls reach glennline now",
		Long: `Asks Asterisk what glennline said of itself in the last seconds, as the dialplan does
for every call, and prints it: accept, drain (it is about to end, or a message could
not be recorded: the dialplan answers by itself), full (too little room on the disk,
or a spool that cannot be written: calls are refused), closed (Asterisk is about to
end: calls are refused). Meant for the health check of a container or a monitor.

Exit codes: 0 new calls are handed over; 1 they are not; 2 wrong use or
configuration.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := g.settings()
			if err != nil {
				return err
			}
			return runHealth(cmd.Context(), file, cmd.OutOrStdout())
		},
	}
}

// healthTimeout is how long Asterisk may take to answer one question.
const healthTimeout = 5 * time.Second

func runHealth(ctx context.Context, file config.File, out io.Writer) error {
	cfg, err := asteriskAtHand(file)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	client, err := ari.New(cfg)
	if err != nil {
		return usage(err)
	}
	defer client.Close()
	value, err := client.Global(ctx, asteriskconf.StateVariable)
	if err != nil {
		return fmt.Errorf("asterisk does not answer: %w", err)
	}
	state, fresh := asteriskconf.ParseState(value, time.Now())
	if !fresh {
		return errors.New("asterisk has heard nothing of glennline for seconds and answers calls by itself: see glennline's log")
	}
	fmt.Fprintln(out, state)
	if state != asteriskconf.StateAccept {
		return fmt.Errorf("new calls are not handed over: the state is %s", state)
	}
	return nil
}

// asteriskAtHand is where the Asterisk of this configuration answers: our own
// of 'up' or 'pbx run', where one runs in the data folder, else that of serve.
func asteriskAtHand(file config.File) (ari.Config, error) {
	cfg := ari.DefaultConfig()
	dir, err := datadir.At(file.Data)
	if err != nil {
		return cfg, err
	}
	running, err := pbx.Running(dir.Asterisk())
	switch {
	case err == nil:
		return edgeTo(running), nil
	case !errors.Is(err, fs.ErrNotExist):
		return cfg, err
	case file.ARI.PasswordFile == "":
		return cfg, fmt.Errorf("no asterisk of glennline's runs in %s: name another folder with --data, or ari.password_file for an asterisk that is not its own", dir)
	}
	cfg.URL, cfg.User, cfg.App = file.ARI.URL, file.ARI.User, file.ARI.App
	if cfg.Password, err = file.ARI.Password(); err != nil {
		return cfg, usage(err)
	}
	return cfg, nil
}

// edgeTo is the way to an Asterisk that runs with that configuration.
func edgeTo(c asteriskconf.Config) ari.Config {
	edge := ari.DefaultConfig()
	edge.URL = "http://" + net.JoinHostPort(c.ARI.Host, strconv.Itoa(c.ARI.Port)) + "/ari"
	edge.User, edge.Password, edge.App = c.ARI.User, c.ARI.Password, c.App
	return edge
}
