package prompts_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"glennline/voicemail/prompts"
)

// watching opens a library over one folder and lets it watch, on a clock of
// its own: polled() passes after the next polls.
func watching(t *testing.T, dir string, test func(l *prompts.Library, polled func(), logs *observer.ObservedLogs)) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.InfoLevel)
		l, err := prompts.Open(prompts.Config{
			Lines: []prompts.LineSource{{Name: "main", Language: "fr", Dir: dir}},
			Cache: filepath.Join(t.TempDir(), "prompts"),
			Log:   zap.New(core),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			l.Watch(ctx)
		}()
		polled := func() {
			time.Sleep(time.Second) // of the test's clock
			synctest.Wait()
		}
		polled()
		test(l, polled, logs)
		cancel()
		<-done
	})
}

func messages(logs *observer.ObservedLogs) string {
	var all []string
	for _, e := range logs.TakeAll() {
		line := e.Message
		if err, ok := e.ContextMap()["error"].(string); ok {
			line += ": " + err
		}
		all = append(all, line)
	}
	return strings.Join(all, "\n")
}

func TestReplacedPrompts(t *testing.T) {
	dir := folder(t)
	watching(t, dir, func(l *prompts.Library, polled func(), logs *observer.ObservedLogs) {
		first := l.Set("main")
		old, err := os.ReadFile(first.Notice + ".alaw")
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "notice.wav"), tone(900, 3, -15))
		polled()
		second := l.Set("main")
		if second.Version == first.Version || second.Notice == first.Notice || second.NoticeLength != 3*time.Second {
			t.Fatalf("the new notice is not in force: %+v, before %+v", second, first)
		}
		if got := messages(logs); got != "prompts in force" {
			t.Errorf("logged %q", got)
		}
		// A call in progress goes on with what it began with.
		if now, err := os.ReadFile(first.Notice + ".alaw"); err != nil || string(now) != string(old) {
			t.Errorf("the old notice has changed (%v)", err)
		}

		write(t, filepath.Join(dir, "busy.wav"), tone(700, 2, -15))
		polled()
		third := l.Set("main")
		if third.Version != second.Version || third.Busy == second.Busy {
			t.Errorf("another busy prompt: %+v, before %+v; want the same version", third, second)
		}
		polled()
		logs.TakeAll()
		polled()
		if got := messages(logs); got != "" {
			t.Errorf("nothing changed, and logged %q", got)
		}
	})
}

func TestBadPromptsAreRefused(t *testing.T) {
	dir := folder(t)
	notice, aside := filepath.Join(dir, "notice.wav"), filepath.Join(dir, "aside")
	watching(t, dir, func(l *prompts.Library, polled func(), logs *observer.ObservedLogs) {
		first := l.Set("main")
		refused := func(why string) {
			t.Helper()
			polled()
			polled()
			if l.Set("main") != first {
				t.Fatalf("the prompts changed: %+v, before %+v", l.Set("main"), first)
			}
			if got, want := messages(logs), "prompts refused, those before stay in force: line main: "+notice+": "+why; got != want {
				t.Errorf("logged\n%s\nwant, once,\n%s", got, want)
			}
		}
		if err := os.Rename(notice, aside); err != nil {
			t.Fatal(err)
		}
		refused("missing: put a WAV file of 8 kHz, 16 bit, one channel there")
		writeAt(t, notice, 16000, tone(900, 3, -15))
		refused("16000 Hz: not a whole WAV file of 8 kHz, 16 bit, one channel: convert it with sox IN.wav -r 8000 -c 1 -b 16 OUT.wav")
		write(t, notice, make([]int16, rate))
		refused("-96.0 dBFS, wanted from -35 to -6: not at a level that can be listened to: bring it near -20 dBFS with sox IN.wav OUT.wav gain DB")
		if err := os.Rename(aside, notice); err != nil {
			t.Fatal(err)
		}
		polled()
		if got := messages(logs); got != "prompts in force" || l.Set("main") != first {
			t.Errorf("the first notice is back: logged %q, %+v; want %+v", got, l.Set("main"), first)
		}
	})
}

// A prompt that is copied over the old one, slowly, is taken once it is whole.
func TestPromptCopiedInPlace(t *testing.T) {
	dir := folder(t)
	notice, whole := filepath.Join(dir, "notice.wav"), filepath.Join(dir, "whole")
	write(t, whole, tone(900, 3, -15))
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	watching(t, dir, func(l *prompts.Library, polled func(), _ *observer.ObservedLogs) {
		first := l.Set("main")
		f, err := os.Create(notice)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for len(data) > 0 {
			n, err := f.Write(data[:min(len(data), 10000)])
			if err != nil {
				t.Fatal(err)
			}
			if data = data[n:]; len(data) == 0 {
				break
			}
			polled()
			if l.Set("main") != first {
				t.Fatalf("%d bytes short, and in force", len(data))
			}
		}
		polled()
		if got := l.Set("main").NoticeLength; got != 3*time.Second {
			t.Errorf("the notice in force lasts %s, want 3s", got)
		}
	})
}

// What is wrong with the cache and not with a prompt is tried again.
func TestCacheFaultIsTriedAgain(t *testing.T) {
	dir := folder(t)
	watching(t, dir, func(l *prompts.Library, polled func(), logs *observer.ObservedLogs) {
		first := l.Set("main")
		cache := filepath.Dir(filepath.Dir(first.Notice))
		away := cache + "-away"
		if err := os.Rename(cache, away); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(cache, nil, 0o600); err != nil { // a file where the folder was
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "notice.wav"), tone(900, 3, -15))
		polled()
		if l.Set("main") != first || !strings.HasPrefix(messages(logs), "prompts refused, ") {
			t.Fatalf("the prompts changed: %+v", l.Set("main"))
		}
		if err := os.Remove(cache); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(away, cache); err != nil {
			t.Fatal(err)
		}
		for range 61 {
			polled()
		}
		if got := l.Set("main").NoticeLength; got != 3*time.Second {
			t.Errorf("a minute later the notice in force lasts %s, want 3s", got)
		}
	})
}
