package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"go.uber.org/zap"

	"glennline/ari"
	"glennline/config"
	"glennline/ops/datadir"
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
	db      *sqlite.DB
	library *prompts.Library
	script  *voicemail.Script
}

// openService opens the data folder and everything in it. spool is where the
// Asterisk at hand records.
func openService(ctx context.Context, file config.File, spool func(datadir.Dir) string, log *zap.Logger) (_ *service, err error) {
	s := &service{file: file, log: log}
	if s.dir, err = datadir.Create(file.Data); err != nil {
		return nil, err
	}
	if s.unlock, err = s.dir.Lock(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.library, err = openPrompts(file, s.dir.Prompts(), log); err != nil {
		return nil, usage(err)
	}
	secret, err := caller.OpenSecret(s.dir.Secret())
	if err != nil {
		return nil, err
	}
	if s.db, err = sqlite.Open(ctx, sqlite.Config{Path: s.dir.Database(), Log: log.Named("sqlite")}); err != nil {
		return nil, err
	}
	if err := s.db.BindSecret(ctx, secret.ID, secret.Check()); err != nil {
		return nil, err
	}
	store, err := archive.Open(s.dir.Archive(), s.dir.Quarantine())
	if err != nil {
		return nil, err
	}
	lines, err := directory(file)
	if err != nil {
		return nil, usage(err)
	}
	s.script = &voicemail.Script{
		Ledger:  s.db,
		Store:   store,
		Prompts: s.library,
		Lines:   lines,
		Identify: func(number, presentation, region string) petition.Caller {
			return caller.Identify(secret, number, presentation, region)
		},
		Spool: spool(s.dir),
		Log:   log.Named("voicemail"),
	}
	return s, nil
}

// close lets go of the data folder.
func (s *service) close() {
	if s.db != nil {
		if err := s.db.Close(); err != nil {
			s.log.Error("database could not be closed", zap.Error(err))
		}
	}
	s.unlock()
}

// openPrompts checks and loads every line's prompts.
func openPrompts(file config.File, cache string, log *zap.Logger) (*prompts.Library, error) {
	var sources []prompts.LineSource
	for _, line := range file.Lines {
		sources = append(sources, prompts.LineSource{Name: line.Name, Language: line.Language, Dir: line.Prompts})
	}
	return prompts.Open(prompts.Config{Lines: sources, Cache: cache, Log: log.Named("prompts")})
}

// directory maps the configured lines to those of the script.
func directory(file config.File) (*voicemail.Lines, error) {
	var sources []voicemail.Source
	for _, source := range file.DialledFrom {
		sources = append(sources, voicemail.Source(source))
	}
	lines := voicemail.NewLines(sources, file.Region, caller.E164)
	for _, line := range file.Lines {
		err := lines.Add(voicemail.Line{
			Name:       line.Name,
			Region:     file.RegionOf(line),
			RingFor:    line.RingFor,
			MaxMessage: line.Limits.Message,
			MaxSilence: line.Limits.Silence,
			EndKey:     line.Limits.EndKey,
		}, line.CatchAll, file.Numbers(line)...)
		if err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// answer takes calls until the context ends; then it takes no more, waits
// until those in progress are over, and returns. Closing abort ends the wait.
func (s *service) answer(ctx context.Context, abort <-chan struct{}, cfg ari.Config, out io.Writer) error {
	var ready sync.Once
	cfg.Log = s.log.Named("ari")
	cfg.OnConnect = func(context.Context) {
		ready.Do(func() { fmt.Fprintln(out, "ready "+s.address()) })
	}
	client, err := ari.New(cfg)
	if err != nil {
		return err
	}
	defer client.Close()
	work, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var others sync.WaitGroup
	defer others.Wait()
	others.Go(func() { s.library.Watch(work) })
	others.Go(func() {
		defer end()
		s.drain(ctx, work, abort, client)
	})
	defer end()
	return client.Run(work, func(work context.Context, call *ari.Call, arrival voicemail.Arrival) {
		if ctx.Err() != nil {
			_ = call.Hangup(work, voicemail.HangupCongestion)
			return
		}
		s.script.Serve(work, call, arrival)
	})
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
		s.log.Info("finishing the calls in progress", zap.Int64("calls", calls))
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for client.Stats().Calls > 0 {
		select {
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
func (s *service) address() string {
	number := s.file.Lines[0].Name
	if numbers := s.file.Numbers(s.file.Lines[0]); len(numbers) > 0 {
		number = numbers[0]
	}
	host := s.file.SIP.Host
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "sip:" + number + "@" + net.JoinHostPort(host, strconv.Itoa(s.file.SIP.Port))
}
