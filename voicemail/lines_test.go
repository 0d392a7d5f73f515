package voicemail_test

import (
	"errors"
	"testing"

	"glennline/petition/caller"
	"glennline/voicemail"
)

func TestLinesFind(t *testing.T) {
	lines := voicemail.NewLines([]voicemail.Source{
		voicemail.SourceRequest, voicemail.SourceTo, voicemail.SourceDiversion, voicemail.SourceHistoryInfo,
	}, "BE", caller.E164)
	for _, add := range []struct {
		name    string
		numbers []string
	}{
		{"main", []string{"+32 2 555 01 00"}},
		{"partner", []string{"02 555 01 01", "petition"}},
	} {
		if err := lines.Add(voicemail.Line{Name: add.name}, false, add.numbers...); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		dialled voicemail.Dialled
		line    string
		number  string
	}{
		"E.164":               {voicemail.Dialled{Request: "+3225550100"}, "main", "+3225550100"},
		"without plus":        {voicemail.Dialled{Request: "3225550100"}, "main", "+3225550100"},
		"with 00":             {voicemail.Dialled{Request: "003225550101"}, "partner", "+3225550101"},
		"national":            {voicemail.Dialled{Request: "025550101"}, "partner", "+3225550101"},
		"a word":              {voicemail.Dialled{Request: "petition"}, "partner", "petition"},
		"To":                  {voicemail.Dialled{Request: "trunk", To: `"A, B" <sip:+3225550101@carrier.example;user=phone>;tag=1`}, "partner", "+3225550101"},
		"tel URI":             {voicemail.Dialled{Request: "s", To: "<tel:+3225550100>"}, "main", "+3225550100"},
		"second diversion":    {voicemail.Dialled{Request: "trunk", Diversion: "<sip:+3225550155@x>;reason=no-answer, <sip:025550100@x>;reason=unconditional"}, "main", "+3225550100"},
		"History-Info":        {voicemail.Dialled{Request: "trunk", HistoryInfo: "<sip:+3225550101@x?Reason=SIP>;index=1,<sip:trunk@y>;index=1.1"}, "partner", "+3225550101"},
		"request comes first": {voicemail.Dialled{Request: "+3225550100", To: "<sip:+3225550101@x>"}, "main", "+3225550100"},
		"user parameters":     {voicemail.Dialled{Request: "s", To: "<sip:+3225550100;npdi@x>"}, "main", "+3225550100"},
		"unknown":             {voicemail.Dialled{Request: "+3225550199"}, "", "+3225550199"},
		"nothing":             {voicemail.Dialled{}, "", ""},
	} {
		for _, time := range []string{"first", "second"} { // what was recognised is remembered
			got := lines.Find("carrier", tt.dialled)
			if got.Line.Name != tt.line || got.Number != tt.number || got.Known != (tt.line != "") {
				t.Errorf("%s, for the %s time: %+v; want line %q, number %q", name, time, got, tt.line, tt.number)
			}
		}
	}
	if err := lines.Add(voicemail.Line{Name: "all"}, true); err != nil {
		t.Fatal(err)
	}
	if got := lines.Find("", voicemail.Dialled{Request: "+3225550199"}); !got.Known || got.Line.Name != "all" {
		t.Errorf("a number of no line reached %q, want the one that takes all", got.Line.Name)
	}
	if err := lines.Add(voicemail.Line{Name: "second"}, true); err == nil {
		t.Error("two lines that take all were accepted")
	}
	if err := lines.Add(voicemail.Line{Name: "second"}, false, "0032 2 555 01 00"); err == nil {
		t.Error("a number that leads to two lines was accepted")
	}
}

// Each trunk is read where and as it writes the number; what it writes otherwise
// is not lost for that.
func TestLinesReadTrunks(t *testing.T) {
	lines := voicemail.NewLines([]voicemail.Source{voicemail.SourceRequest}, "IT", caller.E164)
	format := func(format caller.Format) func(string) (string, error) {
		return func(number string) (string, error) { return caller.Read(number, "IT", format) }
	}
	lines.Read("abroad", voicemail.Reading{Sources: []voicemail.Source{voicemail.SourceDiversion, voicemail.SourceTo}, Normalise: format(caller.FormatE164)})
	lines.Read("home", voicemail.Reading{Sources: []voicemail.Source{voicemail.SourceRequest}, Normalise: format(caller.FormatNational)})
	// The same digits, for Belgium and for Italy.
	if err := errors.Join(
		lines.Add(voicemail.Line{Name: "brussels"}, false, "+32 2 555 01 00"),
		lines.Add(voicemail.Line{Name: "milan"}, false, "+39 322 555 0100"),
	); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		trunk   string
		dialled voicemail.Dialled
		line    string
		source  voicemail.Source
	}{
		"digits of another country":      {"abroad", voicemail.Dialled{To: "<sip:3225550100@x>"}, "brussels", "to"},
		"the same digits at home":        {"home", voicemail.Dialled{Request: "3225550100"}, "milan", "request"},
		"of no trunk that we know":       {"other", voicemail.Dialled{Request: "3225550100"}, "milan", "request"},
		"in its own order":               {"abroad", voicemail.Dialled{To: "<sip:393225550100@x>", Diversion: "<sip:3225550100@x>"}, "brussels", "diversion"},
		"not where it does not look":     {"abroad", voicemail.Dialled{Request: "3225550100"}, "", ""},
		"in another form than it should": {"abroad", voicemail.Dialled{To: "<sip:+393225550100@x>"}, "milan", "to"},
		"unknown":                        {"home", voicemail.Dialled{Request: "+3225550199", To: "<sip:+3225550100@x>"}, "", "request"},
	} {
		got := lines.Find(tt.trunk, tt.dialled)
		if got.Line.Name != tt.line || got.Source != tt.source || got.Known != (tt.line != "") {
			t.Errorf("%s: %+v; want line %q from %q", name, got, tt.line, tt.source)
		}
	}
}
