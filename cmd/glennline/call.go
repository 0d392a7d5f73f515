package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"glennline/softphone"
	"glennline/softphone/audio"
	"glennline/voicemail/wav"
)

type callOptions struct {
	say         string
	from        string
	hangupAfter time.Duration
	asJSON      bool
}

func newCallCommand() *cobra.Command {
	var opts callOptions
	cmd := &cobra.Command{
		Use:   "call SIP-URI",
		Short: "Call a line as a caller would, and leave a message",
		Long: `Places a real SIP call: hears the notice, waits for the beep, says the file,
hangs up, and reports when it was answered, what it heard and how the call ended.

The address is sip:NUMBER@HOST:PORT, as 'glennline up' prints it. The file is a
WAV of 8 kHz, 16 bit, mono.

Exit codes: 0 the message was left after the beep; 1 it was not; 2 wrong use.`,
		Example: "  glennline call sip:main@127.0.0.1:5060 --say name.wav --from +3225550100",
		Args:    oneArg("the SIP address to call"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runCall(cmd.Context(), cmd.OutOrStdout(), args[0], opts)
		},
	}
	cmd.Flags().StringVar(&opts.say, "say", "", "WAV `file` to say after the beep (required)")
	cmd.Flags().StringVar(&opts.from, "from", "", "calling `number`; withheld if empty")
	cmd.Flags().DurationVar(&opts.hangupAfter, "hangup-after", 0, "hang up this long after the answer, whatever was said by then")
	cmd.Flags().BoolVar(&opts.asJSON, "json", false, "print the report as JSON")
	return cmd
}

// callingNumber is what --from takes. A softphone could send words too; a
// telephone has none.
var callingNumber = regexp.MustCompile(`^\+?[0-9]{2,32}$`)

func runCall(ctx context.Context, out io.Writer, to string, opts callOptions) error {
	if opts.say == "" {
		return usage(errors.New("what is to be said is missing: name a WAV file with --say"))
	}
	if opts.from != "" && !callingNumber.MatchString(opts.from) { // not repeated: it is a caller's
		return usage(errors.New("--from is no telephone number: write digits alone, with or without a + before them, such as +3225550100"))
	}
	if opts.hangupAfter < 0 {
		return usage(fmt.Errorf("--hangup-after %s is negative: give a time such as 3s", opts.hangupAfter))
	}
	said, err := wav.Read(opts.say)
	if err != nil {
		return usage(fmt.Errorf("--say %s: %w: give a WAV file of 8 kHz, 16 bit, mono", opts.say, err))
	}
	if said.Rate != audio.Rate {
		return usage(fmt.Errorf("--say %s has %d samples a second: make it 8000, for instance with sox IN -r 8000 -c 1 -b 16 OUT", opts.say, said.Rate))
	}
	script := softphone.Script{To: to, From: opts.from, Withhold: opts.from == "", Say: said.Samples, SayDelay: 200 * time.Millisecond}
	if opts.hangupAfter > 0 {
		script.HangupAt, script.HangupAfter = softphone.AfterAnswer, opts.hangupAfter
	}
	if !opts.asJSON {
		script.OnEvent = func(e softphone.Event) {
			fmt.Fprintf(out, "%7.3f s  %s\n", e.Since.Seconds(), describe(e))
		}
	}
	report, err := softphone.Call(ctx, softphone.Config{}, script)
	if errors.Is(err, softphone.ErrInvalid) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	if err := printReport(out, report, opts.asJSON); err != nil {
		return err
	}
	return judgeCall(report, len(said.Samples))
}

func describe(e softphone.Event) string {
	switch e.Kind {
	case softphone.Ringing, softphone.Answered:
		return fmt.Sprintf("%s (%d)", e.Kind, e.Status)
	case softphone.HungUp:
		return fmt.Sprintf("hung up: %s", e.Ended)
	case softphone.Calling, softphone.FirstAudio, softphone.BeepBegan, softphone.BeepEnded,
		softphone.Speaking, softphone.Spoke, softphone.Pressed:
	}
	return strings.ReplaceAll(string(e.Kind), "_", " ")
}

// reportJSON is what `call --json` prints; a contract. Times are in seconds,
// those of events counted from the answer, and null where there was none.
type reportJSON struct {
	SIPCallID  string   `json:"sip_call_id"`
	Status     int      `json:"status"`
	Reason     string   `json:"reason"`
	AnswerTime *float64 `json:"answer_seconds"` // INVITE to 200 OK
	FirstAudio *float64 `json:"first_audio"`
	Beep       *float64 `json:"beep"` // its end
	SpokenFrom *float64 `json:"spoken_from"`
	SpokenTo   *float64 `json:"spoken_to"`
	Heard      float64  `json:"heard_seconds"`
	LevelDBFS  float64  `json:"heard_dbfs"`
	Lost       int      `json:"packets_lost"`
	Ended      string   `json:"ended"`
}

func printReport(out io.Writer, r softphone.Report, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(reportJSON{
			SIPCallID: r.CallID, Status: r.Status, Reason: r.Reason,
			AnswerTime: seconds(r.AnswerTime, r.AnswerTime > 0),
			FirstAudio: seconds(r.FirstAudio, r.AnswerTime > 0),
			Beep:       seconds(r.Beep(), true),
			SpokenFrom: seconds(r.SpokenFrom, r.Said > 0),
			SpokenTo:   seconds(r.SpokenTo, r.Said > 0),
			Heard:      float64(len(r.Heard)) / audio.Rate,
			LevelDBFS:  audio.LevelDB(r.Heard),
			Lost:       r.Stream.Lost,
			Ended:      string(r.Ended),
		})
	}
	if r.AnswerTime == 0 {
		_, err := fmt.Fprintf(out, "not answered: %s (%d %s)\n", r.Ended, r.Status, r.Reason)
		return err
	}
	beep := "no beep"
	if len(r.Beeps) > 0 {
		beep = fmt.Sprintf("beep at %.1f s", r.Beep().Seconds())
	}
	_, err := fmt.Fprintf(out, "answered after %d ms; heard %.1f s at %.0f dBFS, %s, %d packets lost; ended by the %s after %.1f s\n",
		r.AnswerTime.Milliseconds(), float64(len(r.Heard))/audio.Rate, audio.LevelDB(r.Heard), beep, r.Stream.Lost, r.Ended, r.Length.Seconds())
	return err
}

func seconds(d time.Duration, known bool) *float64 {
	if !known || d < 0 {
		return nil
	}
	s := d.Seconds()
	return &s
}

// judgeCall says whether the message was left after the beep.
func judgeCall(r softphone.Report, samples int) error {
	switch {
	case r.AnswerTime == 0:
		return fmt.Errorf("the call was not answered: %s (%d %s)", r.Ended, r.Status, r.Reason)
	case len(r.Beeps) == 0:
		return errors.New("no beep was heard, so nothing was said")
	case r.Said < samples:
		return fmt.Errorf("the call ended after %.1f s of the message's %.1f s", float64(r.Said)/audio.Rate, float64(samples)/audio.Rate)
	}
	return nil
}
