package main

import (
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"glennline/ari"
	asteriskconf "glennline/asterisk-conf"
	"glennline/config"
	"glennline/ops/disk"
	"glennline/petition"
	"glennline/petition/caller"
	"glennline/voicemail/prompts"
)

// beacon tells the dialplan every second that we are there, and what we want
// done with new calls. When it stops, for whatever reason, the dialplan answers
// by itself.
type beacon struct {
	file    config.File
	library *prompts.Library
	folders []string // that have to have room
	spool   string   // that has to be written to
	log     *zap.Logger
	gap     func() // called when the dialplan may have answered by itself meanwhile
	refuses string // why calls are refused; "" while they are not
	closed  bool
	mu      sync.Mutex
	told    map[int]string // folder of the prompts in force, by line
	last    time.Time      // when the state was told
	failed  atomic.Int64   // when a recording could not be made, in Unix milliseconds
	lacked  atomic.Int64   // when it was last seen that none can be made; the same
	state   atomic.Value   // asteriskconf.State that was told last
}

// staleAfter is a silence of ours after which the dialplan may have answered
// by itself: it takes the state for stale after three seconds.
const staleAfter = 2 * time.Second

// doubt is how long the dialplan answers by itself after a recording that could
// not be made although nothing was seen to be wrong. It records into another
// folder, and tries before the answer whether it can.
const doubt = 5 * time.Minute

// explained is for how long what was seen to be wrong explains a recording that
// could not be made: its call may end a while after both.
const explained = time.Minute

// ended takes note of how a call ended.
func (b *beacon) ended(ending petition.Ending) {
	failed := petition.Ending{Result: petition.ResultFailed, Reason: petition.ReasonRecord}
	if ending != failed || !recordable(b.spool) || time.Since(time.UnixMilli(b.lacked.Load())) < explained { // what can be seen is room's to tell
		return
	}
	b.failed.Store(time.Now().UnixMilli())
	b.log.Error("a message could not be recorded: see what asterisk says, and the rights on its folder; the dialplan answers by itself meanwhile",
		zap.String("folder", today(b.spool)), zap.Duration("for", doubt))
}

// run tells until ctx ends. drain, when it ends, turns the state to drain.
func (b *beacon) run(ctx, drain context.Context, client *ari.Client) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	draining := drain.Done()
	for {
		if client.Connected() {
			b.tell(ctx, drain.Err() != nil, client)
		}
		select {
		case <-ctx.Done():
			return
		case <-draining:
			draining = nil // once, at once
		case <-tick.C:
		}
	}
}

// connected tells at once, and everything: Asterisk may have been started anew.
func (b *beacon) connected(ctx context.Context, drain bool, client *ari.Client) {
	b.mu.Lock()
	b.told = map[int]string{}
	b.mu.Unlock()
	b.tell(ctx, drain, client)
}

// close says that Asterisk itself is about to end.
func (b *beacon) close(ctx context.Context, client *ari.Client) {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.tell(ctx, true, client)
}

// tell sets the state, and the prompts in force where they have changed.
func (b *beacon) tell(ctx context.Context, drain bool, client *ari.Client) {
	b.mu.Lock()
	defer b.mu.Unlock()
	state := b.wants(drain)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := client.SetGlobal(ctx, asteriskconf.StateVariable, asteriskconf.StateValue(time.Now(), state)); err != nil {
		if ctx.Err() == nil {
			b.log.Warn("asterisk could not be told that we are here: it answers by itself", zap.Error(err))
		}
		return
	}
	if !b.last.IsZero() && time.Since(b.last) > staleAfter {
		b.gap()
	}
	b.last = time.Now()
	b.state.Store(state)
	for i, line := range b.file.Lines {
		folder := filepath.Dir(b.library.Set(line.Name).Notice)
		if b.told[i] == folder {
			continue
		}
		if err := client.SetGlobal(ctx, asteriskconf.SetVariable(i), folder); err != nil {
			b.log.Warn("asterisk could not be told which prompts are in force", zap.Error(err))
			return
		}
		if b.told != nil {
			b.told[i] = folder
		}
	}
}

// wants is what is to be done with new calls.
func (b *beacon) wants(drain bool) asteriskconf.State {
	switch {
	case b.closed:
		return asteriskconf.StateClosed
	case drain:
		return asteriskconf.StateDrain
	case !b.room():
		return asteriskconf.StateFull
	case time.Since(time.UnixMilli(b.failed.Load())) < doubt:
		return asteriskconf.StateDrain
	}
	return asteriskconf.StateAccept
}

// says is what was told last; "" before that.
func (b *beacon) says() string {
	state, _ := b.state.Load().(asteriskconf.State)
	return string(state)
}

// room says whether there is a place for more recordings: disk enough, and a
// spool that can be written to. Into any other, callers would speak for nothing.
func (b *beacon) room() bool {
	why := ""
	for _, folder := range b.folders {
		free, err := disk.Free(folder)
		if err == nil && free < leastRoom(b.file) {
			why = "too little room on the disk of " + folder
		}
	}
	if err := disk.Writable(today(b.spool)); err != nil {
		why = "asterisk cannot record: " + err.Error()
	}
	if why != "" {
		b.lacked.Store(time.Now().UnixMilli())
	}
	if why != b.refuses {
		b.refuses = why
		if why != "" {
			b.log.Error("new calls are refused before the answer", zap.String("reason", why), zap.Int("min_free_mib", b.file.Admission.MinFreeMiB))
		} else {
			b.log.Info("recordings can be written again: calls are taken")
		}
	}
	return why == ""
}

// today is the folder of a spool that a call of this moment is recorded in.
func today(spool string) string {
	return filepath.Join(spool, time.Now().UTC().Format(time.DateOnly))
}

// flush is what Asterisk writes of a recording at once, and has to have room for.
const flush = 32 << 10

// recordable says whether a recording in the spool can go on.
func recordable(spool string) bool {
	free, err := disk.Free(spool)
	return (err != nil || free >= flush) && disk.Writable(today(spool)) == nil
}

// leastRoom is below how many bytes of it new calls are refused.
func leastRoom(file config.File) uint64 { return uint64(file.Admission.MinFreeMiB) << 20 }

// fallbackConfig is what the dialplan has to know to answer by itself.
func fallbackConfig(file config.File, library *prompts.Library, spool, sealKey string) *asteriskconf.Fallback {
	fallback := &asteriskconf.Fallback{Spool: spool, SealKey: sealKey}
	for _, line := range file.Lines {
		var numbers []string
		for _, number := range file.Numbers(line) {
			numbers = append(numbers, caller.Forms(number, file.RegionOf(line))...)
		}
		fallback.Lines = append(fallback.Lines, asteriskconf.FallbackLine{
			Name:       line.Name,
			Language:   line.Language,
			Folder:     filepath.Dir(library.Set(line.Name).Notice),
			Numbers:    numbers,
			CatchAll:   line.CatchAll,
			Busy:       library.Set(line.Name).Busy,
			RingFor:    line.RingFor,
			MaxMessage: line.Limits.Message,
			MaxSilence: line.Limits.Silence,
			EndKey:     line.Limits.EndKey,
		})
	}
	return fallback
}
