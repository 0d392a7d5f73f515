package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
)

// report is everything that was measured, as it is written to the file. Keys
// are added, never renamed or removed.
type report struct {
	Began         time.Time `json:"began"`
	Machine       machine   `json:"machine"`
	Pairs         int       `json:"pairs"`
	PlaceSeconds  float64   `json:"place_seconds"` // how long each run placed calls
	CallSeconds   float64   `json:"call_seconds"`
	PromptSeconds float64   `json:"prompt_seconds"`
	Idle          idle      `json:"idle"`
	Summary       []summary `json:"summary"`
	Samples       []sample  `json:"samples"`
}

// idle is CPU time in milliseconds a second while there is no call. It is part
// of every figure, not taken off.
type idle struct {
	Asterisk  float64 `json:"asterisk_ms_per_second"`
	Glennline float64 `json:"glennline_ms_per_second"`
}

// summary is one rate.
type summary struct {
	Rate      int     `json:"calls_per_second"`
	Dialplan  figures `json:"dialplan"`
	Glennline figures `json:"glennline"`
	// Ratios of the glennline run to the dialplan run of the same pair.
	Total    spread `json:"ratio_total_cpu"`
	Asterisk spread `json:"ratio_asterisk_cpu"`
	P99      spread `json:"ratio_invite_to_200_p99"`
}

// figures are the runs of one contestant at one rate.
type figures struct {
	Calls       int    `json:"calls"`
	Lost        int    `json:"lost"`
	Short       int    `json:"short"` // with a recording that lacks more than shortBy
	Asterisk    spread `json:"asterisk_ms_per_call"`
	Glennline   spread `json:"glennline_ms_per_call"`
	Total       spread `json:"total_ms_per_call"`
	SIPp        spread `json:"sipp_ms_per_call"`
	Rest        spread `json:"rest_ms_per_call"`
	Load        spread `json:"rest_cores"`
	AnswerP50   spread `json:"channel_to_answer_p50_ms"`
	AnswerP99   spread `json:"channel_to_answer_p99_ms"`
	InviteP50   spread `json:"invite_to_200_p50_ms"`
	InviteP99   spread `json:"invite_to_200_p99_ms"`
	Retransmits int    `json:"retransmissions"`
	Seconds     spread `json:"recording_seconds"` // of all recordings, the median by runs
}

// summarise fills in Summary.
func (r *report) summarise() {
	var rates []int
	by := map[int]map[contestant][]sample{}
	for _, s := range r.Samples {
		if by[s.Rate] == nil {
			by[s.Rate] = map[contestant][]sample{}
			rates = append(rates, s.Rate)
		}
		by[s.Rate][s.Who] = append(by[s.Rate][s.Who], s)
	}
	r.Summary = nil
	for _, rate := range rates {
		alone, ours := by[rate][dialplanAlone], by[rate][withGlennline]
		ratio := func(value func(sample) float64) spread {
			var ratios []float64
			for i := range min(len(alone), len(ours)) {
				if v := value(alone[i]); v > 0 {
					ratios = append(ratios, value(ours[i])/v)
				}
			}
			return spreadOf(ratios)
		}
		r.Summary = append(r.Summary, summary{
			Rate: rate, Dialplan: figuresOf(alone), Glennline: figuresOf(ours),
			Total:    ratio(sample.total),
			Asterisk: ratio(func(s sample) float64 { return s.Asterisk.Total }),
			P99:      ratio(func(s sample) float64 { return s.SIP.ToAnswer.P99 }),
		})
	}
}

func figuresOf(samples []sample) figures {
	var f figures
	for _, s := range samples {
		f.Calls += s.Calls
		f.Lost += s.Lost
		f.Short += s.Recordings.Short
		f.Retransmits += s.SIP.Retransmissions
	}
	over := func(value func(sample) float64) spread {
		var values []float64
		for _, s := range samples {
			values = append(values, value(s))
		}
		return spreadOf(values)
	}
	f.Asterisk = over(func(s sample) float64 { return s.Asterisk.Total })
	f.Glennline = over(func(s sample) float64 { return s.Glennline.Total })
	f.Total = over(sample.total)
	f.SIPp = over(func(s sample) float64 { return s.SIPp.Total })
	f.Rest = over(func(s sample) float64 { return s.Rest })
	f.Load = over(func(s sample) float64 { return s.Load })
	f.AnswerP50 = over(func(s sample) float64 { return s.Answer.P50 })
	f.AnswerP99 = over(func(s sample) float64 { return s.Answer.P99 })
	f.InviteP50 = over(func(s sample) float64 { return s.SIP.ToAnswer.P50 })
	f.InviteP99 = over(func(s sample) float64 { return s.SIP.ToAnswer.P99 })
	f.Seconds = spread{
		Median: over(func(s sample) float64 { return s.Recordings.Seconds.Median }).Median,
		Min:    over(func(s sample) float64 { return s.Recordings.Seconds.Min }).Min,
		Max:    over(func(s sample) float64 { return s.Recordings.Seconds.Max }).Max,
	}
	return f
}

// lost is an error if a call was.
func (r *report) lost() error {
	var lost []string
	for _, s := range r.Samples {
		if s.Lost > 0 {
			lost = append(lost, fmt.Sprintf("%d of %d to the %s at %d/s (pair %d)", s.Lost, s.Calls, s.Who, s.Rate, s.Pair))
		}
	}
	if len(lost) == 0 {
		return nil
	}
	return fmt.Errorf("calls were lost: %s", strings.Join(lost, ", "))
}

// write puts the report into a file and makes its folder.
func (r *report) write(path string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// print is the table for people.
func (r *report) print(out io.Writer) error {
	fmt.Fprintf(out, "\n%s\n", r.Machine)
	fmt.Fprintf(out, "calls of %.0f s (%.1f s of prompts), placed for %.0f s a run, %d pairs; median (least - most)\n",
		r.CallSeconds, r.PromptSeconds, r.PlaceSeconds, r.Pairs)
	fmt.Fprintf(out, "idle: Asterisk %.1f, glennline %.1f ms of CPU a second, not taken off\n\n", r.Idle.Asterisk, r.Idle.Glennline)
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	for _, s := range r.Summary {
		d, g := s.Dialplan, s.Glennline
		fmt.Fprintf(w, "%d calls/s\tdialplan alone\tglennline\tratio\n", s.Rate)
		line := func(name, format string, a, b spread, ratio string) {
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", name, a.text(format), b.text(format), ratio)
		}
		line("Asterisk, ms of CPU a call", "%.2f", d.Asterisk, g.Asterisk, s.Asterisk.text("%.3f"))
		fmt.Fprintf(w, "  glennline, ms of CPU a call\t\t%s\t\n", g.Glennline.text("%.2f"))
		line("together", "%.2f", d.Total, g.Total, s.Total.text("%.3f"))
		line("INVITE to 200, median ms", "%.1f", d.InviteP50, g.InviteP50, "")
		line("INVITE to 200, 99th percentile ms", "%.1f", d.InviteP99, g.InviteP99, s.P99.text("%.2f"))
		line("channel to answer, median ms", "%.2f", d.AnswerP50, g.AnswerP50, "")
		line("channel to answer, 99th percentile ms", "%.2f", d.AnswerP99, g.AnswerP99, "")
		fmt.Fprintf(w, "  calls, lost, short, SIP retransmissions\t%d, %d, %d, %d\t%d, %d, %d, %d\t\n",
			d.Calls, d.Lost, d.Short, d.Retransmits, g.Calls, g.Lost, g.Short, g.Retransmits)
		line("recordings, s", "%.2f", d.Seconds, g.Seconds, "")
		line("SIPp, ms of CPU a call", "%.2f", d.SIPp, g.SIPp, "")
		line("rest of the machine, cores", "%.2f", d.Load, g.Load, "")
		fmt.Fprintln(w, "\t\t\t")
	}
	return w.Flush()
}

func (s spread) text(format string) string {
	return fmt.Sprintf(format+" ("+format+" - "+format+")", s.Median, s.Min, s.Max)
}
