package voicemail_test

import (
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
		line, number, known := lines.Find(tt.dialled)
		if line.Name != tt.line || number != tt.number || known != (tt.line != "") {
			t.Errorf("%s: line %q, number %q, known %v; want %q, %q", name, line.Name, number, known, tt.line, tt.number)
		}
	}
	if err := lines.Add(voicemail.Line{Name: "all"}, true); err != nil {
		t.Fatal(err)
	}
	if line, _, known := lines.Find(voicemail.Dialled{Request: "+3225550199"}); !known || line.Name != "all" {
		t.Errorf("a number of no line reached %q, want the one that takes all", line.Name)
	}
	if err := lines.Add(voicemail.Line{Name: "second"}, true); err == nil {
		t.Error("two lines that take all were accepted")
	}
	if err := lines.Add(voicemail.Line{Name: "second"}, false, "0032 2 555 01 00"); err == nil {
		t.Error("a number that leads to two lines was accepted")
	}
}
