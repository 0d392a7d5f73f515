// Package pbx runs Asterisk as a supervised child: private folders, an ordinary
// user, its log folded into ours without callers' numbers, restarted when it
// dies. An Asterisk that outlives a killed glennline goes on with its calls, is
// found by the next one, and kept.
package pbx

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	asteriskconf "glennline/asterisk-conf"
)

// Options say what to run.
type Options struct {
	Install Install // see Find
	// Config is what to render. An empty ARI.Password and an ARI.Port of 0 are
	// chosen by Start; Server.Config tells. Empty ModuleDir and DataDir are
	// those of Install.
	Config asteriskconf.Config
	Log    *zap.Logger
	// User is whom Asterisk runs as if we are root: by default asterisk if
	// there is such a user, else nobody.
	User string
	// Notify is called, if not nil, for every event, one at a time and in
	// order, from the goroutine that supervises: it must not wait for Server.
	Notify func(Event)
}

// Event is something that happened to Asterisk.
type Event struct {
	Kind  EventKind
	PID   int
	Err   error         // EventDied: why, as far as known
	Delay time.Duration // EventDied: until it is started again
}

// EventKind is what happened.
type EventKind string

// The events.
const (
	EventAdopted   EventKind = "adopted"   // one that outlived another glennline was found
	EventReady     EventKind = "ready"     // it takes calls
	EventDied      EventKind = "died"      // it ended, not by us; its calls are lost
	EventRestarted EventKind = "restarted" // it was started again; EventReady follows
	EventStopped   EventKind = "stopped"   // it ended, by us; the last event
)

// ErrSupervised says that another process supervises the Asterisk in a folder.
var ErrSupervised = errors.New("another glennline runs the asterisk in this folder; stop it, or choose another folder")

// ErrStopped says that a Server has ended.
var ErrStopped = errors.New("asterisk was stopped")

// Server is a supervised Asterisk. Its methods may be called from anywhere.
type Server struct {
	opt      Options
	cfg      asteriskconf.Config // as it runs
	account  *account
	log      *zap.Logger
	console  *console
	control  control
	ownLock  *os.File // we supervise
	stop     context.CancelFunc
	hurry    chan struct{} // closed when nobody waits any longer for an end in order
	done     chan struct{}
	finalErr error // once done is closed

	hurryOnce sync.Once
	finishing atomic.Bool // its end, when it comes, is meant

	mu    sync.Mutex
	pid   int           // 0 while none runs
	ready chan struct{} // closed while Asterisk takes calls; a new one after it died
}

// Timings of supervision.
const (
	bootTimeout  = time.Minute      // from start to ready, on a machine at its limit
	stopGrace    = 10 * time.Second // from being asked to end to being killed
	firstDelay   = 200 * time.Millisecond
	longestDelay = 5 * time.Second
	soundAfter   = time.Minute // an Asterisk up for so long has no lasting fault
	mostMoves    = 5           // ports for ari that are tried after the first one
)

// Start renders the configuration and starts Asterisk on it, or adopts the one
// that outlived another glennline in the same folder. It returns once Asterisk
// is started; Ready waits until it takes calls. ctx bounds Start alone: Stop
// ends what it started.
//
// An adopted Asterisk keeps its ports and password. If its configuration is not
// the one asked for, it is replaced when it has no calls, and else kept as it is,
// with a warning.
func Start(ctx context.Context, opt Options) (_ *Server, err error) {
	if opt.Log == nil {
		opt.Log = zap.NewNop()
	}
	s := &Server{opt: opt, log: opt.Log, hurry: make(chan struct{}), done: make(chan struct{}), ready: make(chan struct{})}
	s.cfg = withInstall(opt.Config, opt.Install)
	s.control = controlAt(s.cfg.Dir)
	if s.account, err = resolveAccount(opt.User); err != nil {
		return nil, err
	}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	if s.ownLock, err = lockSupervisor(supervisorLockPath(s.cfg.Dir)); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.ownLock.Close())
		}
	}()
	if s.console, err = openConsole(consolePath(s.cfg.Dir), logPath(s.cfg.Dir), opt.Log.Named("asterisk")); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.console.close()
		}
	}()
	p, err := s.survivor(ctx)
	if err != nil {
		return nil, err
	}
	adopted := p != nil
	if !adopted {
		if p, err = s.first(ctx); err != nil {
			return nil, err
		}
	}
	s.setPID(p.pid)
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	go s.supervise(running, p, adopted)
	return s, nil
}

// withInstall fills in what the installed Asterisk decides.
func withInstall(cfg asteriskconf.Config, in Install) asteriskconf.Config {
	if cfg.ModuleDir == "" {
		cfg.ModuleDir = in.ModuleDir
	}
	if cfg.DataDir == "" {
		cfg.DataDir = in.DataDir
	}
	return cfg
}

// prepare makes the folders. What others may read on the way to them is not
// changed; what lies within is for Asterisk's user alone.
func (s *Server) prepare() error {
	// Checked before anything is made; the blanks are filled for the check.
	if _, err := asteriskconf.Files(filled(s.cfg), etcPath(s.cfg.Dir)); err != nil {
		return err
	}
	if err := makeFolders(s.cfg); err != nil {
		return err
	}
	if s.cfg.Fallback != nil {
		if err := syncNames(s.cfg.Fallback.Folder()); err != nil {
			s.log.Debug("a power cut can take all trace of calls that the dialplan answers in its last seconds", zap.Error(err))
		}
	}
	return nil
}

func makeFolders(cfg asteriskconf.Config) error {
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
		return err
	}
	for _, d := range cfg.Folders() {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return err
		}
		if err := os.Chmod(d, 0o700); err != nil {
			return err
		}
	}
	return nil
}

// filled is cfg with anything where Start would choose.
func filled(cfg asteriskconf.Config) asteriskconf.Config {
	if cfg.ARI.Password == "" {
		cfg.ARI.Password = asteriskconf.NewPassword()
	}
	if cfg.ARI.Port == 0 {
		cfg.ARI.Port = 65535
	}
	return cfg
}

// Config is what Asterisk runs with: ports and password chosen. Until Ready, a
// chosen port may still change.
func (s *Server) Config() asteriskconf.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cfg
}

// PID is Asterisk's process, 0 while there is none.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pid
}

// Command runs one line of Asterisk's command language and returns its answer.
func (s *Server) Command(ctx context.Context, line string) (string, error) {
	return s.control.command(ctx, line)
}

// Ready waits until Asterisk takes calls. It fails when ctx ends, and when
// Asterisk will not come: the first start failed, or it was stopped.
func (s *Server) Ready(ctx context.Context) error {
	s.mu.Lock()
	ready := s.ready
	s.mu.Unlock()
	select {
	case <-ready:
		return nil
	case <-s.done:
		if s.finalErr != nil {
			return s.finalErr
		}
		return ErrStopped
	case <-ctx.Done():
		return fmt.Errorf("waiting for asterisk: %w", ctx.Err())
	}
}

// Done is closed when Asterisk has ended for good: after Stop, or when its first
// start failed. Err then says why.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err is nil until Done is closed, and after a Stop.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.finalErr
	default:
		return nil
	}
}

// Stop ends Asterisk and waits until it is gone: first in order, which hangs up
// its calls, and by force after ten seconds or when ctx ends.
func (s *Server) Stop(ctx context.Context) error {
	s.stop()
	select {
	case <-s.done:
	case <-ctx.Done():
		s.hurryOnce.Do(func() { close(s.hurry) })
		<-s.done
		return fmt.Errorf("asterisk was killed, because it did not stop in time: %w", ctx.Err())
	}
	return nil
}

// Finish has Asterisk refuse new calls, and end itself when the last one is over.
// It returns then, or when ctx ends with calls still there: Stop ends those.
func (s *Server) Finish(ctx context.Context) error {
	s.finishing.Store(true)
	// Asterisk waits in the thread that serves this command: no answer comes.
	told, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { _, _ = s.control.command(told, "core stop gracefully") }()
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Server) setPID(pid int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pid = pid
}

func (s *Server) notify(e Event) {
	if s.opt.Notify != nil {
		s.opt.Notify(e)
	}
}
