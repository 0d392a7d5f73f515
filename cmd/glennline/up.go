package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	asteriskconf "glennline/asterisk-conf"
	"glennline/asterisk-conf/pbx"
	"glennline/config"
	"glennline/ops/datadir"
	"glennline/ops/witness"
)

func newUpCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "up",
		Short: "Answer calls with an own Asterisk",
		Long: `Starts an Asterisk of its own in the data folder, answers its calls, and prints
'ready sip:NUMBER@HOST:PORT' once they are answered.

The Asterisk is the program that pbx.asterisk or GLENNLINE_PBX_ASTERISK names, or
the 'asterisk' on the PATH (20 or newer), or the one in .cache/ that 'make' fetched.

SIGTERM or Ctrl-C: calls in progress are finished, then both end; again: at once. Should
glennline be killed, its Asterisk stays, and the next 'up' takes it over.

Without trunks in the configuration, calls are taken from this machine and, where
sip.host is another address than 127.0.0.1, from the network that it stands in.

Exit codes: 0 ended as told; 1 could not go on; 2 wrong use or configuration;
6 another process took over the ARI application.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := g.settings()
			if err != nil {
				return err
			}
			coalesceTimers()
			return asTold(cmd.Context(), runUp(cmd.Context(), g.abort, file, cmd.OutOrStdout(), cmd.ErrOrStderr(), nil))
		},
	}
}

// runUp runs the service with an own Asterisk. The ready line goes to out, what
// the operator wants to know then to talk. prepare, if any, is given the service
// before it answers.
func runUp(ctx context.Context, abort <-chan struct{}, file config.File, out, talk io.Writer, prepare func(*service)) (err error) {
	log := newLogger(file.Log)
	defer func() { _ = log.Sync() }()
	opts, err := preflight(ctx, file)
	if err != nil {
		return err
	}
	opts.Log = log.Named("pbx")
	s, err := openService(ctx, file, datadir.Dir.Spool, log)
	if err != nil {
		return err
	}
	defer s.close()
	if prepare != nil {
		prepare(s)
	}
	opts.Config.Fallback = fallbackConfig(file, s.library, s.spool, s.secret.SealKey())
	if file.Admission.Refuse == "prompt" {
		opts.Config.Busy = s.library.Set(file.Lines[0].Name).Busy
	}
	server, err := pbx.Start(ctx, opts)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		defer cancel()
		stopped := server.Stop(ctx)
		if err = errors.Join(err, stopped); err == nil {
			s.lastLook(ctx, abort, witnessLog(s.dir))
		}
	}()
	if err := server.Ready(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // told to end while it started
		}
		return err
	}
	greet := func() { s.greet(talk, server.Config().Trunks) }
	return s.answer(ctx, abort, asterisk{edge: edgeTo(server.Config()), witness: witnessLog(s.dir), own: true, greet: greet}, out)
}

// greet says what to do with a line that has just become ready: a sentence for
// people, or, where the log is for programs, a line of it.
func (s *service) greet(talk io.Writer, trunks []asteriskconf.Trunk) {
	var sources []string
	for _, trunk := range trunks {
		sources = append(sources, trunk.Match...)
		if trunk.Registers() {
			sources = append(sources, trunk.Server+" (registration)")
		}
	}
	if s.file.Log.Format != "console" {
		s.log.Info("calls are answered", zap.String("dial", s.address()), zap.String("data", string(s.dir)), zap.Strings("calls_from", sources))
		return
	}
	fmt.Fprintf(talk, "glennline: dial %s; calls are taken from %s; data in %s; Ctrl-C ends it after the calls in progress, a second one at once\n",
		s.address(), strings.Join(sources, ", "), s.dir)
}

// preflight finds what the operator has to put right before anything is made,
// and says what to run.
func preflight(ctx context.Context, file config.File) (pbx.Options, error) {
	if err := checkPrompts(file); err != nil {
		return pbx.Options{}, err
	}
	return startable(ctx, file)
}

// startable is preflight without the prompts.
func startable(ctx context.Context, file config.File) (pbx.Options, error) {
	install, err := pbx.Find(file.PBX.Asterisk)
	if ctx.Err() != nil {
		return pbx.Options{}, ctx.Err()
	}
	if err != nil {
		return pbx.Options{}, usage(err)
	}
	cfg, _, err := ownConfig(file)
	if err != nil {
		return pbx.Options{}, err
	}
	opts := pbx.Options{Install: install, Config: ownPort(cfg), User: file.PBX.User}
	return opts, portFaults(file, pbx.Check(ctx, opts))
}

// ownPort lets ARI of an own Asterisk listen on any free port, where nobody else
// needs to know it.
func ownPort(cfg asteriskconf.Config) asteriskconf.Config {
	if cfg.ARI.MonitorUser == "" {
		cfg.ARI.Port = 0
	}
	return cfg
}

// freePorts looks whether an own Asterisk could listen.
func freePorts(ctx context.Context, file config.File) error {
	if file.ARI.PasswordFile != "" {
		return nil // it is another's
	}
	cfg, _, err := ownConfig(file)
	if err != nil {
		return err
	}
	return portFaults(file, pbx.CanListen(ctx, ownPort(cfg)))
}

// portFaults says of ports that cannot be used where they were set. Any other
// error stays as it is.
func portFaults(file config.File, err error) error {
	if err == nil {
		return nil
	}
	var found config.Faults
	for _, one := range each(err) {
		taken, ok := errors.AsType[*pbx.PortError](one)
		if !ok {
			return err
		}
		key := taken.Field
		if key == "ari.port" {
			key = "ari.url"
		}
		found = append(found, config.Fault{Where: file.Where(key), Key: key, Problem: taken.Error()})
	}
	return usage(found)
}

// witnessLog is the event log of the Asterisk in the data folder.
func witnessLog(dir datadir.Dir) witness.Log {
	return witness.Log{Path: filepath.Join(dir.Asterisk(), "log", "cel-custom", "witness.jsonl")}
}
