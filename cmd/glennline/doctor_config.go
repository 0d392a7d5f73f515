package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"glennline/config"
	"glennline/ops/datadir"
	"glennline/ops/doctor"
	"glennline/voicemail/prompts"
)

// examination is what the checks go by.
type examination struct {
	file   config.File
	dir    datadir.Dir
	report *doctor.Report
}

// examine makes every check that can be made.
func examine(ctx context.Context, g *globals, report *doctor.Report) *examination {
	file, err := g.settings()
	x := &examination{file: file, report: report}
	x.configuration(err)
	report.Add(doctor.Clock("clock"))
	dir, dirErr := datadir.At(file.Data)
	if file.Data == "" || dirErr != nil { // the file could not be read
		return x
	}
	x.dir = dir
	x.certificates()
	x.prompts()
	x.data(ctx)
	x.asterisk(ctx)
	return x
}

// faults is a check for each of joined errors, which say where they are and
// what to do.
func faults(name, do string, err error) (checks []doctor.Check) {
	for _, fault := range each(err) {
		checks = append(checks, doctor.Bad(name, oneLine(fault), do))
	}
	return checks
}

const thenCheck = "correct it there; 'glennline config check' looks at the configuration alone"

func (x *examination) configuration(err error) {
	if err != nil {
		x.report.Add(faults("configuration", thenCheck, err)...)
		return
	}
	x.report.Add(doctor.Good("configuration", several(len(x.file.Lines), "line")+", "+several(len(x.file.Trunks), "trunk")))
}

// renewBefore is how long before its end a certificate should be renewed.
const renewBefore = 21 * 24 * time.Hour

func (x *examination) certificates() {
	const name = "certificates"
	if _, err := x.file.MonitorPassword(); err != nil {
		x.report.Add(faults("passwords", thenCheck, err)...)
	}
	if _, err := x.file.Passwords(); err != nil {
		x.report.Add(faults("passwords", thenCheck, err)...)
	}
	now := time.Now()
	cert, err := x.file.Certificate(now)
	switch until := cert.Expires.UTC().Format(time.DateOnly); {
	case err != nil:
		x.report.Add(faults(name, thenCheck, err)...)
	case cert.Expires.IsZero():
		x.report.Add(doctor.Good(name, "none of ours is needed"))
	case cert.Expires.Sub(now) < renewBefore:
		x.report.Add(doctor.Warn(name, fmt.Sprintf("%s ends on %s", x.file.SIP.TLS.CertificateFile, until), "renew it, and start the line anew: Asterisk reads it when it starts"))
	default:
		x.report.Add(doctor.Good(name, fmt.Sprintf("%s is good until %s", x.file.SIP.TLS.CertificateFile, until)))
	}
}

func (x *examination) prompts() {
	const name = "prompts"
	for _, line := range promptSources(x.file) {
		reports, err := line.Check()
		if err != nil {
			for _, fault := range each(err) {
				do := "see 'Prompts' in the README"
				if f, ok := errors.AsType[*prompts.FileError](fault); ok {
					do = f.Hint
					fault = fmt.Errorf("line %s: %s: %w", line.Name, f.Path, f.Err)
				}
				x.report.Add(doctor.Bad(name, oneLine(fault), do))
			}
			continue
		}
		if still := line.Unreplaced(); len(still) > 0 {
			x.report.Add(doctor.Warn(name, fmt.Sprintf("line %s speaks placeholders: %s", line.Name, strings.Join(still, ", ")),
				"record the campaign's own, and name their folder with lines[].prompts"))
			continue
		}
		low, high := 0.0, -100.0
		for _, r := range reports {
			low, high = min(low, r.Measure.LevelDBFS), max(high, r.Measure.LevelDBFS)
		}
		x.report.Add(doctor.Good(name, fmt.Sprintf("line %s: %d, from %.0f to %.0f dBFS", line.Name, len(reports), low, high)))
	}
}
