package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"go.uber.org/zap"

	"glennline/ari"
	asteriskconf "glennline/asterisk-conf"
	"glennline/config"
	"glennline/ops/alert"
	"glennline/ops/backup"
	"glennline/ops/datadir"
	"glennline/ops/ledger"
	"glennline/ops/witness"
	"glennline/petition"
	"glennline/petition/caller"
	"glennline/petition/sqlite"
	"glennline/voicemail"
	"glennline/voicemail/archive"
	"glennline/voicemail/prompts"
)

// service is what serve and up have in common: everything but Asterisk.
type service struct {
	file    config.File
	dir     datadir.Dir
	log     *zap.Logger
	unlock  func()
	db      *sqlite.DB // nil while it is out of reach; see ledger.DB
	ledger  *ledger.Ledger
	library *prompts.Library
	store   *archive.Archive
	secret  *caller.Ring
	spool   string // where Asterisk records
	script  *voicemail.Script
	alerts  alert.Config
}

// asterisk is one at hand.
type asterisk struct {
	edge    ari.Config
	witness witness.Log // where it is known
	own     bool        // it ends when we do
	greet   func()      // called once, after the ready line; may be nil
}

// openService opens the data folder and everything in it. spool is where the
// Asterisk at hand records. Prompts were checked before, with everything else
// that only the operator can put right.
func openService(ctx context.Context, file config.File, spool func(datadir.Dir) string, log *zap.Logger) (_ *service, err error) {
	s := &service{file: file, log: log}
	lines, err := directory(file)
	if err != nil {
		return nil, usage(err)
	}
	if s.alerts, err = alertConfig(file, log.Named("alert")); err != nil {
		return nil, err
	}
	if s.dir, err = datadir.Create(file.Data); err != nil {
		return nil, usage(err)
	}
	if s.unlock, err = s.dir.Lock(); errors.Is(err, datadir.ErrInUse) {
		return nil, fmt.Errorf("%w, or choose another folder with --data", err)
	} else if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := backup.Half(s.dir); err != nil {
		return nil, err
	}
	if s.secret, err = s.openLedger(ctx); err != nil {
		return nil, err
	}
	if s.library, err = prompts.Open(prompts.Config{Lines: promptSources(file), Cache: s.dir.Prompts(), Log: log.Named("prompts")}); err != nil {
		return nil, err
	}
	if s.store, err = archive.Open(s.dir.Archive(), s.dir.Quarantine()); err != nil {
		return nil, err
	}
	s.spool = spool(s.dir)
	burst := &bursts{log: log.Named("voicemail"), now: time.Now}
	s.script = &voicemail.Script{
		Ledger:  s.ledger,
		Store:   s.store,
		Prompts: s.library,
		Lines:   lines,
		Identify: func(number, presentation, region string) petition.Caller {
			who := s.secret.Identify(number, presentation, region)
			burst.note(who)
			return who
		},
		Spool:      s.spool,
		Recordable: func() bool { return recordable(s.spool) },
		Log:        log.Named("voicemail"),
		Thresholds: thresholds(file),
	}
	return s, nil
}

// openLedger opens the database and the secret that its pseudonyms are made
// with. Each is made where there is neither, but one is never made anew beside
// the other: that would only hide that it was lost. A database that is there
// and cannot be written now is no reason not to answer: see package ledger.
func (s *service) openLedger(ctx context.Context) (*caller.Ring, error) {
	if err := lostDatabase(s.dir); err != nil {
		return nil, err
	}
	if err := s.settleKeys(ctx); err != nil {
		return nil, err
	}
	secret, err := caller.ReadRing(s.dir.Secret(), s.dir.Secrets())
	if errors.Is(err, fs.ErrNotExist) {
		secret, err = s.makeSecret(ctx)
	}
	if err != nil {
		return nil, err
	}
	s.ledger, err = ledger.Open(ctx, ledger.Config{
		Database: sqlite.Config{Path: s.dir.Database(), Log: s.log.Named("sqlite"), Audited: func() { s.followAudit(ctx) }, Thresholds: thresholds(s.file)},
		Bind: func(ctx context.Context, db *sqlite.DB) error {
			return bindKeys(ctx, db, secret)
		},
		Journal:  s.dir.Journal(),
		Log:      s.log.Named("ledger"),
		EndDelay: ledger.EndDelay,
	})
	if err != nil {
		return nil, err
	}
	s.db = s.ledger.DB()
	return secret, nil
}

// followAudit brings the audit chain's file up to the database, where the rule
// changed a signature after the fact. Should it fail, the next time does it.
func (s *service) followAudit(ctx context.Context) {
	if err := followAudit(context.WithoutCancel(ctx), s.dir); err != nil {
		s.log.Error("audit file not written", zap.Error(err))
	}
}

// makeSecret makes the secret of a data folder that has none yet.
func (s *service) makeSecret(ctx context.Context) (*caller.Ring, error) {
	db, err := sqlite.Open(ctx, sqlite.Config{Path: s.dir.Database(), Log: s.log.Named("sqlite")})
	if err != nil {
		return nil, err
	}
	bound, err := db.SecretID(ctx)
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	if bound != "" {
		return nil, usage(fmt.Errorf("%s is missing: put back the file of secret %s, with which the callers in this data folder were made pseudonyms", s.dir.Secret(), bound))
	}
	if _, err := caller.OpenSecret(s.dir.Secret()); err != nil {
		return nil, err
	}
	return caller.ReadRing(s.dir.Secret(), s.dir.Secrets())
}

// settleKeys finishes a rotation or destruction that was broken off. A database
// that cannot be read now says it to ledger.Open.
func (s *service) settleKeys(ctx context.Context) error {
	db, err := sqlite.Open(ctx, sqlite.Config{Path: s.dir.Database(), ReadOnly: true})
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	defer db.Close()
	return settleKeys(ctx, s.dir, db)
}

// asTold is no error where a start was broken off because we were told to end.
func asTold(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// close lets go of the data folder.
func (s *service) close() {
	if s.ledger != nil {
		if err := s.ledger.Close(); err != nil {
			s.log.Error("ledger could not be closed", zap.Error(err))
		}
	}
	s.unlock()
}

// answer takes calls until the context ends; then it takes no more, waits
// until those in progress are over, and returns. Closing abort ends the wait.
func (s *service) answer(ctx context.Context, abort <-chan struct{}, pbx asterisk, out io.Writer) error {
	var (
		ready     sync.Once
		client    *ari.Client
		connected = make(chan struct{}, 1)
		here      = &beacon{file: s.file, library: s.library, folders: []string{s.spool, string(s.dir)}, spool: s.spool, log: s.log.Named("beacon")}
	)
	look := func() {
		select {
		case connected <- struct{}{}:
		default: // it will
		}
	}
	here.gap = look
	monitor := s.monitored()
	cfg := pbx.edge
	cfg.Log = s.log.Named("ari")
	cfg.ClaimWithin, cfg.MaxCall = asteriskconf.ClaimWithin, s.file.PBX.MaxCall
	cfg.Stray = s.adopt(pbx.witness)
	cfg.OnConnect = func(connection context.Context) {
		here.connected(connection, ctx.Err() != nil, client)
		look()
		ready.Do(func() {
			fmt.Fprintln(out, "ready "+s.address())
			if pbx.greet != nil {
				pbx.greet()
			}
		})
	}
	client, err := ari.New(cfg)
	if err != nil {
		return err
	}
	defer client.Close()
	monitor.client, monitor.here = client, here
	work, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var others sync.WaitGroup
	defer others.Wait()
	others.Go(func() { s.library.Watch(work) })
	others.Go(func() { s.alert(work) })
	others.Go(func() { here.run(work, ctx, client) })
	others.Go(func() { s.keep(work, connected, client.Live, pbx.witness, monitor.reconciled) })
	others.Go(func() { monitor.run(work) })
	others.Go(func() {
		defer end()
		s.drain(ctx, work, abort, client)
		if pbx.own && work.Err() == nil {
			s.closeDown(work, abort, client, here)
		}
	})
	defer end()
	return client.Run(work, func(work context.Context, call *ari.Call, arrival voicemail.Arrival) {
		if err := ownTest(work, s.dir, call, &arrival); err != nil {
			s.log.Warn("a test call could not be known as one", zap.Error(err))
		}
		if arrival.Trunk == asteriskconf.Probe && !arrival.Test {
			s.log.Warn("a call by the way of doctor's test calls, without doctor's token: refused", zap.String("sip_call_id", arrival.SIPCallID))
			if err := call.Hangup(work, voicemail.HangupUnallocated); err != nil {
				s.log.Warn("it could not be refused", zap.Error(err))
			}
			return
		}
		here.ended(s.script.Serve(work, call, arrival).Ending)
		if call.Fate().TakenBack {
			look()
		}
	})
}

// closeDown has Asterisk refuse new calls and waits until those that the
// dialplan answered by itself are over.
func (s *service) closeDown(ctx context.Context, abort <-chan struct{}, client *ari.Client, here *beacon) {
	ctx, cancel := context.WithTimeout(ctx, s.file.DrainTimeout)
	defer cancel()
	here.close(ctx, client)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for told := false; ; {
		live, err := client.Live(ctx)
		if err != nil || len(live) == 0 {
			return
		}
		if !told {
			told = true
			s.log.Info("asterisk finishes the calls that it answered by itself: Ctrl-C or SIGTERM again to end at once", zap.Int("calls", len(live)))
		}
		select {
		case <-tick.C:
		case <-abort:
			return
		case <-ctx.Done():
			return
		}
	}
}

// drain returns when ctx has ended and no call is left, or at abort, or when
// the work is over by itself.
func (s *service) drain(ctx, work context.Context, abort <-chan struct{}, client *ari.Client) {
	select {
	case <-ctx.Done():
	case <-work.Done():
		return
	}
	if calls := client.Stats().Calls; calls > 0 {
		s.log.Info("finishing the calls in progress: Ctrl-C or SIGTERM again to end at once", zap.Int64("calls", calls))
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	timeout := time.NewTimer(s.file.DrainTimeout)
	defer timeout.Stop()
	for client.Stats().Calls > 0 {
		select {
		case <-timeout.C:
			s.log.Warn("drain_timeout is over: calls in progress are left to asterisk", zap.Int64("calls", client.Stats().Calls))
			return
		case <-tick.C:
		case <-abort:
			s.log.Warn("told to end at once", zap.Int64("calls", client.Stats().Calls))
			return
		case <-work.Done():
			return
		}
	}
}

// address is a SIP address at which the line answers.
func (s *service) address() string { return addressOf(s.file) }

func addressOf(file config.File) string {
	host := file.SIP.Host
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}
	return "sip:" + numberOf(file) + "@" + listening(host, file.SIP.Port, file.SIP.TLS.Port, file.Transports())
}

// listening is the end of a SIP URI that leads to one of the transports: UDP, where
// that is among them, or else TCP, or else TLS, which has a port of its own.
func listening(host string, port, tlsPort int, transports []string) string {
	parameter := ""
	switch {
	case slices.Contains(transports, "udp"):
	case slices.Contains(transports, "tcp"):
		parameter = ";transport=tcp"
	default:
		port, parameter = tlsPort, ";transport=tls"
	}
	return net.JoinHostPort(host, strconv.Itoa(port)) + parameter
}

// numberOf is a number of the first line, or its name where it takes any.
func numberOf(file config.File) string {
	if numbers := file.Numbers(file.Lines[0]); len(numbers) > 0 {
		return numbers[0]
	}
	return file.Lines[0].Name
}
