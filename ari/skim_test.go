package ari

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/CyCoreSystems/ari/v6"
)

// FuzzMembers compares what is skimmed with what encoding/json reads: of a whole
// object it finds the same members, and nothing makes it fail otherwise than by
// an error.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{
		startJSON, endJSON, playJSON, `{}`, ` { "a" : [ { "b" : "}\\"," } , 2 ] ,
			"c":null,"d":-1.5e3 ,"e":true}`, `{"a"}`, `{"a":}`, `{"a":1`, `{"a":1,}`, `{"a":"\`, `{"a" 1}`, `[1]`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got := map[string]string{}
		err := members(data, func(key, value []byte) error {
			got[string(key)] = string(value)
			return nil
		})
		var want map[string]json.RawMessage
		if !utf8.Valid(data) || json.Unmarshal(data, &want) != nil || want == nil {
			return // what is no JSON (RFC 8259) may be read or not
		}
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		for key, value := range want {
			if written, err := json.Marshal(key); err == nil && string(written) == `"`+key+`"` && got[key] != string(value) {
				t.Errorf("%q: member %q is %q, want %q", data, key, got[key], value)
			}
		}
	})
}

// What Asterisk escapes is read as it was meant, and what is none of what it
// ought to be is an error.
func TestSkimmed(t *testing.T) {
	kind, got, err := decode([]byte(`{"type":"RecordingFinished","timestamp":"2026-11-22T18:30:09.130+0000","application":"glennline",` +
		`"recording":{"name":"main\/2026 \u00e9","format":"wav","state":"done","target_uri":"channel:1.2","duration":7,"cause":null}}`))
	want := &recordingEvent{Timestamp: ari.DateTime(time.Date(2026, 11, 22, 18, 30, 9, 130e6, time.UTC))}
	want.Recording.Name, want.Recording.TargetURI = "main/2026 é", "channel:1.2"
	want.Recording.Duration = ari.DurationSec(7 * time.Second)
	if e, ok := got.(*recordingEvent); err != nil || kind != "RecordingFinished" || !ok ||
		!reflect.DeepEqual(e.Recording, want.Recording) || !time.Time(e.Timestamp).Equal(time.Time(want.Timestamp)) {
		t.Errorf("%s %+v, %v; want %+v", kind, got, err, want)
	}
	for _, wrong := range []string{
		`{"type":"StasisEnd","channel":7}`, `{"type":"StasisEnd","channel":{"id":7}}`, `{"type":"StasisEnd","timestamp":"yesterday"}`,
		`{"type":"PlaybackFinished","playback":{"id":["x"]}}`, `{"type":"RecordingFailed","recording":{"duration":"x"}}`,
		`{"type":"RecordingFailed","recording":{"name":"x"`,
	} {
		if _, _, err := decode([]byte(wrong)); err == nil {
			t.Errorf("%s is no error", wrong)
		}
	}
}
