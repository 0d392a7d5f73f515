package pbx

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"

	asteriskconf "glennline/asterisk-conf"
)

// ErrOpenFiles says that the system allows too few open files for the calls.
var ErrOpenFiles = errors.New("too few open files allowed")

// first starts an Asterisk where none runs, after checking everything that it
// would only complain about, or not even that.
func (s *Server) first(ctx context.Context) (*process, error) {
	cfg := s.cfg
	if cfg.ARI.Password == "" {
		cfg.ARI.Password = asteriskconf.NewPassword()
	}
	if cfg.ARI.Port == 0 {
		port, err := freePort(cfg)
		if err != nil {
			return nil, err
		}
		cfg.ARI.Port = port
	}
	files, err := allowedFiles(cfg)
	if err != nil {
		return nil, err
	}
	cfg.MaxFiles = files
	if err := checkPorts(ctx, cfg); err != nil {
		return nil, err
	}
	if err := s.adjust(cfg); err != nil {
		return nil, err
	}
	if err := s.account.try(ctx, s.opt.Install, cfg.Dir, true); err != nil {
		return nil, err
	}
	return s.launch()
}

// elsewhere starts Asterisk again with ARI on another port: between the choice
// of one and Asterisk's listening there, another program may have taken it.
func (s *Server) elsewhere() (*process, error) {
	cfg := s.cfg
	port, err := freePort(cfg)
	if err != nil {
		return nil, err
	}
	s.log.Warn("another program took the port chosen for ari: another is tried", zap.Int("port", cfg.ARI.Port), zap.Int("next", port))
	cfg.ARI.Port = port
	if err := s.adjust(cfg); err != nil {
		return nil, err
	}
	return s.launch()
}

// adjust renders what the next Asterisk is to run with.
func (s *Server) adjust(cfg asteriskconf.Config) error {
	if err := saveState(cfg); err != nil {
		return err
	}
	if err := s.render(cfg); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg = cfg
	return nil
}

// launch starts Asterisk on what was rendered.
func (s *Server) launch() (*process, error) {
	alive, err := lock(asteriskLockPath(s.cfg.Dir))
	if err != nil {
		return nil, err
	}
	defer alive.Close() //nolint:errcheck // Asterisk holds the lock from here on
	return launch(s.opt.Install, etcPath(s.cfg.Dir), s.account, s.console, alive)
}

// allowedFiles is cfg.MaxFiles, or less if the system allows less and that is
// still enough for cfg.MaxCalls.
func allowedFiles(cfg asteriskconf.Config) (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("open-file limit: %w", err)
	}
	if uint64(cfg.MaxFiles) <= limit.Max {
		return cfg.MaxFiles, nil
	}
	allowed := cfg
	allowed.MaxFiles = int(limit.Max)
	if err := allowed.Validate(); err != nil {
		return 0, fmt.Errorf("%w (%d): raise the hard limit (ulimit -Hn, LimitNOFILE= in a systemd unit), or lower max_calls: %w", ErrOpenFiles, limit.Max, err)
	}
	return allowed.MaxFiles, nil
}

// survivor adopts the Asterisk that runs in the folder, if one does: it holds
// the lock that every Asterisk of ours inherits, from the moment it is made.
func (s *Server) survivor(ctx context.Context) (*process, error) {
	free, err := lock(asteriskLockPath(s.cfg.Dir))
	if err == nil {
		return nil, free.Close()
	}
	if !errors.Is(err, errLocked) {
		return nil, err
	}
	pid, err := s.survivorPID(ctx)
	if err != nil {
		return nil, fmt.Errorf("an asterisk runs in %s but does not answer: %w; end it by hand", s.cfg.Dir, err)
	}
	have, err := loadState(s.cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("asterisk (process %d) runs in %s without our record of it: %w; end it by hand", pid, s.cfg.Dir, err)
	}
	p, err := adopt(pid)
	if err != nil {
		return nil, err
	}
	if changed := differences(s.cfg, have); len(changed) > 0 {
		log := s.log.With(zap.Int("pid", pid), zap.Strings("changed", changed))
		if s.idle(ctx) {
			log.Info("asterisk found running with another configuration and no calls: replaced")
			p.end(ctx.Done())
			return nil, nil
		}
		log.Warn("asterisk found running calls with another configuration: kept as it is until its next start")
	}
	s.cfg = have
	s.log.Info("asterisk found running and kept", zap.Int("pid", pid))
	s.notify(Event{Kind: EventAdopted, PID: pid})
	return p, nil
}

// survivorPID asks the control socket, which an Asterisk that has just been
// started does not have yet.
func (s *Server) survivorPID(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, bootTimeout)
	defer cancel()
	for {
		pid, err := s.control.pid(ctx)
		if err == nil {
			return pid, nil
		}
		select {
		case <-ctx.Done():
			return 0, err
		case <-time.After(bootPoll):
		}
	}
}

// differences names the fields in which want is not have, apart from what want
// leaves open.
func differences(want, have asteriskconf.Config) []string {
	if want.ARI.Password == "" {
		want.ARI.Password = have.ARI.Password
	}
	if want.ARI.Port == 0 {
		want.ARI.Port = have.ARI.Port
	}
	if want.MaxFiles > have.MaxFiles {
		want.MaxFiles = have.MaxFiles // the system allowed no more
	}
	var names []string
	w, h := reflect.ValueOf(want), reflect.ValueOf(have)
	for i := range w.NumField() {
		// As text, in which a list that is nil and one that is empty are the same.
		if fmt.Sprint(w.Field(i)) != fmt.Sprint(h.Field(i)) {
			names = append(names, w.Type().Field(i).Name)
		}
	}
	return names
}

// idle says whether Asterisk has no channels, for certain.
func (s *Server) idle(ctx context.Context) bool {
	out, err := s.control.command(ctx, "core show channels count")
	if err != nil {
		return false
	}
	count, _, _ := strings.Cut(strings.TrimSpace(out), " ")
	n, err := strconv.Atoi(count)
	return err == nil && n == 0
}

// supervise keeps Asterisk running until ctx ends; then it ends it.
func (s *Server) supervise(ctx context.Context, p *process, adopted bool) {
	defer s.finish()
	if fallback := s.Config().Fallback; fallback != nil {
		// Until Asterisk has ended: while it finishes its calls the dialplan answers.
		beside, end := context.WithCancel(context.WithoutCancel(ctx))
		var recordings sync.WaitGroup
		recordings.Go(func() { s.syncRecordings(beside, fallback.Folder()) })
		defer recordings.Wait()
		defer end()
	}
	delay := firstDelay
	for everReady, moved := adopted, 0; ; {
		started := time.Now()
		err := s.watch(ctx, p)
		if ctx.Err() != nil {
			p.end(s.hurry)
			return
		}
		if err == nil && s.finishing.Load() {
			return
		}
		if err == nil { // it was ready, and has ended
			everReady = true
			err = fmt.Errorf("asterisk ended (%s)", p.status)
		} else {
			p.end(s.hurry)
		}
		s.flushConsole()
		if trouble := s.console.trouble(); trouble != "" {
			err = fmt.Errorf("%w; it said: %s", err, trouble)
		}
		if !everReady {
			if errors.Is(err, errNoARI) && s.opt.Config.ARI.Port == 0 && moved < mostMoves {
				moved++
				if p, err = s.elsewhere(); err == nil {
					s.setPID(p.pid)
					continue
				}
			}
			s.finalErr = err
			return
		}
		if time.Since(started) >= soundAfter {
			delay = firstDelay
		}
		if p = s.again(ctx, p.pid, err, &delay); p == nil {
			return
		}
	}
}

// watch returns when Asterisk has ended or ctx has, or with an error if it did
// not get ready.
func (s *Server) watch(ctx context.Context, p *process) error {
	bootCtx, cancel := context.WithTimeout(ctx, bootTimeout)
	defer cancel()
	if err := boot(bootCtx, p, s.control, s.cfg); err != nil {
		return err
	}
	_ = s.console.trouble() // what it said until now did not matter
	s.mu.Lock()
	close(s.ready)
	s.mu.Unlock()
	s.log.Info("asterisk ready", zap.Int("pid", p.pid), zap.String("version", s.opt.Install.Version))
	s.notify(Event{Kind: EventReady, PID: p.pid})
	select {
	case <-p.exited:
	case <-ctx.Done():
	}
	s.mu.Lock()
	s.ready = make(chan struct{})
	s.mu.Unlock()
	return nil
}

// again starts Asterisk anew after delay, and doubles it, until it starts or ctx
// ends; then it returns nil.
func (s *Server) again(ctx context.Context, died int, cause error, delay *time.Duration) *process {
	for {
		s.setPID(0)
		s.log.Error("asterisk died", zap.Int("pid", died), zap.Error(cause), zap.Duration("restart_in", *delay))
		s.notify(Event{Kind: EventDied, PID: died, Err: cause, Delay: *delay})
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(*delay):
		}
		*delay = min(2**delay, longestDelay)
		var p *process
		if cause = s.render(s.cfg); cause == nil {
			p, cause = s.launch()
		}
		if cause != nil {
			died = 0
			continue
		}
		s.setPID(p.pid)
		s.log.Info("asterisk restarted", zap.Int("pid", p.pid))
		s.notify(Event{Kind: EventRestarted, PID: p.pid})
		return p
	}
}

// finish is after the last Asterisk.
func (s *Server) finish() {
	s.setPID(0)
	s.flushConsole()
	s.console.close()
	if err := errors.Join(forgetState(s.cfg.Dir), s.ownLock.Close()); err != nil {
		s.log.Warn("asterisk left something behind", zap.Error(err))
	}
	s.log.Info("asterisk stopped")
	s.notify(Event{Kind: EventStopped})
	s.stop()
	close(s.done)
}

// flushConsole lets everything that Asterisk said come through before what we
// say about it.
func (s *Server) flushConsole() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s.console.flush(ctx)
}
