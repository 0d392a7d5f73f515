package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"glennline/bench/page"
)

// report is everything that was measured, as it is written to the file. Keys
// are added and never renamed, so that files of older programs can be read.
type report struct {
	Began         time.Time `json:"began"`
	Machine       machine   `json:"machine"`
	Pairs         int       `json:"pairs"`
	BrokenOff     string    `json:"broken_off,omitempty"` // why it is not all that was to be measured
	Note          string    `json:"note,omitempty"`       // what has to be known of figures that an older program took
	PlaceSeconds  float64   `json:"place_seconds"`        // how long each run placed calls
	PromptSeconds float64   `json:"prompt_seconds"`
	Idle          idle      `json:"idle"`
	Summary       []summary `json:"summary"`
	Profiles      []profile `json:"glennline_profiles,omitempty"` // of each load
	Profile       *profile  `json:"glennline_profile,omitempty"`  // the only one, in files of an older program
	Samples       []sample  `json:"samples"`
}

// idle is CPU time in milliseconds a second while there is no call, part of every
// figure and not taken off.
type idle struct {
	Asterisk  float64 `json:"asterisk_ms_per_second"`
	Glennline float64 `json:"glennline_ms_per_second"`
	Load      float64 `json:"rest_cores,omitempty"` // that all else uses
}

// summary is one load.
type summary struct {
	Rate      int     `json:"calls_per_second"`
	Length    float64 `json:"call_seconds"`
	Alone     bool    `json:"glennline_alone,omitempty"` // nobody else answered: no aim is judged there
	Dialplan  figures `json:"dialplan"`
	Voicemail figures `json:"voicemail"`
	Glennline figures `json:"glennline"`
	// Ratios of the glennline run to the dialplan run of the same pair.
	Total    spread `json:"ratio_total_cpu"`
	Asterisk spread `json:"ratio_asterisk_cpu"`
	P99      spread `json:"ratio_invite_to_200_p99"`
	// By Asterisk's own clock, which is finer than SIPp's, and without what is before
	// the channel and behind the answer.
	AnswerP99 spread `json:"ratio_channel_to_answer_p99"`
	// Ratio of the glennline run to the voicemail run of the same pair.
	ToVoicemail spread `json:"ratio_total_cpu_to_voicemail"`
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
	Busiest     spread `json:"machine_busiest_percent"` // of all cores, in its busiest second
	Retransmits int    `json:"retransmissions"`
	// What the probes saw, of all runs together.
	ToAnswer spread `json:"probe_invite_to_200_ms"`
	ToPrompt spread `json:"probe_answer_to_prompt_ms"`
	ToBeep   spread `json:"probe_prompt_to_beep_ms"`
	ToCommit spread `json:"probe_hangup_to_commit_ms"`
	Probes   int    `json:"probes"`
	Unheard  int    `json:"probes_unheard"` // of them, without the times of prompts and beep
	Gaps     gapsOf `json:"gaps"`
	Seconds  spread `json:"recording_seconds"` // of all recordings, the median by runs
}

// summarise fills in Summary.
func (r *report) summarise() {
	type key struct {
		rate   int
		length float64
	}
	var loads []key
	by := map[key]map[contestant][]sample{}
	for _, s := range r.Samples {
		k := key{s.Rate, s.Length}
		if by[k] == nil {
			by[k] = map[contestant][]sample{}
			loads = append(loads, k)
		}
		by[k][s.Who] = append(by[k][s.Who], s)
	}
	r.Summary = nil
	for _, k := range loads {
		alone, voicemail, ours := by[k][dialplanAlone], by[k][itsVoicemail], by[k][withGlennline]
		r.Summary = append(r.Summary, summary{
			Rate: k.rate, Length: k.length, Alone: len(ours) > 0 && ours[0].Alone,
			Dialplan: figuresOf(alone), Voicemail: figuresOf(voicemail), Glennline: figuresOf(ours),
			Total:       ratio(ours, alone, sample.total),
			Asterisk:    ratio(ours, alone, func(s sample) float64 { return s.Asterisk.Total }),
			P99:         ratio(ours, alone, func(s sample) float64 { return s.SIP.ToAnswer.P99 }),
			AnswerP99:   ratio(ours, alone, func(s sample) float64 { return s.Answer.P99 }),
			ToVoicemail: ratio(ours, voicemail, sample.total),
		})
	}
}

// ratio compares runs of the same pair.
func ratio(ours, theirs []sample, value func(sample) float64) spread {
	in := map[int]sample{}
	for _, s := range theirs {
		in[s.Pair] = s
	}
	var ratios []float64
	for _, s := range ours {
		if v := value(in[s.Pair]); v > 0 {
			ratios = append(ratios, value(s)/v)
		}
	}
	return spreadOf(ratios)
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
	f.Busiest = over(func(s sample) float64 { return s.Busiest })
	f.AnswerP50 = over(func(s sample) float64 { return s.Answer.P50 })
	f.AnswerP99 = over(func(s sample) float64 { return s.Answer.P99 })
	f.InviteP50 = over(func(s sample) float64 { return s.SIP.ToAnswer.P50 })
	f.InviteP99 = over(func(s sample) float64 { return s.SIP.ToAnswer.P99 })
	var probes []probe
	for _, s := range samples {
		for _, p := range s.Probes {
			if p.Error == "" {
				probes = append(probes, p)
			}
		}
		g := s.Recordings.Gaps
		f.Gaps.Recordings += g.Recordings
		f.Gaps.Strangers += g.Strangers
		f.Gaps.MissingMS += g.MissingMS
		f.Gaps.ForeignMS += g.ForeignMS
		f.Gaps.LongestMS = max(f.Gaps.LongestMS, g.LongestMS)
	}
	f.Probes = len(probes)
	saw := func(value func(probe) float64) spread {
		var values []float64
		for _, p := range probes {
			values = append(values, value(p))
		}
		return spreadOf(values)
	}
	f.ToAnswer = saw(func(p probe) float64 { return p.ToAnswer })
	f.ToCommit = saw(func(p probe) float64 { return p.ToCommit })
	probes = slices.DeleteFunc(probes, func(p probe) bool { return p.Unheard != "" })
	f.Unheard = f.Probes - len(probes)
	f.ToPrompt = saw(func(p probe) float64 { return p.ToPrompt })
	f.ToBeep = saw(func(p probe) float64 { return p.ToBeep })
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
			why := ""
			for _, p := range s.Probes {
				if p.Error != "" {
					why = ", a probe: " + p.Error
				}
			}
			lost = append(lost, fmt.Sprintf("%d of %d to the %s at %d/s of %.0f s (pair %d%s)", s.Lost, s.Calls, s.Who, s.Rate, s.Length, s.Pair, why))
		}
	}
	for _, p := range r.profiles() {
		if p.Lost > 0 {
			lost = append(lost, fmt.Sprintf("%d of %d in the profiled run at %s", p.Lost, p.Calls, p.load()))
		}
	}
	if len(lost) == 0 {
		return nil
	}
	return fmt.Errorf("calls were lost: %s", strings.Join(lost, ", "))
}

// write puts the report into a file and makes its folder.
func (r *report) write(path string) error { return writeFigures(path, r) }

// writeFigures makes the file's folder, too.
func writeFigures(path string, figures any) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return page.WriteFigures(path, figures)
}
