// Package reconcile joins what the ledger says, what lies on disk, and what
// Asterisk's own event log has seen. Every disagreement has a name; what is
// unambiguous is completed, the rest is moved aside or reported; nothing is
// ever deleted but what is left of people who were erased. Twice changes nothing.
//
// Nothing is touched while its channel may live. Asterisk is asked for that; out
// of reach, its log tells who has hung up, and of the others each may live until
// the longest possible call since its start is over.
package reconcile

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"glennline/ops/fallback"
	"glennline/ops/tombstone"
	"glennline/ops/witness"
	"glennline/petition"
	"glennline/petition/callid"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
)

// Config is what a run needs.
type Config struct {
	DB      *sqlite.DB
	Archive *archive.Archive
	Root    string // of the archive
	Spool   string // Asterisk's recording folder
	Witness witness.Log

	// Live gives the UNIQUEIDs of the channels that are in Asterisk now. An
	// error means that it cannot be reached.
	Live func(context.Context) (map[string]bool, error)
	// MaxCall is the longest that a call can last.
	MaxCall time.Duration
	// Unserved says that no process serves calls into this folder: nobody is
	// about to complete what has just ended.
	Unserved bool
	// Busy says whether this process is working on a call; nil for never.
	Busy func(callID string) bool
	// Fallback brings a recording in that the dialplan made by itself; nil
	// without the secret that callers' numbers are sealed with.
	Fallback func(ctx context.Context, path string) (fallback.Ingested, error)
	// OwnSpool says that nobody else records into Spool: what is none of ours
	// can be moved aside.
	OwnSpool bool

	Journal string // folder of the journal; "" where the running service replays it
	// Replay writes what waits in the journal to the database; nil where that is
	// for another process to do.
	Replay func(context.Context) error
	// Tombstones are the calls that were erased; nil for none.
	Tombstones *tombstone.Set
	// Thresholds say whether a voice is in a recording; those of the default if zero.
	Thresholds petition.Thresholds

	// Since, if not zero, leaves out what takes as long as there is: the files and
	// rows of calls that are over, and whatever Asterisk answered before it.
	Since        time.Time
	Apply        bool
	VerifyHashes bool
	CarrierList  string        // path of the carrier's list of calls; "" without one
	Found        func(Finding) // told of each finding; may be nil
	Progress     func(done int)
	Now          func() time.Time
	Log          *zap.Logger
}

// run is one run.
type run struct {
	Config
	report  Report
	live    map[string]bool // by UNIQUEID, and by the ID of the call that it would be
	reached bool            // Asterisk answered
	asked   time.Time       // when
	alone   map[string]bool // calls that this run leaves alone, by ID: no later step may come to another view
	told    map[string]bool // calls that a finding was about, by ID: one thing is told once
	done    int
}

// Run looks for disagreements and, with Apply, does what their actions say.
func Run(ctx context.Context, cfg Config) (Report, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	if err := cfg.readable(); err != nil {
		return Report{}, err
	}
	r := &run{Config: cfg, report: Report{Applied: cfg.Apply, Counts: make(map[Kind]int)}, alone: make(map[string]bool), told: make(map[string]bool)}
	steps := []func(context.Context) error{r.channels, r.witness, r.journal, r.erased, r.spool, r.open}
	if cfg.Since.IsZero() {
		steps = append(steps, r.voices, r.files, r.unexplained, r.unwitnessed, r.carrier)
	} else {
		steps = append(steps, r.unexplained)
	}
	for _, step := range append(steps, r.totals) {
		if err := step(ctx); err != nil {
			return r.report, err
		}
		if err := ctx.Err(); err != nil {
			return r.report, err
		}
	}
	return r.report, nil
}

// channels asks Asterisk what lives. It is asked before anything else is read:
// a call that is not there now and not ended in what is read later is over.
func (r *run) channels(ctx context.Context) error {
	if r.Live == nil {
		return nil
	}
	asked := r.Now()
	live, err := r.Live(ctx)
	if err != nil {
		r.Log.Info("asterisk cannot be asked what lives: calls are left alone until the longest is over", zap.Error(err))
		return nil
	}
	r.live, r.reached, r.asked = make(map[string]bool, 2*len(live)), true, asked
	for uniqueID := range live {
		r.live[uniqueID], r.live[callid.Derive(callid.System(uniqueID), uniqueID, asked)] = true, true
	}
	return nil
}

func (r *run) witness(ctx context.Context) error {
	if r.Witness.Path == "" {
		return nil
	}
	_, _, err := witness.Import(ctx, r.DB, r.Witness)
	if err == nil || r.Apply || !errors.Is(err, sqlite.ErrUnavailable) || errors.Is(err, sqlite.ErrCorrupt) {
		return err
	}
	// Who only looks makes do with what was brought in before.
	r.report.WitnessBehind, err = witness.Behind(ctx, r.DB, r.Witness)
	return err
}

// grace is how long a call that just left Asterisk may take to be completed by
// the process that served it.
const grace = 15 * time.Second

// over says whether a call can be touched: nobody is on it or will come to it,
// and Asterisk's log has said what it has to say. A call that cannot is counted
// and left alone by the rest of the run as well.
func (r *run) over(callID, uniqueID string, since time.Time, w petition.Witnessed) bool {
	if !r.alone[callID] && r.ended(callID, uniqueID, since, w) {
		return true
	}
	r.wait(Finding{CallID: callID, UniqueID: uniqueID, At: since})
	return false
}

// wait leaves a call, or a file that is none, alone, and tells of it once.
func (r *run) wait(f Finding) {
	if f.CallID != "" && r.alone[f.CallID] {
		return
	}
	r.alone[f.CallID] = f.CallID != ""
	f.Kind, f.Action = Waiting, "nothing now: it may still be alive"
	if f.CallID != "" {
		r.report.Waiting++
	} else {
		r.report.InUse++
		f.Action = "nothing now: somebody may be writing it"
	}
	if r.Found != nil {
		r.Found(f)
	}
}

// ended says whether a call is over and whoever served it has had the time to
// complete it; since is when it was last heard of.
func (r *run) ended(callID, uniqueID string, since time.Time, w petition.Witnessed) bool {
	quiet := r.Unserved || r.Now().Sub(since) > grace
	switch {
	case r.Busy != nil && r.Busy(callID):
		return false
	case r.reached && since.After(r.asked.Add(-time.Second)):
		return false // it may have come since Asterisk was asked
	case r.reached && (uniqueID != "" || r.Unserved):
		return !r.live[uniqueID] && !r.live[callID] && (quiet || r.Busy != nil && !w.EndedAt.IsZero())
	case !w.EndedAt.IsZero():
		return quiet
	default:
		return r.Now().Sub(began(callID, since, w)) > r.MaxCall+grace
	}
}

// began is when a call began. Asterisk ends each so long after that as the
// longest may last, whatever becomes of us.
func began(callID string, since time.Time, w petition.Witnessed) time.Time {
	if !w.StartedAt.IsZero() {
		return w.StartedAt
	}
	if at, ok := callid.Time(callID); ok && at.Before(since) {
		return at
	}
	return since
}

// deserted says that nothing can be in use: no call lives, and nobody is there to
// complete one.
func (r *run) deserted() bool { return r.Unserved && r.reached && len(r.live) == 0 }

// found reports a finding; act, if not nil, is what Apply does, and may say
// more of it. It returns whether that was done.
func (r *run) found(ctx context.Context, f Finding, act func(context.Context, *Finding) error) (done bool) {
	if act != nil && r.Apply {
		err := act(ctx, &f)
		if errors.Is(err, archive.ErrBusy) {
			r.wait(f) // Asterisk has the file open
			return false
		}
		if f.Done = err == nil; err != nil {
			f.Error = err.Error()
		}
	}
	if act != nil {
		r.report.Proposed++
	}
	r.report.Counts[f.Kind]++
	r.told[f.CallID] = f.CallID != ""
	if !f.Done {
		r.report.Left++
	}
	if r.Found != nil {
		r.Found(f)
	}
	return f.Done
}

func (r *run) tick() {
	r.done++
	if r.Progress != nil {
		r.Progress(r.done)
	}
}

// unexplained are the calls that Asterisk answered and we know nothing of: the
// caller hung up before anything was recorded.
func (r *run) unexplained(ctx context.Context) error {
	var missing []petition.Witnessed
	err := r.DB.Unexplained(ctx, r.Since, func(w petition.Witnessed) error {
		if len(missing) < maxPending {
			missing = append(missing, w)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, w := range missing {
		r.tick()
		call := witnessedCall(w)
		if r.told[call.ID] {
			continue
		}
		if !r.over(call.ID, w.UniqueID, latest(w), w) {
			continue
		}
		f := Finding{
			Kind: Unexplained, CallID: call.ID, UniqueID: w.UniqueID, At: w.AnsweredAt,
			Action: "write the call with the ending hung_up/early: answered, nothing recorded",
		}
		r.found(ctx, f, func(ctx context.Context, _ *Finding) error {
			ended := w.EndedAt
			if ended.IsZero() {
				ended = latest(w) // it died with Asterisk
			}
			_, err := r.DB.Settle(ctx, call, petition.Closing{
				CallID:     call.ID,
				Ending:     petition.Ending{Result: petition.ResultHungUp, Reason: petition.ReasonEarly},
				AnsweredAt: w.AnsweredAt,
				EndedAt:    ended,
			})
			return err
		})
	}
	return nil
}

// maxPending bounds what one run holds in memory; the next run takes the rest.
const maxPending = 50_000

func (r *run) unwitnessed(ctx context.Context) error {
	if r.report.WitnessBehind > 0 {
		return nil // it was not heard
	}
	return r.DB.Unwitnessed(ctx, func(row sqlite.CallRow) error {
		r.tick()
		if r.Now().Sub(row.Closing.EndedAt) < grace {
			return nil // its record may still be on its way
		}
		r.found(ctx, Finding{
			Kind: Unwitnessed, CallID: row.Call.ID, UniqueID: row.Call.UniqueID, At: row.Call.StartedAt,
			Action: "nothing: look whether an event log is missing",
		}, nil)
		return nil
	})
}

func (r *run) totals(ctx context.Context) error {
	t, err := r.DB.WitnessTotals(ctx)
	files, carried := r.report.Totals.Files, r.report.Totals.Carried
	r.report.Totals = Totals{
		Witnessed: t.Channels, Answered: t.Answered, Fallback: t.Fallback, Refused: t.Refused, RefusedFor: t.RefusedFor,
		Calls: t.Calls, Signatures: t.Signatures, Files: files, Carried: carried,
	}
	return err
}

func latest(w petition.Witnessed) time.Time {
	at := w.StartedAt
	for _, t := range []time.Time{w.AnsweredAt, w.EndedAt} {
		if t.After(at) {
			at = t
		}
	}
	return at
}
