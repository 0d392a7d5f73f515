package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	asteriskconf "glennline/asterisk-conf"
	"glennline/ops/doctor"
	"glennline/petition"
	"glennline/petition/sqlite"
	"glennline/softphone"
	"glennline/softphone/audio"
	"glennline/voicemail/wav"
)

// call places a real call through the running line and looks at what became of
// it.
func (x *examination) call(ctx context.Context) {
	const name = "call"
	if err := runHealth(ctx, x.file, new(strings.Builder)); err != nil {
		x.report.Add(doctor.Bad(name, "not placed: "+oneLine(err), "start the line, and try again"))
		return
	}
	sip := asteriskconf.SIP{Host: x.file.SIP.Host, Port: x.file.SIP.Port}
	address, transport := sip.ProbeTarget(x.file.Transports())
	to := fmt.Sprintf("sip:%s@%s;transport=%s", numberOf(x.file), address, transport)
	db, err := sqlite.Open(ctx, sqlite.Config{Path: x.dir.Database(), ReadOnly: true})
	if err != nil {
		x.report.Add(doctor.Bad(name, "not placed: "+oneLine(err), "put the database right first"))
		return
	}
	defer db.Close()
	token := tokenPrefix + rand.Text()
	if err := x.leaveToken(token); err != nil {
		x.report.Add(doctor.Bad(name, "not placed: "+oneLine(err), "run doctor as the user that runs glennline"))
		return
	}
	defer os.Remove(x.dir.TestToken()) // there only if it was not used
	before, err := db.Figure(ctx)
	if err != nil {
		x.report.Add(doctor.Bad(name, "not placed: "+oneLine(err), "put the database right first"))
		return
	}
	began := time.Now()
	said := sweep()
	heard, err := softphone.Call(ctx, softphone.Config{BindHost: asteriskconf.ProbeAddress(x.file.SIP.Host)}, softphone.Script{To: to, From: token, Say: said, SayDelay: 200 * time.Millisecond, AnswerWithin: 30 * time.Second})
	if err == nil {
		err = judgeCall(heard, len(said))
	}
	if err != nil {
		do := "see glennline's log"
		if heard.Status == 401 || heard.Status == 403 {
			do = "its Asterisk knows no test calls: start the line anew, or render the fragment anew and reload it"
		}
		x.report.Add(doctor.Bad(name, oneLine(err), do))
		return
	}
	x.report.Add(doctor.Good(name, fmt.Sprintf("answered after %.2f s, beep after %.1f s, %.1f s said", heard.AnswerTime.Seconds(), heard.Beep().Seconds(), float64(len(said))/audio.Rate)))
	if heard.FirstAudio < 0 || heard.FirstAudio > heard.Beep()-time.Second {
		x.report.Add(doctor.Bad("notice", "nothing was heard before the beep", "listen to the line's prompts"))
	} else {
		x.report.Add(doctor.Good("notice", fmt.Sprintf("heard, %.1f dBFS in all", audio.LevelDB(heard.Heard))))
	}
	x.stored(ctx, db, heard.CallID, began, said)
	x.uncounted(ctx, db, before)
}

// leaveToken writes the token where the service looks, for its user.
func (x *examination) leaveToken(token string) error {
	path := x.dir.TestToken()
	_ = os.Remove(path) // one that was not used
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(token)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = sameOwner(string(x.dir), path)
	}
	return err
}

// sweep is three seconds that no other recording has: a sweep over the
// telephone's band, from a pitch of chance.
func sweep() []int16 {
	samples := make([]int16, 3*audio.Rate)
	from, phase := 300+200*mathrand.Float64(), 0.0
	for i := range samples {
		at := float64(i) / float64(len(samples))
		phase += 2 * math.Pi * (from + 2500*at) / audio.Rate
		samples[i] = int16(8000 * math.Sin(phase))
	}
	return samples
}

// storedWithin is how long the line may take to have a message in the ledger.
const storedWithin = 10 * time.Second

// alike is how far the stored audio must be what was sent: G.711 there and back
// leaves about 0.999.
const alike = 0.98

func (x *examination) stored(ctx context.Context, db *sqlite.DB, callID string, began time.Time, said []int16) {
	const name, do = "recording", "see glennline's log, and 'glennline reconcile'"
	ctx, cancel := context.WithTimeout(ctx, storedWithin)
	defer cancel()
	var row *sqlite.CallRow
	for row == nil && ctx.Err() == nil {
		err := db.Calls(ctx, sqlite.Filter{Since: began.Add(-time.Minute)}, func(r sqlite.CallRow) error {
			if r.Call.SIPCallID == callID && r.Closing != nil {
				row = &r
			}
			return nil
		})
		if err != nil {
			break
		}
		if row == nil {
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	switch {
	case row == nil:
		x.report.Add(doctor.Bad(name, fmt.Sprintf("nothing of the call is in the database after %s", storedWithin), do))
		return
	case row.Signature == nil || row.Closing.Voice == nil:
		x.report.Add(doctor.Bad(name, "none was kept: "+row.Closing.Ending.String(), do))
		return
	}
	kept, err := wav.Read(filepath.Join(x.dir.Archive(), row.Closing.Voice.Path))
	if err != nil {
		x.report.Add(doctor.Bad(name, oneLine(err), do))
		return
	}
	c := audio.Compare(said, kept.Samples, kept.Rate)
	found := fmt.Sprintf("%s: correlation %.4f with what was said, %.0f%% of it there", row.Call.ID, c.Correlation, 100*c.Covered)
	if c.Correlation < alike || c.Covered < alike {
		x.report.Add(doctor.Bad(name, found, "look for packets that are lost on this machine, and its load"))
	} else {
		x.report.Add(doctor.Good(name, found))
	}
	if row.Signature.Status != petition.StatusTest {
		x.report.Add(doctor.Bad("status", fmt.Sprintf("it is %s, not test", row.Signature.Status),
			fmt.Sprintf("glennline set %s --status test --reason doctor; then see whether the line runs this version, in this data folder", row.Call.ID)))
		return
	}
	x.report.Add(doctor.Good("status", "test"))
}

// uncounted looks whether the figure is what it was, but for the test.
func (x *examination) uncounted(ctx context.Context, db *sqlite.DB, before petition.Figure) {
	const name = "count"
	after, err := db.Figure(ctx)
	switch want := before; {
	case err != nil:
		x.report.Add(doctor.Bad(name, oneLine(err), "put the database right"))
	case after.Calls != before.Calls+1:
		x.report.Add(doctor.Good(name, fmt.Sprintf("not compared: %s came meanwhile", several(after.Calls-before.Calls-1, "call"))))
	default:
		want.Calls, want.Messages, want.Test = after.Calls, after.Messages, before.Test+1
		if after != want {
			x.report.Add(doctor.Bad(name, fmt.Sprintf("the call was counted: %d counted before, %d after", before.Counted, after.Counted), "see 'glennline count'"))
			return
		}
		x.report.Add(doctor.Good(name, fmt.Sprintf("still %d; one more test, %d in all", after.Counted, after.Test)))
	}
}
