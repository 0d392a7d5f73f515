package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "github.com/mattn/go-sqlite3" // by its name

	"glennline/softphone"
	"glennline/softphone/audio"
)

// probesPerRun are placed beside SIPp's calls by a caller that listens: SIPp
// tells neither what it hears nor when.
const probesPerRun = 5

// probe is what such a caller saw, in milliseconds.
type probe struct {
	ToAnswer float64 `json:"invite_to_200_ms"`
	// ToPrompt is from the answer to the arrival of the first prompt's first
	// sample, ToBeep from that of the notice's last sample to that of the
	// beep's first one, by the clock and not by RTP's timestamps.
	ToPrompt float64 `json:"answer_to_prompt_ms"`
	ToBeep   float64 `json:"prompt_to_beep_ms"`
	// ToCommit is from the sending of the BYE until the ending stands in the
	// database for other processes, asked every commitTick. Glennline's alone.
	ToCommit float64 `json:"hangup_to_commit_ms,omitempty"`
	Error    string  `json:"error,omitempty"`   // why the call is lost
	Unheard  string  `json:"unheard,omitempty"` // what it did not find in what it heard, as when packets were lost: no times

	callID string
}

// probeVoices keeps what probes say apart from what SIPp's callers say.
const probeVoices = 1_000_000

const commitTick = 5 * time.Millisecond

// prober places probes.
type prober struct {
	uri          string // of the line, without the number
	speech       []byte // A-law
	name, notice *track
	beep         []byte
	database     *sql.DB
	placed       int
}

func newProber(l *line, speech []byte) (*prober, error) {
	p := &prober{uri: l.sip, speech: speech}
	set, err := l.promptSet()
	if err != nil {
		return nil, err
	}
	for name, to := range map[string]**track{"name": &p.name, "notice": &p.notice} {
		said, err := os.ReadFile(filepath.Join(set, name+".alaw"))
		if err != nil {
			return nil, err
		}
		*to = newTrack(said, false)
	}
	if p.beep, err = os.ReadFile(filepath.Join(set, "beep.alaw")); err != nil {
		return nil, err
	}
	p.database, err = sql.Open("sqlite3", "file:"+l.data.Database()+"?mode=ro")
	return p, err
}

func (p *prober) close() error { return p.database.Close() }

// place makes the probes of a run: in the second half of the time in which SIPp
// places its calls, when as many are there as the load means or nearly.
func (p *prober) place(ctx context.Context, who contestant, l load, placing time.Duration) []probe {
	probes := make([]probe, probesPerRun)
	var wait sync.WaitGroup
	for n := range probes {
		p.placed++
		caller := p.placed
		after := placing/2 + time.Duration(n)*placing/2/probesPerRun
		wait.Go(func() {
			select {
			case <-time.After(after):
				probes[n] = p.call(ctx, who, l.Length, caller)
			case <-ctx.Done():
				probes[n].Error = ctx.Err().Error()
			}
		})
	}
	wait.Wait()
	return probes
}

// call makes one.
func (p *prober) call(ctx context.Context, who contestant, length time.Duration, caller int) probe {
	var answered time.Time
	committed := make(chan time.Time, 1)
	watching := false
	script := softphone.Script{
		To: "sip:" + who.number() + "@" + p.uri, From: fmt.Sprintf("+32256%05d", caller%100000),
		Say: audio.ALaw.Decode(nil, lasting(turn(p.speech, probeVoices+caller, length), length)), SayAt: softphone.AfterAnswer,
		HangupAt: softphone.AfterAnswer, HangupAfter: length,
		OnEvent: func(e softphone.Event) {
			if e.Kind != softphone.Answered {
				return
			}
			answered = e.At
			if who == withGlennline {
				watching = true
				go func() { committed <- p.committed(ctx, e.CallID, e.At.Add(length-100*time.Millisecond)) }()
			}
		},
	}
	heard, err := softphone.Call(ctx, softphone.Config{BindHost: "127.0.0.1"}, script)
	got := p.judge(heard)
	got.callID = heard.CallID
	switch {
	case err != nil:
		got.Error = err.Error()
	case heard.Status != 200:
		got.Error = fmt.Sprintf("status %d", heard.Status)
	case heard.Ended != softphone.EndedCaller:
		got.Error = "ended by " + string(heard.Ended)
	}
	if watching {
		if at := <-committed; at.IsZero() {
			got.Error = "not committed"
		} else {
			got.ToCommit = millis(at.Sub(answered.Add(heard.Length)))
		}
	}
	return got
}

// judge looks for the prompts in what was heard.
func (p *prober) judge(r softphone.Report) probe {
	got := probe{ToAnswer: millis(r.AnswerTime)}
	heard := alaw(r.Heard)
	at, in, ok := p.name.find(heard, 0)
	if !ok {
		got.Unheard = "heard no name"
		return got
	}
	got.ToPrompt = millis(arrival(r.Arrivals, at-in))
	if at, in, ok = p.notice.findLast(heard); !ok {
		got.Unheard = "heard no notice"
		return got
	}
	end := min(at-in+len(p.notice.bytes), len(heard)) // one behind the last sample
	// The beep is periodic: only its beginning stands in one place.
	beep := bytes.Index(heard[end:], p.beep[:min(len(p.beep), 160)])
	if beep < 0 {
		got.Unheard = "heard no beep"
		return got
	}
	got.ToBeep = millis(arrival(r.Arrivals, end+beep) - arrival(r.Arrivals, end-1) - time.Second/sampleRate)
	return got
}

// arrival is when a sample came: a packet's samples one after the other from
// the moment of its arrival on.
func arrival(arrivals []softphone.Arrival, sample int) time.Duration {
	var packet softphone.Arrival
	for _, a := range arrivals {
		if a.Sample <= sample && a.Sample >= packet.Sample {
			packet = a
		}
	}
	return packet.At + time.Duration(sample-packet.Sample)*time.Second/sampleRate
}

// committed is when the ending of a call was seen in the database, asked from a
// moment on; zero if it was not within settleLimit.
func (p *prober) committed(ctx context.Context, callID string, from time.Time) time.Time {
	ctx, cancel := context.WithDeadline(ctx, from.Add(settleLimit))
	defer cancel()
	var id string
	err := p.database.QueryRowContext(ctx,
		`SELECT id FROM calls WHERE started_at > ? AND sip_call_id = ? ORDER BY id`,
		time.Now().Add(-time.Minute).UnixMilli(), callID).Scan(&id)
	if err != nil {
		return time.Time{}
	}
	select {
	case <-time.After(time.Until(from)):
	case <-ctx.Done():
		return time.Time{}
	}
	tick := time.NewTicker(commitTick)
	defer tick.Stop()
	for {
		var ended bool
		err := p.database.QueryRowContext(ctx, `SELECT ended_at IS NOT NULL FROM calls WHERE id = ? ORDER BY 1`, id).Scan(&ended)
		if err == nil && ended {
			return time.Now()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return time.Time{}
		}
	}
}
