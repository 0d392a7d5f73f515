package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"glennline/asterisk-conf/pbx"
)

// bench is one Asterisk with glennline, and a SIPp to call it.
type bench struct {
	plan    plan
	dir     string // everything is in it; removed at the end
	line    *line
	sipp    *sipp
	probe   *prober
	said    *track              // what all callers say, each from elsewhere on
	seen    map[string]*witness // by the name of its file
	began   time.Time
	machine machine
	runs    int
	lost    bool // calls: then what there is of them is kept
}

// warmCalls are placed to each contestant before anything is measured: caches,
// connections and prepared statements are not what a call costs.
const (
	warmCalls = 20
	warmRate  = 10
	warmLong  = 8 * time.Second
)

// newBench builds and starts everything. The caller closes it if there is no
// error.
func newBench(ctx context.Context, p plan) (_ *bench, err error) {
	if _, err := exec.LookPath("sipp"); err != nil {
		return nil, errors.New("sipp is missing: apt-get install sip-tester")
	}
	in, err := pbx.Find(p.asterisk)
	if err != nil {
		return nil, err
	}
	b := &bench{plan: p, began: time.Now()}
	if b.dir, err = os.MkdirTemp(p.dir, "glennline-bench-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close(ctx))
		}
	}()
	// Asterisk runs as another user if we are root, and must get through.
	if err := os.Chmod(b.dir, 0o755); err != nil {
		return nil, err
	}
	binary, tree := p.binary, ""
	if binary == "" {
		tree = "."
		say("building glennline")
		binary = filepath.Join(b.dir, "glennline")
		out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/glennline").CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("building glennline: %w: %s", err, out)
		}
	}
	// Before it is started: what runs and is no glennline says nothing that helps.
	if b.machine, err = describe(ctx, in.Version, b.dir, binary, tree); err != nil {
		return nil, err
	}
	if err := makePrompts(filepath.Join(b.dir, "prompts")); err != nil {
		return nil, err
	}
	say("starting glennline and Asterisk %s", in.Version)
	if b.line, err = startLine(ctx, p, b.dir, binary, in); err != nil {
		return nil, err
	}
	if err := errors.Join(b.line.addDialplan(ctx), b.line.addVoicemail(ctx)); err != nil {
		return nil, err
	}
	b.seen = map[string]*witness{}
	for _, name := range []string{ourRecords, othersRecords} {
		b.seen[name] = b.line.witness(name)
	}
	if b.sipp, err = newSIPp(b.dir, b.line.sip, p); err != nil {
		return nil, err
	}
	b.sipp.channels = b.line.channels
	b.said = newTrack(b.sipp.speech, true)
	b.probe, err = newProber(b.line, b.sipp.speech)
	return b, err
}

// close ends what was started, at once when ctx has ended, and removes what was
// written.
func (b *bench) close(ctx context.Context) error {
	var err error
	if b.probe != nil {
		err = b.probe.close()
	}
	if b.line != nil {
		err = errors.Join(err, b.line.stop(ctx))
	}
	if b.plan.keep || b.lost {
		say("kept: %s", b.dir)
		return err
	}
	return errors.Join(err, os.RemoveAll(b.dir))
}

// measure runs the whole plan. After an error it gives what was measured until
// then, or nil. It goes pair by pair and load by load, so that whatever
// changes on the machine meanwhile changes for all of them.
func (b *bench) measure(ctx context.Context) (*report, error) {
	r := &report{
		Began: b.began, Machine: b.machine, Pairs: b.plan.pairs,
		PlaceSeconds: b.plan.place.Seconds(), PromptSeconds: prompts.Seconds(),
	}
	say("warming up; the rest takes about %s", b.plan.all().Round(10*time.Second))
	for _, who := range contestants {
		s, err := b.run(ctx, who, load{Rate: warmRate, Length: warmLong}, warmCalls)
		if err != nil {
			return nil, err
		}
		if s.Lost > 0 {
			return nil, fmt.Errorf("%d of the first %d calls to the %s were lost (%+v); its log ends with: %s",
				s.Lost, s.Calls, who, s.Recordings, b.line.logEnd())
		}
	}
	var err error
	if r.Idle, err = b.idle(ctx); err != nil {
		return nil, err
	}
	for pair := 1; pair <= b.plan.pairs; pair++ {
		for _, l := range b.plan.loads {
			for _, who := range l.turns(pair) {
				s, err := b.run(ctx, who, l, b.plan.calls(l))
				if err != nil {
					return r, fmt.Errorf("pair %d, %s at %s: %w", pair, who, l, err)
				}
				s.Pair = pair
				r.Samples = append(r.Samples, s)
				say("pair %d  %s", pair, s)
			}
		}
	}
	return r, nil
}

// disturbing is how many cores all else may use before anything is measured without
// a word: more than the bench and the kernel do while there is no call.
const disturbing = 0.15

// idle is what both processes use while there is no call, and all else.
func (b *bench) idle(ctx context.Context) (idle, error) {
	before, err := b.read()
	if err != nil {
		return idle{}, err
	}
	select {
	case <-time.After(5 * time.Second):
	case <-ctx.Done():
		return idle{}, ctx.Err()
	}
	after, err := b.read()
	if err != nil {
		return idle{}, err
	}
	seconds := after.at.Sub(before.at).Seconds()
	asterisk, glennline := after.asterisk.since(before.asterisk).Total, after.glennline.since(before.glennline).Total
	use := idle{
		Asterisk:  millis(asterisk) / seconds,
		Glennline: millis(glennline) / seconds,
		Load:      max(0, after.machine-before.machine-asterisk-glennline).Seconds() / seconds,
	}
	if use.Load > disturbing {
		say("something else uses %.2f cores of this machine: the figures will tell of that too", use.Load)
	}
	return use, nil
}

// reading is all clocks at one moment.
type reading struct {
	at                  time.Time
	asterisk, glennline usage
	machine             time.Duration
}

func (b *bench) read() (r reading, err error) {
	r.at = time.Now()
	if r.asterisk, err = usageOf(b.line.asterisk); err != nil {
		return r, fmt.Errorf("asterisk has gone: %w", err)
	}
	if r.glennline, err = usageOf(b.line.cmd.Process.Pid); err != nil {
		return r, fmt.Errorf("glennline has gone: %w; its log ends with: %s", err, b.line.logEnd())
	}
	r.machine, err = machineBusy()
	return r, err
}

// run places the calls of one sample and measures until the last of them is on
// disk.
func (b *bench) run(ctx context.Context, who contestant, l load, calls int) (sample, error) {
	b.runs++
	prefix := fmt.Sprintf("run%d", b.runs)
	if err := b.sipp.cast(calls, l.Length); err != nil {
		return sample{}, err
	}
	if err := b.line.record(ctx, who); err != nil {
		return sample{}, err
	}
	before, err := b.read()
	if err != nil {
		return sample{}, err
	}
	watched, enough := context.WithCancel(ctx)
	busiest := watchMachine(watched)
	probes := make(chan []probe, 1)
	go func() {
		probes <- b.probe.place(watched, who, l, time.Duration(calls/l.Rate)*time.Second)
	}()
	p, err := b.sipp.place(ctx, who.number(), prefix, l, calls)
	if err != nil {
		enough() // the probes hang up
	} else if p.Successful < p.Calls {
		b.evidence(ctx, prefix+".early") // while it is fresh
	}
	probed := <-probes
	enough()
	most := <-busiest
	if err != nil {
		return sample{}, err
	}
	good := map[string]bool{} // Call-IDs of probes
	for _, probe := range probed {
		if probe.Error == "" {
			good[probe.callID] = true
		}
	}
	ours := func(callID string) bool { return strings.HasPrefix(callID, prefix+"-") || good[callID] }
	paths, ends, err := b.collect(ctx, who, ours, calls+len(good))
	if err != nil {
		return sample{}, err
	}
	after, err := b.read()
	if err != nil {
		return sample{}, err
	}
	s := newSample(who, l, p, probed, before, after)
	s.Busiest = most
	records := othersRecords
	if who == withGlennline {
		records = ourRecords
	}
	answers, err := b.seen[records].answers()
	if err != nil {
		return sample{}, err
	}
	if s.Answer = latencyOf(answers); s.Answer.Count < p.Successful {
		return sample{}, fmt.Errorf("asterisk wrote down %d answers of %d calls to the %s", s.Answer.Count, p.Successful, who)
	}
	s.Recordings = judgeRecordings(paths, s.Calls, l.Length, b.said)
	s.Recordings.Ends = ends
	s.Lost = s.Calls - min(p.Successful+len(good), s.Recordings.Whole+s.Recordings.Short)
	if s.Lost > 0 {
		say("%s", b.loss(s))
		b.evidence(ctx, prefix)
	}
	if who != withGlennline {
		err = b.putAway(paths, prefix)
	}
	return s, err
}

// putAway takes a run's recordings, and what the voicemail notes beside them and
// numbers its messages by, out of its folder. They are not removed before all has
// been measured: ext4 is slow to make files while many others have been removed
// within a minute, and the next run would pay for it.
func (b *bench) putAway(paths []string, run string) error {
	folder := filepath.Join(b.dir, "heard", run)
	err := os.MkdirAll(folder, 0o700)
	for _, path := range paths {
		err = errors.Join(err, os.Rename(path, filepath.Join(folder, filepath.Base(path))))
		note := strings.TrimSuffix(path, ".wav") + ".txt"
		if e := os.Rename(note, filepath.Join(folder, filepath.Base(note))); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// collect waits for the calls' recordings and names them. Of glennline's it
// also says how they ended.
func (b *bench) collect(ctx context.Context, who contestant, ours func(callID string) bool, calls int) (paths []string, ends endings, err error) {
	if who != withGlennline {
		known := map[string]bool{}
		err = settle(ctx, calls, func() (int, error) {
			paths, err = closed(b.line.spool(who), known)
			return len(paths), err
		})
		return paths, nil, err
	}
	var rows []row
	err = settle(ctx, calls, func() (int, error) {
		rows, err = b.line.rows(ctx, ours)
		return len(rows), err
	})
	ends = endings{}
	for _, r := range rows {
		ends[r.Ending.Result+"/"+r.Ending.Reason+" "+r.Status]++
		if r.WAV != "" {
			paths = append(paths, r.WAV)
		}
	}
	return paths, ends, err
}
