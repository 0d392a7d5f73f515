package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"glennline/asterisk-conf/pbx"
	"glennline/config"
	"glennline/softphone"
	"glennline/voicemail"
	"glennline/voicemail/wav"
)

// demoVoice is an invented name in French, made by demo/generate.
//
//go:embed demo/caller.wav
var demoVoice []byte

func newDemoCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Show one real call from ring to stored signature",
		Long: `Starts Asterisk and glennline on loopback with free ports and a fresh data
folder below ./demo-data, or below --data, places a real SIP call in which a
caller says a name in French after the beep, and prints what happens as it
happens. The last line is 'signature <ULID> stored: <path of the WAV>'. The file
stays; nothing is left running.

Exit codes: 0 a signature was stored; 1 none was.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := runDemo(cmd.Context(), g, cmd.OutOrStdout())
			if err != nil && cmd.Context().Err() != nil {
				return errDemoEnded
			}
			return err
		},
	}
}

// errDemoEnded is all that is said when Ctrl-C cut the demo short.
var errDemoEnded = errors.New("told to end before a signature was stored")

func runDemo(ctx context.Context, g *globals, out io.Writer) error {
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	file, err := demoConfig(ctx, g)
	if err != nil {
		return err
	}
	d := &demo{out: out, began: time.Now(), ended: make(chan voicemail.Step, 1), ready: make(chan string, 1)}
	d.say("data folder %s", file.Data)
	ctx, end := context.WithCancel(ctx)
	defer end()
	done := make(chan error, 1)
	var root string
	go func() {
		done <- runUp(ctx, nil, file, d, io.Discard, func(s *service) {
			root = s.dir.Archive()
			s.script.Observe = d.observe
		})
	}()
	select {
	case uri := <-d.ready:
		d.say("ready at %s", uri)
		err = d.call(ctx, uri)
	case err := <-done:
		if err == nil {
			err = ctx.Err() // it ended as told
		}
		return fmt.Errorf("the line did not start: %w", err)
	}
	var last voicemail.Step
	if err == nil {
		select {
		case last = <-d.ended:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	end()
	if stopped := <-done; err == nil {
		err = stopped
	}
	if err != nil {
		return err
	}
	if last.Kind != voicemail.StepSignature {
		return fmt.Errorf("no signature was stored: the call ended as %s", last.Detail)
	}
	_, err = fmt.Fprintf(out, "signature %s stored: %s\n", last.CallID, filepath.Join(root, last.Detail))
	return err
}

// demoConfig is the configuration on free ports and in a fresh folder.
func demoConfig(ctx context.Context, g *globals) (config.File, error) {
	file, err := g.settings()
	if err != nil {
		return file, err
	}
	base := "demo-data"
	if g.data != "" {
		base = g.data
	}
	if base, err = filepath.Abs(base); err != nil {
		return file, err
	}
	// The caller is on this machine, whatever the carrier's trunk would be.
	local := config.Default()
	file.SIP, file.Trunks = local.SIP, local.Trunks
	ports, err := pbx.FreePorts(file.SIP.Host, 8)
	if err != nil {
		return file, err
	}
	file.SIP.Port = ports.SIP
	file.RTP = config.RTP{From: ports.RTP.From, To: ports.RTP.To}
	file.PBX.MaxCalls = 8
	file.Log.Level = "warn"
	file.Data = filepath.Join(base, "demo")
	if _, err := preflight(ctx, file); err != nil {
		return file, err
	}
	if err := os.MkdirAll(base, 0o755); err != nil {
		return file, fmt.Errorf("%w: choose another folder with --data", err)
	}
	if file.Data, err = os.MkdirTemp(base, time.Now().Format("20060102-150405-")); err != nil {
		return file, fmt.Errorf("%w: choose another folder with --data", err)
	}
	return file, nil
}

// demo prints what happens, from both ends of the call.
type demo struct {
	mu    sync.Mutex
	out   io.Writer
	began time.Time
	ready chan string
	ended chan voicemail.Step
}

// Write takes the service's standard output: the ready line.
func (d *demo) Write(p []byte) (int, error) {
	if uri, ok := bytes.CutPrefix(bytes.TrimSpace(p), []byte("ready ")); ok {
		d.ready <- string(uri)
	}
	return len(p), nil
}

func (d *demo) say(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintf(d.out, "%6.2f s  %s\n", time.Since(d.began).Seconds(), fmt.Sprintf(format, args...))
}

func (d *demo) observe(s voicemail.Step) {
	switch s.Kind {
	case voicemail.StepNotice:
		d.say("line:    name and notice (version %s)", s.Detail)
	case voicemail.StepRecord:
		d.say("line:    recording")
	case voicemail.StepSignature:
		d.say("line:    signature, its row and its voice are on disk")
	default:
		d.say("line:    %s", s.Kind)
	}
	if s.Kind == voicemail.StepSignature || s.Kind == voicemail.StepEnd {
		d.ended <- s
	}
}

func (d *demo) call(ctx context.Context, uri string) error {
	said, err := wav.ReadFrom(bytes.NewReader(demoVoice), int64(len(demoVoice)))
	if err != nil {
		return fmt.Errorf("the demo's voice: %w", err)
	}
	report, err := softphone.Call(ctx, softphone.Config{}, softphone.Script{
		To:       uri,
		From:     "+3225550100",
		Say:      said.Samples,
		SayDelay: 300 * time.Millisecond,
		// A person takes a moment to hang up.
		HangupAfter: 300 * time.Millisecond,
		OnEvent: func(e softphone.Event) {
			switch e.Kind {
			case softphone.Speaking:
				d.say("caller:  \"Je m'appelle Camille Delvaux, de Namur.\"")
			case softphone.Answered:
				d.say("caller:  answered after %d ms", e.Since.Milliseconds())
			case softphone.BeepEnded:
				d.say("caller:  heard the beep")
			default:
				d.say("caller:  %s", describe(e))
			}
		},
	})
	if err != nil {
		return err
	}
	return judgeCall(report, len(said.Samples))
}
