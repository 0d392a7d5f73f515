package voicemail

import (
	"fmt"
	"regexp"
	"time"
)

// Line is one telephone line of the campaign: several numbers may lead to it.
type Line struct {
	Name       string
	Region     string        // ISO 3166 country whose national format callers' numbers may have
	RingFor    time.Duration // how long it rings before the answer
	MaxMessage time.Duration // longest message
	MaxSilence time.Duration // silence that ends the message; 0 for none
	EndKey     string        // key that ends the message; "" for none
}

// Source is where a dialled number may stand.
type Source string

// The sources.
const (
	SourceRequest     Source = "request"
	SourceTo          Source = "to"
	SourceDiversion   Source = "diversion"
	SourceHistoryInfo Source = "history-info"
)

// Normalise brings a number into one form (E.164), or says that it is none.
type Normalise func(number, region string) (string, error)

// Reading is how a trunk tells the number that was dialled.
type Reading struct {
	Sources []Source // where to look, in this order
	// Normalise brings a number from the form in which the trunk writes it into
	// E.164. What it does not take is read as any trunk's. May be nil.
	Normalise func(number string) (string, error)
}

// Found is where a call leads.
type Found struct {
	Line   Line   // the zero one where no line has the number
	Number string // as it was recognised or, where no line has it, the first that was found
	Source Source // where that stood; "" where nothing was dialled
	Known  bool
}

// Lines finds the line that a call is for.
type Lines struct {
	usual     Reading
	trunks    map[string]Reading
	normalise Normalise
	region    string
	byNumber  map[string]Line
	catchAll  *Line
	known     recognised
}

// NewLines makes an empty directory that looks for the dialled number in the
// sources, in their order. Region is the country of numbers in national form.
func NewLines(sources []Source, region string, normalise Normalise) *Lines {
	return &Lines{
		usual: Reading{Sources: sources}, trunks: make(map[string]Reading),
		region: region, normalise: normalise, byNumber: make(map[string]Line),
	}
}

// Read has the calls of a trunk read in its own way.
func (l *Lines) Read(trunk string, r Reading) {
	l.trunks[trunk] = r
	l.known.forget()
}

// Add gives a line the numbers that lead to it; catchAll makes it the line of
// every number that has none.
func (l *Lines) Add(line Line, catchAll bool, numbers ...string) error {
	l.known.forget()
	for _, number := range numbers {
		key := l.key(number)
		if other, taken := l.byNumber[key]; taken {
			return fmt.Errorf("number %s leads to line %s and to line %s: give it to one of them", number, other.Name, line.Name)
		}
		l.byNumber[key] = line
	}
	if !catchAll {
		return nil
	}
	if l.catchAll != nil {
		return fmt.Errorf("lines %s and %s are both catch_all: only one can be", l.catchAll.Name, line.Name)
	}
	l.catchAll = &line
	return nil
}

// key is the E.164 form, or the text itself: a trunk may dial a name.
func (l *Lines) key(number string) string {
	if e164, err := l.normalise(number, l.region); err == nil {
		return e164
	}
	return number
}

// Find gives the line that was dialled by a trunk's call.
func (l *Lines) Find(trunk string, d Dialled) (found Found) {
	reading, own := l.trunks[trunk]
	if !own {
		reading = l.usual
	}
	for _, source := range reading.Sources {
		for _, candidate := range candidates(source, d) {
			if number, known := l.recognise(trunk, reading, candidate); known {
				return Found{Line: l.byNumber[number], Number: number, Source: source, Known: true}
			}
			if found.Number == "" {
				found.Number, found.Source = candidate, source
			}
		}
	}
	if l.catchAll != nil {
		found.Line, found.Known = *l.catchAll, true
		found.Number = l.readings(reading, found.Number)[0]
	}
	return found
}

// recognise gives the number of ours that a trunk means by a candidate.
func (l *Lines) recognise(trunk string, r Reading, candidate string) (number string, known bool) {
	if number, known = l.known.find(trunk, candidate); known {
		return number, true
	}
	for _, number := range l.readings(r, candidate) {
		if _, known := l.byNumber[number]; known {
			l.known.note(trunk, candidate, number)
			return number, true
		}
	}
	return "", false
}

// readings are what a number may mean, the likeliest first.
func (l *Lines) readings(r Reading, number string) []string {
	all := make([]string, 0, 2)
	if r.Normalise != nil {
		if e164, err := r.Normalise(number); err == nil {
			all = append(all, e164)
		}
	}
	return append(all, l.key(number))
}

func candidates(source Source, d Dialled) []string {
	switch source {
	case SourceRequest:
		if d.Request == "" {
			return nil
		}
		return []string{d.Request}
	case SourceTo:
		return users(d.To)
	case SourceDiversion:
		return users(d.Diversion)
	case SourceHistoryInfo:
		return users(d.HistoryInfo)
	}
	return nil
}

// uriUser finds the user part of every sip, sips and tel URI in a header value
// (RFC 3261 25.1, RFC 3966); parameters of the user part are left out.
var uriUser = regexp.MustCompile(`(?i)\b(?:sips?|tel):([^@;>?,\s]+)`)

func users(header string) []string {
	var found []string
	for _, m := range uriUser.FindAllStringSubmatch(header, 8) {
		found = append(found, m[1])
	}
	return found
}
