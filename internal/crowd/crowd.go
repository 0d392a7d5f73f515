// Package crowd makes a ledger as an evening of national attention leaves it: a
// cliff of calls and a tail of days, with some that come to nothing, some to
// review, some refused, and some answered while glennline was away. It is no part
// of the program: tests and measurements need one.
package crowd

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	_ "github.com/mattn/go-sqlite3" // by its name

	"glennline/petition"
	"glennline/petition/callid"
	"glennline/petition/sqlite"
)

// Config says which crowd.
type Config struct {
	Launch  time.Time // when it begins to call; hours are those of its zone
	Until   time.Time // when it is over
	Counted int       // signatures that count
	Seed    uint64    // the same makes the same calls
	// Again is the share, 0 to 1, of the calls from mobile telephones with a voice
	// that come from one which has called before, and whose signature is a duplicate.
	Again float64
}

// Make makes a database at path. It writes without syncing, and no recordings.
func Make(ctx context.Context, path string, cfg Config) (err error) {
	db, err := sqlite.Open(ctx, sqlite.Config{Path: path})
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	raw, err := sql.Open("sqlite3", "file:"+path+"?_synchronous=OFF&_cache_size=-100000")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, raw.Close()) }()
	raw.SetMaxOpenConns(1)
	tx, err := raw.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	c := &making{Config: cfg, ctx: ctx, tx: tx, random: rand.New(rand.NewPCG(cfg.Seed, 1)), repeated: rand.New(rand.NewPCG(cfg.Seed, 4)), prepared: map[string]*sql.Stmt{}}
	// How many calls that takes is known when they have been drawn once.
	calls := 0
	dry := cfg.drawing()
	for left := cfg.Counted; left > 0; calls++ {
		if dry.next().status == petition.StatusCounted {
			left--
		}
	}
	for range calls {
		c.times = append(c.times, c.when().UnixMilli())
	}
	slices.Sort(c.times)
	again := cfg.drawing()
	for range calls {
		if err := c.call(again.next()); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// drawing draws call after call.
type drawing struct {
	calls, repeats *rand.Rand
	again          float64
	voice, mobile  bool // there was a signature that counts, and one from a mobile telephone
}

func (cfg Config) drawing() *drawing {
	return &drawing{calls: rand.New(rand.NewPCG(cfg.Seed, 2)), repeats: rand.New(rand.NewPCG(cfg.Seed, 3)), again: cfg.Again}
}

func (w *drawing) next() drawn {
	d := draw(w.calls)
	mobile := d.class == "mobile" && d.known
	if d.status == petition.StatusDuplicate && !w.voice {
		d.status, d.why = petition.StatusCounted, petition.StatusReasonVoice
	}
	if d.status != petition.StatusCounted {
		return d
	}
	if w.again > 0 && mobile && w.mobile && w.repeats.Float64() < w.again {
		d.status, d.why = petition.StatusDuplicate, petition.StatusReasonSameMobile
		return d
	}
	w.voice, w.mobile = true, w.mobile || mobile
	return d
}

// making is a crowd on its way.
type making struct {
	Config
	ctx      context.Context //nolint:containedctx // it lives as long as Make
	tx       *sql.Tx
	random   *rand.Rand
	prepared map[string]*sql.Stmt
	times    []int64 // of all calls
	counted  []int   // calls whose signatures count, the first call being 1
	mobiles  []int   // of these, from mobile telephones that are known
	repeated *rand.Rand
	n        int
}

func (c *making) insert(query string, args ...any) error {
	stmt, ok := c.prepared[query]
	if !ok {
		var err error
		if stmt, err = c.tx.PrepareContext(c.ctx, query); err != nil {
			return err
		}
		c.prepared[query] = stmt
	}
	_, err := stmt.ExecContext(c.ctx, args...)
	return err
}

func hash(kind string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", kind, n))
	return hex.EncodeToString(sum[:])
}

// when is the moment of a call: half of them on the first evening, and of the
// rest each half a day later, by day more than by night.
func (c *making) when() time.Time {
	for {
		if at := c.anyTime(); at.Before(c.Until) {
			return at
		}
	}
}

func (c *making) anyTime() time.Time {
	if c.random.Float64() < 0.55 {
		return c.Launch.Add(time.Duration(c.random.ExpFloat64() * float64(70*time.Minute)))
	}
	at := c.Launch.Add(time.Duration(c.random.ExpFloat64() * float64(60*time.Hour)))
	if hour := at.Hour(); hour < 7 {
		at = at.Add(time.Duration(6+c.random.IntN(12)) * time.Hour)
	}
	return at
}

// drawn is what a call is, but for when.
type drawn struct {
	line, language string
	class          string
	known          bool // the caller
	ending         petition.Ending
	seconds        float64 // of the whole call
	speech         float64
	status         petition.Status // "" without a message
	why            string
	refused        string // the context in which another call was refused at the same time, "" for none
}

func draw(random *rand.Rand) drawn {
	d := drawn{line: "main", language: "fr", class: "mobile", known: true, seconds: 20 + 15*random.ExpFloat64()}
	d.speech = 1 + min(d.seconds-14, 4*random.ExpFloat64())
	if random.Float64() < 0.55 {
		d.line, d.language = "nederlands", "nl"
	}
	switch kind := random.Float64(); {
	case kind < 0.06:
		d.class, d.known = "withheld", false
	case kind < 0.2:
		d.class = "fixed"
	case kind < 0.21:
		d.class, d.known = "unknown", false
	}
	if random.Float64() < 0.005 {
		d.refused = []string{"full-calls", "full-disk", "unknown-number"}[random.IntN(3)]
	}
	reasons := []petition.Reason{petition.ReasonCaller, petition.ReasonCaller, petition.ReasonSilence, petition.ReasonKey}
	d.ending = petition.Ending{Result: petition.ResultMessage, Reason: reasons[random.IntN(4)]}
	switch luck := random.Float64(); {
	case luck < 0.08:
		d.ending = petition.Ending{Result: petition.ResultHungUp, Reason: petition.ReasonDuringNotice}
		d.known = false
		return d
	case luck < 0.1:
		d.ending = petition.Ending{Result: petition.ResultSilent, Reason: petition.ReasonSilence}
		return d
	case luck > 0.97:
		d.ending.Reason = petition.ReasonFallback
	}
	d.status, d.why = petition.StatusCounted, petition.StatusReasonVoice
	switch kind := random.Float64(); {
	case kind < 0.01:
		d.status, d.why, d.speech = petition.StatusBlank, petition.StatusReasonNoVoice, 0
	case kind < 0.03:
		d.status, d.why, d.speech = petition.StatusReview, petition.StatusReasonFaint, 0.1
	case kind < 0.06:
		d.status, d.why = petition.StatusDuplicate, petition.StatusReasonSameAudio
	case kind < 0.061:
		d.status, d.why = petition.StatusConfidential, petition.StatusReasonDecided
	case kind < 0.062:
		d.status, d.why = petition.StatusWithdrawn, petition.StatusReasonDecided
	}
	return d
}

// unique is the UNIQUEID of a call, the first one being 1, and id its ID.
func (c *making) unique(n int) string { return fmt.Sprintf("glennline-%d.%d", c.times[n-1]/1000, n) }

func (c *making) id(n int) string {
	return callid.Derive("glennline", c.unique(n), time.UnixMilli(c.times[n-1]).UTC())
}

func (c *making) call(d drawn) error {
	at := c.times[c.n]
	c.n++
	start, unique, id := time.UnixMilli(at).UTC(), c.unique(c.n), c.id(c.n)
	context := "call"
	if d.ending.Reason == petition.ReasonFallback {
		context = "fallback"
	}
	var errs []error
	insert := func(query string, args ...any) { errs = append(errs, c.insert(query, args...)) }
	insert(insertWitness, unique, at, at+100, at+20_000, context)
	if d.refused != "" {
		insert(insertWitness, unique+"9", at+5, nil, at+100, d.refused)
	}
	// Whoever repeats a call or a recording, repeats one that counts.
	line, audio, of := c.n, c.n, any(nil)
	switch d.why {
	case petition.StatusReasonSameMobile:
		line = c.earlier(c.mobiles)
		of = c.id(line)
	case petition.StatusReasonSameAudio:
		audio = c.earlier(c.counted)
		of = c.id(audio)
	}
	if d.status == petition.StatusCounted {
		c.counted = append(c.counted, c.n)
		if d.class == "mobile" && d.known {
			c.mobiles = append(c.mobiles, c.n)
		}
	}
	pseudonym, key := any(hash("line", line)), any("key")
	if !d.known {
		pseudonym, key = nil, nil
	}
	insert(insertCall, id, unique, d.line, at, d.class, pseudonym, key, at+100, at+int64(d.seconds*1000),
		string(d.ending.Result), string(d.ending.Reason))
	insert(insertConsent, id, d.language, d.ending.Result != petition.ResultHungUp)
	if d.status != "" {
		insert(insertVoice, id, start.Format("2006/01/02/")+id+".wav", hash("file", c.n), hash("audio", audio), d.seconds-12, d.speech)
		insert(insertSignature, id, string(d.status), d.why, of, at)
	}
	return errors.Join(errs...)
}

// earlier is one of some calls that came before this one, going by the clock.
func (c *making) earlier(calls []int) int {
	n := calls[c.repeated.IntN(len(calls))]
	for tries := 0; c.times[n-1] >= c.times[c.n-1] && tries < 100; tries++ {
		n = calls[c.repeated.IntN(len(calls))]
	}
	return n
}

const insertWitness = `
INSERT INTO witness (unique_id, started_at, answered_at, ended_at, context)
VALUES (?, ?, ?, ?, ?)`

const insertCall = `
INSERT INTO calls (id, system, unique_id, sip_call_id, line, dialled, started_at, caller_class, caller_pseudonym, caller_key_id,
	answered_at, ended_at, result, reason)
VALUES (?1, 'glennline', ?2, ?2, ?3, '+3225550100', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`

const insertConsent = `
INSERT INTO consents (call_id, notice, language, complete)
VALUES (?, '0123456789ab', ?, ?)`

const insertVoice = `
INSERT INTO voices (call_id, path, file_sha256, audio_sha256, seconds, speech_seconds, level_dbfs, peak_dbfs, clipped, repaired)
VALUES (?, ?, ?, ?, ?, ?, -20, -6, 0, 0)`

const insertSignature = `
INSERT INTO signatures (call_id, status, status_reason, duplicate_of, decided, own_status, own_reason, created_at, changed_at)
VALUES (?1, ?2, ?3, ?4, CASE ?3 WHEN 'decided' THEN ?2 END, CASE ?2 WHEN 'blank' THEN 'blank' WHEN 'review' THEN 'review' ELSE 'counted' END,
	CASE WHEN ?2 IN ('blank', 'review') THEN ?3 ELSE 'voice' END, ?5, ?5)`
