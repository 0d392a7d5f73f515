package softphone

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"glennline/softphone/audio"
)

// result is what Call returned.
type result struct {
	Report
	err error
}

// place starts a call; the result comes when it is over.
func place(t *testing.T, ctx context.Context, s Script) <-chan result {
	t.Helper()
	done := make(chan result, 1)
	go func() {
		r, err := Call(ctx, Config{}, s)
		done <- result{r, err}
	}()
	return done
}

func wait(t *testing.T, done <-chan result) result {
	t.Helper()
	select {
	case r := <-done:
		return r
	case <-time.After(patience):
		t.Fatal("the call does not end")
		return result{}
	}
}

// said puts what came from the caller in order by timestamp.
func said(packets []arrival) []int16 {
	var out []int16
	for _, p := range packets {
		if p.PayloadType != 8 {
			continue
		}
		at := int(p.Timestamp - packets[0].Timestamp)
		if more := at + len(p.Payload) - len(out); more > 0 {
			out = append(out, make([]int16, more)...)
		}
		copy(out[at:], audio.ALaw.Decode(nil, p.Payload))
	}
	return out
}

func TestCallSpeaksAfterTheBeep(t *testing.T) {
	f := newFarEnd(t)
	message := babble(1, 8000)
	var kinds []Kind
	var callID string
	rang := make(chan struct{})
	done := place(t, t.Context(), Script{
		To: f.uri(), Say: message,
		OnEvent: func(e Event) {
			kinds = append(kinds, e.Kind)
			callID += e.CallID
			if e.Kind == Ringing {
				close(rang)
			}
		},
	})
	invite := f.expect("INVITE")
	f.respond(invite, "180 Ringing", "")
	<-rang // what comes in one breath may change places in sipgo
	f.respond(invite, "200 OK", f.sdp("8 101"), f.contact())
	f.expect("ACK")
	notice, beep := babble(2, 4000), beepTone(1000, 3200)
	f.play(invite, join(notice, beep))
	beepOver := time.Now()
	f.takeBye()
	r := wait(t, done)

	if r.err != nil || r.Ended != EndedCaller || r.Status != 200 || !slices.Equal(r.Provisional, []int{180}) {
		t.Fatalf("got %v, ended %s with %d after %v", r.err, r.Ended, r.Status, r.Provisional)
	}
	if r.CallID != invite.header("Call-ID") || callID != r.CallID {
		t.Errorf("Call-ID %q, at the answer %q; want %q", r.CallID, callID, invite.header("Call-ID"))
	}
	if r.RingTime <= 0 || r.AnswerTime < r.RingTime {
		t.Errorf("rang after %v, answered after %v", r.RingTime, r.AnswerTime)
	}
	if want := []Kind{Calling, Ringing, Answered, FirstAudio, BeepBegan, BeepEnded, Speaking, Spoke, HungUp}; !slices.Equal(kinds, want) {
		t.Errorf("events %v, want %v", kinds, want)
	}

	packets := f.heard()
	for i, p := range packets[1:] {
		before := packets[i]
		if p.SequenceNumber != before.SequenceNumber+1 || p.Timestamp != before.Timestamp+packetSamples || p.SSRC != before.SSRC || len(p.Payload) != packetSamples {
			t.Fatalf("packet %d does not follow on %d: %v, %v", i+1, i, p.Header, before.Header)
		}
	}
	got := audio.Compare(message, said(packets), audio.Rate)
	if got.Covered != 1 || got.Correlation < 0.999 || got.LevelDB < -0.1 || got.LevelDB > 0.1 || got.LongestGap != 0 || got.MaxShift != 0 {
		t.Errorf("what was said arrived as %+v", got)
	}
	if first := packets[got.Offset/packetSamples]; first.at.Before(beepOver) {
		t.Error("the caller spoke into the beep")
	}
	if r.Said != len(message) || r.SpokenFrom < r.Beep() || r.SpokenTo < r.SpokenFrom {
		t.Errorf("reports %d samples said from %v to %v, beep's end %v", r.Said, r.SpokenFrom, r.SpokenTo, r.Beep())
	}

	if got := audio.Compare(join(notice, beep), r.Heard, audio.Rate); got.Covered != 1 || got.Correlation < 0.999 {
		t.Errorf("what was played was heard as %+v", got)
	}
	if r.Stream.Packets != (len(notice)+len(beep))/packetSamples || r.Stream.Lost != 0 {
		t.Errorf("stream %+v", r.Stream)
	}
	if r.FirstAudio < 0 || len(r.Beeps) != 1 {
		t.Errorf("first audio at %v, beeps %v", r.FirstAudio, r.Beeps)
	}
}

// Offer and headers as a carrier in Europe sends them.
// A far end that is held up in the middle of its beep, as Asterisk is on a busy
// machine, is not spoken into.
func TestCallWaitsForTheRestOfTheBeep(t *testing.T) {
	f := newFarEnd(t)
	said := make(chan time.Time, 1)
	done := place(t, t.Context(), Script{
		To: f.uri(), Say: babble(1, 1600), BeepLength: 400 * time.Millisecond,
		OnEvent: func(e Event) {
			if e.Kind == Speaking {
				said <- e.At
			}
		},
	})
	invite := f.answer()
	beep := beepTone(1000, 3200)
	held := f.playOn(invite, rtp.Header{SequenceNumber: 1}, join(babble(2, 1600), beep[:1600]))
	time.Sleep(700 * time.Millisecond) // the hold-up: more than the pause that ends a beep
	f.playOn(invite, held, beep[1600:])
	over := time.Now()
	f.takeBye()
	r := wait(t, done)
	if r.err != nil || len(r.Beeps) != 1 {
		t.Fatalf("got %v and beeps %v, want one", r.err, r.Beeps)
	}
	if at := <-said; at.Before(over) {
		t.Errorf("the caller spoke %v before the beep was over", over.Sub(at))
	}
}

func TestCallOffer(t *testing.T) {
	f := newFarEnd(t)
	done := place(t, t.Context(), Script{
		To: f.uri(), From: "+32470550100", HangupAt: AfterAnswer,
		Headers: []Header{{"Diversion", "<sip:+3225550100@carrier.example>;reason=unconditional"}},
	})
	invite := f.answer()
	f.takeBye()
	wait(t, done)
	if !strings.Contains(invite.body, " RTP/AVP 8 0 101\r\n") {
		t.Errorf("offer is not A-law first: %q", invite.body)
	}
	if from := invite.header("From"); !strings.HasPrefix(from, "<sip:+32470550100@127.0.0.1>;tag=") {
		t.Errorf("From %q", from)
	}
	if d := invite.header("Diversion"); d != "<sip:+3225550100@carrier.example>;reason=unconditional" {
		t.Errorf("Diversion %q", d)
	}
	if c := invite.header("Contact"); strings.Contains(c, "3247") || !strings.Contains(c, invite.from.String()) {
		t.Errorf("Contact %q, sent from %v", c, invite.from)
	}
}

func TestCallWithheld(t *testing.T) {
	f := newFarEnd(t)
	done := place(t, t.Context(), Script{To: f.uri(), Withhold: true, AssertedIdentity: "+32470550100", HangupAt: AfterAnswer})
	invite := f.answer()
	f.takeBye()
	wait(t, done)
	if from := invite.header("From"); !strings.HasPrefix(from, `"Anonymous" <sip:anonymous@anonymous.invalid>`) {
		t.Errorf("From %q", from)
	}
	if p := invite.header("Privacy"); p != "id" {
		t.Errorf("Privacy %q", p)
	}
	if id := invite.header("P-Asserted-Identity"); id != "<sip:+32470550100@127.0.0.1>" {
		t.Errorf("P-Asserted-Identity %q", id)
	}
	if all := strings.Join(invite.headers, "\n"); strings.Count(all, "470550100") != 1 {
		t.Errorf("the number stands elsewhere too: %s", all)
	}
}

func TestCallRefused(t *testing.T) {
	f := newFarEnd(t)
	done := place(t, t.Context(), Script{To: f.uri()})
	f.respond(f.expect("INVITE"), "404 Not Found", "", `Reason: Q.850;cause=1;text="Unallocated"`)
	f.expect("ACK")
	r := wait(t, done)
	if r.err != nil || r.Ended != EndedRefused || r.Status != 404 || r.Reason != "Not Found" || r.Cause != 1 {
		t.Errorf("got %v, ended %s, %d %s, cause %d", r.err, r.Ended, r.Status, r.Reason, r.Cause)
	}
}

func TestCallSpeaksMuLawIfThatWasChosen(t *testing.T) {
	f := newFarEnd(t)
	done := place(t, t.Context(), Script{To: f.uri(), Say: babble(1, 1600), SayAt: AfterAnswer})
	invite := f.expect("INVITE")
	f.respond(invite, "200 OK", f.sdp("0"), f.contact())
	f.expect("ACK")
	f.takeBye()
	wait(t, done)
	packets := f.heard()
	var got []int16
	for _, p := range packets {
		if p.PayloadType != 0 {
			t.Fatalf("payload type %d", p.PayloadType)
		}
		got = append(got, audio.MuLaw.Decode(nil, p.Payload)...)
	}
	if c := audio.Compare(babble(1, 1600), got, audio.Rate); c.Correlation < 0.999 {
		t.Errorf("what was said arrived as %+v", c)
	}
}

func TestCallWithoutCommonFormat(t *testing.T) {
	f := newFarEnd(t)
	done := place(t, t.Context(), Script{To: f.uri()})
	f.respond(f.expect("INVITE"), "200 OK", f.sdp("18"), f.contact())
	f.expect("ACK")
	f.takeBye()
	if r := wait(t, done); !errors.Is(r.err, ErrMedia) || r.Ended != EndedFailed {
		t.Errorf("got %v, ended %s", r.err, r.Ended)
	}
}

func TestCallNobodyThere(t *testing.T) {
	f := newFarEnd(t)
	r := wait(t, place(t, t.Context(), Script{To: f.uri(), AnswerWithin: 100 * time.Millisecond}))
	if !errors.Is(r.err, ErrNoResponse) || r.Ended != EndedTimeout {
		t.Errorf("got %v, ended %s", r.err, r.Ended)
	}
	r = wait(t, place(t, t.Context(), Script{To: "sip:100@127.0.0.1:1;transport=tcp"}))
	if !errors.Is(r.err, ErrNoResponse) {
		t.Errorf("over TCP: %v", r.err)
	}
}

func TestCallPressesKeys(t *testing.T) {
	f := newFarEnd(t)
	done := place(t, t.Context(), Script{To: f.uri(), SayAt: AfterAnswer, Keys: "1#"})
	f.answer()
	f.takeBye()
	wait(t, done)
	var events []byte
	ends := map[byte]int{}
	for _, p := range f.heard() {
		if p.PayloadType != 101 {
			continue
		}
		code := p.Payload[0]
		if len(events) == 0 || events[len(events)-1] != code {
			events = append(events, code)
		}
		if p.Payload[1]&0x80 != 0 {
			ends[code]++
		}
	}
	if !slices.Equal(events, []byte{1, 11}) || ends[1] != 3 || ends[11] != 3 {
		t.Errorf("events %v with ends %v, want 1 and 11 with three each", events, ends)
	}
}

func TestCallCannotPressKeys(t *testing.T) {
	f := newFarEnd(t)
	done := place(t, t.Context(), Script{To: f.uri(), Keys: "1"})
	f.respond(f.expect("INVITE"), "200 OK", f.sdp("8"), f.contact())
	f.expect("ACK")
	f.takeBye()
	if r := wait(t, done); !errors.Is(r.err, ErrKeys) {
		t.Errorf("got %v", r.err)
	}
}

func TestCallWithoutRTP(t *testing.T) {
	f := newFarEnd(t)
	done := place(t, t.Context(), Script{To: f.uri(), NoRTP: true, HangupAt: AfterBeep})
	invite := f.answer()
	f.play(invite, join(make([]int16, 800), beepTone(1000, 3200), make([]int16, 1600)))
	f.takeBye()
	r := wait(t, done)
	if r.err != nil || len(r.Beeps) != 1 {
		t.Errorf("got %v, beeps %v", r.err, r.Beeps)
	}
	if got := f.heard(); len(got) != 0 {
		t.Errorf("%d packets came", len(got))
	}
}
