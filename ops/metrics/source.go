package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"glennline/petition"
)

// Source is where that comes from which is looked at only when somebody asks.
// Its functions may be called at any time from any goroutine, and must be quick;
// all must be set.
type Source struct {
	Edge    func() Edge
	Ledger  func() Ledger
	Figure  func() (petition.Figure, bool) // false while the database is out of reach
	Witness func() Witness
	State   func() string            // accept, drain, full or closed; see the dialplan
	Free    func() map[string]uint64 // bytes that are left on the disk, by what lies there
	Trunks  func() map[string]bool   // whether it is registered, or answers OPTIONS, by trunk; without those of which nobody can tell
}

// Edge is the connection to Asterisk; see ari.Stats.
type Edge struct {
	Connected          bool
	Connects           int64
	Calls              int64 // in progress
	Events             int64
	Backlog            int64 // bytes of events that wait in the socket
	Unrouted           int64 // events for no call
	Undecodable        int64 // events
	Requests           int64
	RequestsUnanswered int64
	Failed             map[string]int64 // steps that failed, by step
	Vanished           int64            // calls whose end nobody told
}

// Ledger is where calls are written.
type Ledger struct {
	Database bool // it takes rows now
	Journal  int  // entries that wait for it in a file
}

// Witness is what Asterisk's own records say, as of the last look.
type Witness struct {
	Answered int // calls
	Fallback int // of these, by the dialplan itself
	// Refused are calls by why there was no room for them: see petition.WantOfRoom.
	Refused map[petition.Way]int
}

// pulled asks the source.
type pulled struct{ Source }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

var (
	active      = desc("calls_active", "Calls that glennline serves now; those that the dialplan answers by itself are not among them.")
	signatures  = desc("signatures", "Signatures, by what they count for.", "status")
	callsKept   = desc("calls_recorded", "Calls in the database, whoever answered them.")
	answered    = desc("witness_answered_calls", "Calls that were answered, by Asterisk's own records, as of the last look.")
	fallback    = desc("witness_fallback_calls", "Calls that the dialplan answered by itself, because glennline was away, by Asterisk's own records, as of the last look.")
	refused     = desc("witness_refused_calls", "Calls that were refused before the answer for want of room, by Asterisk's own records, as of the last look.", "reason")
	connected   = desc("ari_connected", "1 while Asterisk's events arrive.")
	connects    = desc("ari_connects_total", "Times the socket to Asterisk was connected; the first counts.")
	events      = desc("ari_events_total", "Events from Asterisk.")
	backlog     = desc("ari_events_queued_bytes", "Bytes of events that wait in the socket; there is no other queue.")
	unrouted    = desc("ari_events_unrouted_total", "Events for no call that is served, and repeated ones.")
	undecodable = desc("ari_events_undecodable_total", "Events that could not be understood.")
	requests    = desc("ari_requests_total", "Requests to Asterisk.")
	unanswered  = desc("ari_requests_unanswered_total", "Requests to Asterisk without a whole answer.")
	failed      = desc("ari_step_errors_total", "Steps of calls that failed, other than by the caller's hanging up.", "step")
	vanished    = desc("ari_calls_vanished_total", "Calls whose end was found and not told.")
	database    = desc("database_writable", "1 while the database takes rows; 0: they go to the journal.")
	waiting     = desc("journal_entries", "Rows that wait in the journal for the database.")
	state       = desc("state", "1 for what glennline wants done with new calls; drain: the dialplan answers by itself, full: they are refused.", "state")
	free        = desc("disk_free_bytes", "Room on the disk, by what lies there.", "folder")
	trunkUp     = desc("trunk_up", "1 while a trunk is registered or, where it does not register, its server answers OPTIONS; absent where neither is known.", "trunk")
)

// Describe is the collector's.
func (p *pulled) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		active, signatures, callsKept, answered, fallback, refused, connected, connects, events, backlog, unrouted,
		undecodable, requests, unanswered, failed, vanished, database, waiting, state, free, trunkUp,
	} {
		to <- d
	}
}

// Collect is the collector's.
func (p *pulled) Collect(to chan<- prometheus.Metric) {
	tell := func(d *prometheus.Desc, kind prometheus.ValueType, n float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, n, labels...)
	}
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	edge := p.Edge()
	tell(active, gauge, float64(edge.Calls))
	tell(connected, gauge, yes(edge.Connected))
	tell(connects, counter, float64(edge.Connects))
	tell(events, counter, float64(edge.Events))
	tell(backlog, gauge, float64(edge.Backlog))
	tell(unrouted, counter, float64(edge.Unrouted))
	tell(undecodable, counter, float64(edge.Undecodable))
	tell(requests, counter, float64(edge.Requests))
	tell(unanswered, counter, float64(edge.RequestsUnanswered))
	tell(vanished, counter, float64(edge.Vanished))
	for step, n := range edge.Failed {
		tell(failed, counter, float64(n), step)
	}
	ledger := p.Ledger()
	tell(database, gauge, yes(ledger.Database))
	tell(waiting, gauge, float64(ledger.Journal))
	if figure, ok := p.Figure(); ok {
		tell(callsKept, gauge, float64(figure.Calls))
		for _, status := range petition.Statuses {
			tell(signatures, gauge, float64(*figure.Of(status)), string(status))
		}
	}
	witness := p.Witness()
	tell(answered, gauge, float64(witness.Answered))
	tell(fallback, gauge, float64(witness.Fallback))
	for _, way := range petition.WantOfRoom() {
		tell(refused, gauge, float64(witness.Refused[way]), string(way))
	}
	now := p.State()
	for _, s := range []string{"accept", "drain", "full", "closed"} {
		tell(state, gauge, yes(s == now), s)
	}
	for folder, n := range p.Free() {
		tell(free, gauge, float64(n), folder)
	}
	for name, up := range p.Trunks() {
		tell(trunkUp, gauge, yes(up), name)
	}
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
