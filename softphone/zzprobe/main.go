package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"glennline/softphone"
	"glennline/softphone/audio"
)

func main() {
	var s softphone.Script
	var say, rec string
	var cfg softphone.Config
	flag.StringVar(&s.To, "to", "sip:plain@127.0.0.1:15200", "")
	flag.StringVar(&s.From, "from", "", "")
	flag.StringVar(&s.AssertedIdentity, "pai", "", "")
	flag.BoolVar(&s.Withhold, "withhold", false, "")
	flag.StringVar(&say, "say", "/tmp/sp/say.wav", "")
	flag.StringVar(&rec, "rec", "/tmp/sp/ast/spool/recording/plain-%s.wav", "")
	flag.StringVar(&s.Keys, "keys", "", "")
	flag.StringVar((*string)(&s.HangupAt), "at", "", "")
	flag.StringVar((*string)(&s.SayAt), "sayat", "", "")
	flag.DurationVar(&s.HangupAfter, "after", 0, "")
	flag.DurationVar(&s.SayDelay, "delay", 0, "")
	flag.DurationVar(&s.CancelAfter, "cancel", 0, "")
	flag.DurationVar(&s.AnswerWithin, "within", 0, "")
	flag.DurationVar(&s.MaxLength, "max", 0, "")
	flag.BoolVar(&s.NoRTP, "nortp", false, "")
	flag.StringVar(&cfg.Transport, "transport", "", "")
	flag.IntVar(&cfg.BindPort, "port", 0, "")
	div := flag.String("div", "", "")
	flag.Parse()
	if *div != "" {
		s.Headers = append(s.Headers, softphone.Header{Name: "Diversion", Value: *div})
	}
	if say != "" {
		x, err := audio.ReadWAV(say)
		if err != nil {
			fmt.Println(err)
			os.Exit(2)
		}
		s.Say = x
	}
	s.OnEvent = func(e softphone.Event) {
		fmt.Printf("%8.3f %s status=%d beep=%v ended=%s\n", e.Since.Seconds(), e.Kind, e.Status, e.Beep, e.Ended)
	}
	t := time.Now()
	r, err := softphone.Call(context.Background(), cfg, s)
	heard := len(r.Heard)
	r.Heard = nil
	fmt.Printf("took %v\n%+v\nheard %d samples\nerr %v\n", time.Since(t), r, heard, err)
	if rec != "" && say != "" {
		time.Sleep(300 * time.Millisecond)
		got, err := audio.ReadWAV(fmt.Sprintf(rec, r.CallID))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("recorded %d: %+v\n", len(got), audio.Compare(s.Say[:r.Said], got, 8000))
	}
}
