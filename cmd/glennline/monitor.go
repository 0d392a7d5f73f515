package main

import (
	"context"
	"fmt"
	"maps"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"glennline/ari"
	"glennline/asterisk-conf/pbx"
	"glennline/config"
	"glennline/ops/disk"
	"glennline/ops/metrics"
	"glennline/ops/reconcile"
	"glennline/petition"
	"glennline/voicemail"
)

// monitor is what the service tells over HTTP.
type monitor struct {
	service *service
	client  *ari.Client
	here    *beacon
	metrics *metrics.Metrics
	totals  atomic.Pointer[reconcile.Totals] // of the last look
	asked   *carriers
}

// monitored has the service's script tell what it does, if anybody may ask.
func (s *service) monitored() *monitor {
	m := &monitor{service: s}
	if s.file.Monitor.Listen == "" {
		return m
	}
	lines := make([]string, 0, len(s.file.Lines))
	for _, line := range s.file.Lines {
		lines = append(lines, line.Name)
	}
	m.metrics = metrics.New(version, lines, metrics.Source{
		Edge: m.edge, Ledger: m.ledger, Figure: m.figure, Witness: m.witness,
		State: func() string { return m.here.says() }, Free: m.free,
		Trunks: m.trunks,
	})
	m.asked = &carriers{log: s.log.Named("monitor"), ask: func(ctx context.Context, trunk config.Trunk) error {
		_, _, err := askCarrier(ctx, s.file, trunk)
		return err
	}}
	s.script.Ledger = m.metrics.Ledger(s.ledger)
	others := s.script.Observe
	s.script.Observe = func(step voicemail.Step) {
		m.metrics.Observe(step)
		if others != nil {
			others(step)
		}
	}
	return m
}

// run answers until ctx ends. That it cannot is no reason not to take calls.
func (m *monitor) run(ctx context.Context) {
	if m.metrics == nil {
		return
	}
	log, at := m.service.log.Named("monitor"), m.service.file.Monitor.Listen
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", at)
	if err != nil {
		log.Error("nothing is told over HTTP: free the address or set monitor.listen to another", zap.Error(err))
		return
	}
	log.Info("told over HTTP: /healthz /readyz /metrics", zap.String("at", at))
	var asking sync.WaitGroup
	defer asking.Wait()
	asking.Go(func() { m.asked.run(ctx, m.service.file.Trunks) })
	server := &metrics.Server{Metrics: m.metrics, Ready: m.ready, Pprof: m.service.file.Monitor.Pprof}
	if err := server.Serve(ctx, listener); err != nil {
		log.Error("nothing is told over HTTP any more", zap.Error(err))
	}
}

// reconciled takes the outcome of a look: what is left is told by one at
// everything alone.
func (m *monitor) reconciled(report reconcile.Report, repaired map[reconcile.Kind]int, everything bool) {
	totals := report.Totals
	m.totals.Store(&totals)
	if m.metrics == nil {
		return
	}
	for kind, n := range repaired {
		m.metrics.Repaired(string(kind), n)
	}
	if !everything {
		return
	}
	left := map[string]int{}
	for kind, n := range report.Counts {
		left[string(kind)] = n - repaired[kind]
	}
	m.metrics.Reconciled(left, time.Now())
}

func (m *monitor) edge() metrics.Edge {
	s := m.client.Stats()
	return metrics.Edge{
		Connected: s.Connections > 0, Connects: s.Connects, Calls: s.Calls,
		Events: s.Events, Backlog: m.client.Backlog(), Unrouted: s.Unrouted, Undecodable: s.Undecodable,
		Requests: s.Requests, RequestsUnanswered: s.RequestsLost, Vanished: s.Vanished,
		Failed: map[string]int64{"answer": s.AnswerErrors, "play": s.PlayErrors, "record": s.RecordErrors, "hangup": s.HangupErrors},
	}
}

func (m *monitor) ledger() metrics.Ledger {
	return metrics.Ledger{Database: m.service.ledger.Up(), Journal: m.service.ledger.Waiting()}
}

// figureTimeout is how long whoever asks waits for a database that is busy.
const figureTimeout = time.Second

func (m *monitor) figure() (petition.Figure, bool) {
	db := m.service.ledger.DB()
	if db == nil {
		return petition.Figure{}, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), figureTimeout)
	defer cancel()
	figure, err := db.Figure(ctx)
	return figure, err == nil
}

func (m *monitor) witness() metrics.Witness {
	if t := m.totals.Load(); t != nil {
		return metrics.Witness{Answered: t.Answered, Fallback: t.Fallback, Refused: t.RefusedFor}
	}
	return metrics.Witness{}
}

// free is the room on the disks of data and spool.
func (m *monitor) free() map[string]uint64 {
	room := map[string]uint64{}
	for name, folder := range map[string]string{"data": string(m.service.dir), "spool": m.service.spool} {
		if free, err := disk.Free(folder); err == nil {
			room[name] = free
		}
	}
	return room
}

// trunks says of the trunks that register whether they are, and of those that are
// asked by OPTIONS whether they answer. Of the others nobody knows.
func (m *monitor) trunks() map[string]bool {
	up := m.asked.state()
	if up == nil {
		up = make(map[string]bool)
	}
	maps.Copy(up, m.registered())
	return up
}

// registered is about the trunks that register; nil where nobody can tell.
func (m *monitor) registered() map[string]bool {
	up := map[string]bool{}
	for _, trunk := range m.service.file.Trunks {
		if trunk.Type == config.TrunkRegister {
			up[trunk.Name] = false
		}
	}
	if len(up) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), figureTimeout)
	defer cancel()
	all, err := pbx.Registrations(ctx, pbx.ControlSocket(m.service.dir.Asterisk()))
	if err != nil {
		return nil // an Asterisk that is not ours
	}
	for _, r := range all {
		if _, ours := up[r.Section]; ours {
			up[r.Section] = r.Status == pbx.Registered
		}
	}
	return up
}

// ready says what there has to be for calls to be taken. That the database
// cannot be written is none of it: the journal is there for that.
func (m *monitor) ready() []metrics.Check {
	connected, state, ledger := m.client.Connected(), m.here.says(), m.ledger()
	checks := []metrics.Check{
		{Name: "asterisk", OK: connected, Fatal: true, Says: choose(connected, "its events arrive", "no connection: the dialplan answers by itself")},
		{Name: "state", OK: state == "accept", Fatal: true, Says: state},
		{Name: "ledger", OK: ledger.Database, Says: choose(ledger.Database, "the database takes rows", fmt.Sprintf("the journal takes rows; %d wait for the database", ledger.Journal))},
	}
	room, least := m.free(), leastRoom(m.service.file)
	for _, name := range []string{"data", "spool"} {
		n, known := room[name]
		checks = append(checks, metrics.Check{
			Name: "disk of " + name, OK: known && n >= least, Fatal: true,
			Says: choose(known, fmt.Sprintf("%d MiB left, %d are needed", n>>20, least>>20), "cannot be looked at"),
		})
	}
	spool := metrics.Check{Name: "spool", OK: true, Fatal: true, Says: "recordings can be written"}
	if err := disk.Writable(today(m.service.spool)); err != nil {
		spool.OK, spool.Says = false, "asterisk cannot record: "+err.Error()
	}
	return append(checks, spool)
}

func choose(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}
