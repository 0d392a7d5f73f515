package pbx

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/sys/unix"
)

func TestParseLine(t *testing.T) {
	const whole = `{"hostname":"x","timestamp":"2026-11-22T13:29:16.274+0000","identifiers":{"lwp":24916,"callid":"[C-0000001f]"},` +
		`"logmsg":{"location":{"filename":"res_pjsip/pjsip_distributor.c","function":"log_failed_request","line":676},"level":"%s","message":"%s"}}`
	for _, tt := range []struct {
		name, in string
		want     line
	}{
		{
			"notice", fmt.Sprintf(whole, "NOTICE", `from <sip:+32475550100@192.0.2.1>\n`),
			line{zapcore.InfoLevel, "from <sip:[user]@192.0.2.1>", "pjsip_distributor.c:676", "[C-0000001f]", false},
		},
		{
			"warning of two lines", fmt.Sprintf(whole, "WARNING", `one 0475550100\ntwo\n`),
			line{zapcore.WarnLevel, "one [number]\ntwo", "pjsip_distributor.c:676", "[C-0000001f]", true},
		},
		{"error", fmt.Sprintf(whole, "ERROR", "disk full"), line{zapcore.ErrorLevel, "disk full", "pjsip_distributor.c:676", "[C-0000001f]", true}},
		{"verbose", fmt.Sprintf(whole, "VERBOSE", "Asterisk Ready."), line{zapcore.DebugLevel, "Asterisk Ready.", "pjsip_distributor.c:676", "[C-0000001f]", false}},
		{"own level", fmt.Sprintf(whole, "IMPORTANT", "x"), line{zapcore.InfoLevel, "x", "pjsip_distributor.c:676", "[C-0000001f]", false}},
		{
			"cut", `{"hostname":"x","logmsg":{"level":"ERROR","message":"caller 0475550100`,
			line{zapcore.ErrorLevel, `{"hostname":"x","logmsg":{"level":"ERROR","message":"caller [number]`, "", "", true},
		},
		{
			"default format", `[Nov 22 13:29:16] NOTICE[24916] chan.c: caller 0475550100`,
			line{zapcore.InfoLevel, `[Nov 22 13:29:16] NOTICE[24916] chan.c: caller [number]`, "", "", false},
		},
		{
			"plain", "asterisk: error while loading shared libraries: x.so",
			line{zapcore.DebugLevel, "asterisk: error while loading shared libraries: x.so", "", "", true},
		},
		{"other JSON", `{"a":1}`, line{zapcore.DebugLevel, `{"a":1}`, "", "", true}},
		{"empty", " ", line{level: zapcore.DebugLevel, notable: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := parseLine(tt.in); got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestConsole(t *testing.T) {
	core, logs := observer.New(zapcore.DebugLevel)
	path := filepath.Join(t.TempDir(), "console")
	c, err := openConsole(path, filepath.Dir(path), zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	w, err := c.writer()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		fmt.Fprintf(w, `{"logmsg":{"location":{"filename":"%[1]d.c"},"level":"ERROR","message":"fault %[1]d"}}`+"\n", i)
	}
	fmt.Fprint(w, `not the end of a line, from 0475550100`)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	c.flush(t.Context())
	if n := logs.Len(); n != 13 {
		t.Fatalf("%d entries after flush, want 13: %v", n, logs.All())
	}
	if got := logs.All()[12].ContextMap()["text"]; got != "not the end of a line, from [number]" {
		t.Errorf("last %q", got)
	}
	trouble := c.trouble()
	for _, want := range []string{"fault 0;", "fault 3;", "fault 11;", "not the end"} {
		if !strings.Contains(trouble, want) {
			t.Errorf("trouble %q lacks %q", trouble, want)
		}
	}
	if again := c.trouble(); again != "" {
		t.Errorf("trouble again: %q", again)
	}
	c.close()
	c.flush(t.Context()) // returns
}

// With nobody reading, a writer is told so at once instead of being held.
func TestConsoleHoldsNobody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "console")
	c, err := openConsole(path, filepath.Dir(path), zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	w, err := c.writer()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	c.close()
	raw, err := w.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	full := false
	if err := raw.Control(func(fd uintptr) {
		for range 10000 {
			if _, err := unix.Write(int(fd), make([]byte, 4096)); err != nil {
				full = err == unix.EAGAIN //nolint:errorlint // a bare errno
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if !full {
		t.Error("the FIFO did not fill up, or did so with another error")
	}
	// The next reader gets what is in it.
	core, logs := observer.New(zapcore.DebugLevel)
	c, err = openConsole(path, filepath.Dir(path), zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	c.flush(t.Context())
	if logs.Len() == 0 {
		t.Error("what was written before is lost")
	}
}

func TestConsoleIsAFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "console")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openConsole(path, filepath.Dir(path), zap.NewNop()); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("a file as console: %v", err)
	}
}
