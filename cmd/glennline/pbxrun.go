package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	asteriskconf "glennline/asterisk-conf"
	"glennline/asterisk-conf/pbx"
	"glennline/config"
	"glennline/ops/datadir"
)

func newPBXRunCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run the Asterisk that 'glennline serve --pbx' answers",
		Long: `Runs Asterisk apart from the service that answers its calls, in a container or
unit of its own: either can be restarted or upgraded while the other goes on.
'glennline serve --pbx' on the same data folder writes down what Asterisk has to
be, with trunks, ports and password; until it has, this command waits. Of the data
folder it needs only asterisk/, and prompts/ to read: neither the database
nor the recordings nor the secret. Its log goes to standard error, without
callers' numbers. An Asterisk that dies is started again.

Prints 'ready sip:HOST:PORT' once Asterisk takes calls. SIGTERM or Ctrl-C: new calls
are refused, those in progress finished, then both end; again: at once.

Exit codes: 0 ended as told; 1 could not go on; 2 wrong use or configuration.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := g.settings()
			if err != nil {
				return err
			}
			return asTold(cmd.Context(), runPBXRun(cmd.Context(), g.abort, file, cmd.OutOrStdout()))
		},
	}
}

func runPBXRun(ctx context.Context, abort <-chan struct{}, file config.File, out io.Writer) (err error) {
	dir, err := datadir.At(file.Data)
	if err != nil {
		return err
	}
	if _, _, err := wanted(dir); err != nil {
		return err
	}
	install, err := pbx.Find(file.PBX.Asterisk)
	if err != nil {
		return usage(err)
	}
	log := newLogger(file.Log)
	defer func() { _ = log.Sync() }()
	cfg, err := awaitWanted(ctx, dir, log.Named("pbx"))
	if err != nil {
		return err
	}
	server, err := pbx.Start(ctx, pbx.Options{Install: install, Config: cfg, User: file.PBX.User, Log: log.Named("pbx")})
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		defer cancel()
		err = errors.Join(err, server.Stop(ctx))
	}()
	if err := server.Ready(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, "ready sip:"+listening(cfg.SIP.Host, cfg.SIP.Port, cfg.SIP.TLS.Port, strings.Split(cfg.SIP.Transport, ",")))
	select {
	case <-server.Done():
		return server.Err()
	case <-ctx.Done():
	}
	log.Info("asterisk finishes its calls and takes no more: Ctrl-C or SIGTERM again to end at once")
	calls, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.MaxCall)
	defer cancel()
	go func() {
		select {
		case <-abort:
			cancel()
		case <-calls.Done():
		}
	}()
	_ = server.Finish(calls) // those that are left are ended
	return nil
}

// wantedPoll is how often to look for what the service wants.
const wantedPoll = 200 * time.Millisecond

// awaitWanted waits until the service has said what Asterisk has to be.
func awaitWanted(ctx context.Context, dir datadir.Dir, log *zap.Logger) (asteriskconf.Config, error) {
	tick := time.NewTicker(wantedPoll)
	defer tick.Stop()
	for told := false; ; told = true {
		cfg, there, err := wanted(dir)
		if there || err != nil {
			return cfg, err
		}
		if !told {
			log.Info("waiting for 'glennline serve --pbx' to say what to run", zap.String("data", string(dir)))
		}
		select {
		case <-ctx.Done():
			return cfg, ctx.Err()
		case <-tick.C:
		}
	}
}

// wanted is what Asterisk has to be, once the service has said so.
func wanted(dir datadir.Dir) (cfg asteriskconf.Config, there bool, err error) {
	cfg, err = pbx.Wanted(dir.Asterisk())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return cfg, false, nil
	case err == nil && cfg.Dir != dir.Asterisk():
		err = usage(fmt.Errorf("asterisk is wanted in %s, and this is %s: give both commands the same data folder", cfg.Dir, dir.Asterisk()))
	}
	return cfg, err == nil, err
}

// wantedConfig is what 'glennline pbx run' has to run, but for the fallback, which
// follows from what lies in the data folder.
func wantedConfig(file config.File) (asteriskconf.Config, error) {
	cfg, _, err := ownConfig(file)
	if err != nil {
		return cfg, err
	}
	if file.ARI.PasswordFile != "" {
		if cfg.ARI.Password, err = file.ARI.Password(); err != nil {
			return cfg, usage(err)
		}
	}
	checked := cfg
	if checked.ARI.Password == "" {
		checked.ARI.Password = asteriskconf.NewPassword() // chosen later, see pbx.Want
	}
	return cfg, usage(checked.Validate())
}

// want writes it down, and says where that Asterisk will be found.
func (s *service) want(cfg asteriskconf.Config) (asteriskconf.Config, error) {
	cfg.Fallback = fallbackConfig(s.file, s.library, s.spool, s.secret.SealKey())
	if s.file.Admission.Refuse == "prompt" {
		cfg.Busy = s.library.Set(s.file.Lines[0].Name).Busy
	}
	cfg, changed, err := pbx.Want(cfg)
	if changed {
		s.log.Warn("what asterisk has to be has changed: in force once 'glennline pbx run' is started again")
	}
	return cfg, err
}
