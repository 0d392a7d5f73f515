package journal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/petition"
	"glennline/petition/journal"
)

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(appendAndDie); dir != "" {
		appendUntilKilled(dir)
	}
	os.Exit(m.Run())
}

const appendAndDie = "GLENNLINE_TEST_JOURNAL"

func open(t *testing.T, dir string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

func begin(n int) journal.Entry {
	return journal.Entry{Begin: &petition.Call{ID: fmt.Sprintf("call-%05d", n), Caller: petition.Caller{Class: petition.ClassMobile, Pseudonym: "abcd", KeyID: "key"}}}
}

func add(t *testing.T, j *journal.Journal, entries ...journal.Entry) {
	t.Helper()
	for _, e := range entries {
		if err := j.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

// replay is what a journal hands over.
func replay(t *testing.T, j *journal.Journal) (all []journal.Entry) {
	t.Helper()
	if err := j.Replay(t.Context(), func(_ context.Context, batch []journal.Entry) error {
		all = append(all, batch...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func file(dir string) string { return filepath.Join(dir, "journal.jsonl") }

// Whatever is added to the types that travel must survive the journal.
func TestEveryFieldSurvives(t *testing.T) {
	var s journal.Settlement
	fill(t, reflect.ValueOf(&s).Elem())
	s.Call.ID, s.Closing.CallID = "one", "one"
	s.Closing.Consent.Complete = true
	dir := t.TempDir()
	j := open(t, dir)
	want := []journal.Entry{{Begin: &s.Call}, {Settle: &s}, {End: &s.Closing}}
	add(t, j, want...)
	if diff := cmp.Diff(want, replay(t, j)); diff != "" {
		t.Error(diff)
	}
}

// fill sets every field to something that is not its zero.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 11, 22, 18, 0, 0, 123456789, time.UTC)))
	case v.Kind() == reflect.Struct:
		for _, field := range v.Fields() {
			fill(t, field)
		}
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case v.Kind() == reflect.String:
		v.SetString("some \"text\"\n")
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanFloat():
		v.SetFloat(-21.0625)
	case v.CanInt():
		v.SetInt(42)
	default:
		t.Fatalf("a field of kind %s: teach this test to fill it", v.Kind())
	}
}

func TestPseudonymStaysOnlyWithConsent(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	s := journal.Settlement{Call: *begin(1).Begin, Closing: petition.Closing{CallID: "call-00001"}}
	add(t, j, journal.Entry{Settle: &s})
	text, err := os.ReadFile(file(dir))
	if err != nil || strings.Contains(string(text), "abcd") || s.Call.Caller.Pseudonym != "abcd" {
		t.Errorf("the journal keeps the pseudonym of a caller without consent: %s (%v)", text, err)
	}
}

func TestReplayIsInOrderAndOnce(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	var want []journal.Entry
	for n := range 1500 { // more than a batch
		want = append(want, begin(n))
	}
	add(t, j, want[:1200]...)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = open(t, dir)
	add(t, j, want[1200:]...)
	if j.Waiting() != len(want) {
		t.Errorf("%d entries wait, want %d", j.Waiting(), len(want))
	}
	var got []journal.Entry
	away := errors.New("away")
	err := j.Replay(t.Context(), func(_ context.Context, batch []journal.Entry) error {
		if len(got) > 0 {
			return away
		}
		got = append(got, batch...)
		return nil
	})
	if !errors.Is(err, away) || j.Waiting() != len(want)-len(got) {
		t.Fatalf("Replay = %v with %d waiting after %d", err, j.Waiting(), len(got))
	}
	got = append(got, replay(t, j)...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if info, err := os.Stat(file(dir)); err != nil || info.Size() != 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("after the replay the file is %v (%v)", info, err)
	}
	if again := replay(t, j); len(again) != 0 || j.Waiting() != 0 {
		t.Errorf("%d entries came twice, %d wait", len(again), j.Waiting())
	}
	add(t, j, begin(7))
	if got := replay(t, j); len(got) != 1 {
		t.Errorf("%d entries after it was emptied, want 1", len(got))
	}
}

func TestWhatIsAppendedDuringAReplayComesToo(t *testing.T) {
	j := open(t, t.TempDir())
	add(t, j, begin(1))
	var got []string
	if err := j.Replay(t.Context(), func(ctx context.Context, batch []journal.Entry) error {
		for _, e := range batch {
			got = append(got, e.CallID())
		}
		if len(got) == 1 {
			return j.Append(ctx, begin(2))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"call-00001", "call-00002"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestATornLineIsCutOff(t *testing.T) {
	for name, torn := range map[string]string{
		"part of a line": `{"begin":{"ID":"call-0`,
		"half an object": "{\"begin\":{\"ID\":\n",
		"zeros":          strings.Repeat("\x00", 4096),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j := open(t, dir)
			add(t, j, begin(1))
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			spoil(t, dir, torn)
			j = open(t, dir)
			add(t, j, begin(2))
			if diff := cmp.Diff([]journal.Entry{begin(1), begin(2)}, replay(t, j)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func spoil(t *testing.T, dir, text string) {
	t.Helper()
	f, err := os.OpenFile(file(dir), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestALineThatIsNoEntryIsPutAside(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	add(t, j, begin(1))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	spoil(t, dir, "not json\n{\"begin\":{},\"end\":{}}\n")
	line := `{"begin":{"ID":"call-00002","Caller":{"Class":"mobile","Pseudonym":"abcd","KeyID":"key"},"StartedAt":"0001-01-01T00:00:00Z"}}`
	spoil(t, dir, line+"\n")
	j = open(t, dir)
	if diff := cmp.Diff([]journal.Entry{begin(1), begin(2)}, replay(t, j)); diff != "" {
		t.Error(diff)
	}
	aside, err := os.ReadFile(filepath.Join(dir, "refused.jsonl"))
	if err != nil || strings.Count(string(aside), "\n") != 2 || !strings.Contains(string(aside), "not json") {
		t.Errorf("put aside: %s (%v)", aside, err)
	}
}

func TestManyAppendAtOnce(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	const many = 200
	var wg sync.WaitGroup
	for n := range many {
		wg.Go(func() {
			if err := j.Append(t.Context(), begin(n)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	seen := make(map[string]bool)
	for _, e := range replay(t, j) {
		seen[e.CallID()] = true
	}
	if len(seen) != many {
		t.Errorf("%d entries, want %d", len(seen), many)
	}
}

func TestAfterClose(t *testing.T) {
	j, err := journal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Close(), j.Close()); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(t.Context(), begin(1)); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("Append = %v, want ErrClosed", err)
	}
}

func TestReadTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	if n, err := journal.Read(dir, func(journal.Entry) error { return errors.New("an entry") }); n != 0 || err != nil {
		t.Errorf("Read without a journal = %d, %v", n, err)
	}
	j := open(t, dir)
	add(t, j, begin(1), begin(2))
	spoil(t, dir, "torn")
	before, _ := os.ReadFile(file(dir))
	found := 0
	if n, err := journal.Read(dir, func(journal.Entry) error { found++; return nil }); n != 0 || err != nil || found != 2 {
		t.Errorf("Read = %d, %v with %d entries", n, err, found)
	}
	if after, _ := os.ReadFile(file(dir)); string(after) != string(before) {
		t.Error("Read changed the file")
	}
}

// What was acknowledged is there after kill -9, and nothing that is not whole.
func TestKilledWhileItAppends(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), appendAndDie+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := make([]byte, 500)
	n := 0
	for n < len(acknowledged) {
		m, err := out.Read(acknowledged[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += m
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if got := len(replay(t, open(t, dir))); got < n {
		t.Errorf("%d entries after the kill, %d were acknowledged", got, n)
	}
}

// appendUntilKilled writes a byte for every entry that was acknowledged.
func appendUntilKilled(dir string) {
	j, err := journal.Open(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var mu sync.Mutex
	for part := range 4 {
		go func() {
			for n := 0; ; n++ {
				if err := j.Append(context.Background(), begin(part*1_000_000+n)); err != nil {
					os.Exit(1)
				}
				mu.Lock()
				_, _ = os.Stdout.WriteString(".")
				mu.Unlock()
			}
		}()
	}
	select {}
}
