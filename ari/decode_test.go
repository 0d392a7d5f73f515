package ari

import (
	"errors"
	"reflect"
	"testing"

	"github.com/CyCoreSystems/ari/v6"
)

// Events as Asterisk 22 writes them, shortened where nothing is read.
const (
	channelJSON = `{"id":"glennline-1795341600.7","name":"PJSIP/local-00000007","state":"Up","protocol_id":"a@b",` +
		`"caller":{"name":"","number":""},"connected":{"name":"","number":""},"accountcode":"",` +
		`"dialplan":{"context":"call","exten":"s","priority":4,"app_name":"Stasis","app_data":"glennline,v1"},` +
		`"creationtime":"2026-11-22T18:30:00.123+0000","language":"en"}`
	startJSON = `{"type":"StasisStart","timestamp":"2026-11-22T18:30:00.130+0000","args":["v1","100","allowed","","",""],` +
		`"channel":` + channelJSON + `,"asterisk_id":"02:00:00:00:00:01","application":"glennline"}`
	endJSON  = `{"type":"StasisEnd","timestamp":"2026-11-22T18:30:09.130+0000","channel":` + channelJSON + `,"application":"glennline"}`
	playJSON = `{"type":"PlaybackFinished","timestamp":"2026-11-22T18:30:09.130+0000","playback":{"id":"x.play1",` +
		`"media_uri":"sound:/p/beep","target_uri":"channel:x","language":"en","state":"done"},"application":"glennline"}`
)

// What is read is what the library reads.
func TestDecode(t *testing.T) {
	for _, text := range []string{startJSON, endJSON, playJSON} {
		kind, got, err := decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		whole, err := ari.DecodeEvent([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if kind != whole.GetType() {
			t.Errorf("kind %q, want %q", kind, whole.GetType())
		}
		switch want := whole.(type) {
		case *ari.StasisStart:
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, want %+v", got, want)
			}
		case *ari.StasisEnd:
			if e, ok := got.(*channelEvent); !ok || e.Channel.ID != want.Channel.ID || e.Timestamp != want.Timestamp {
				t.Errorf("%+v, want %+v", got, want)
			}
		case *ari.PlaybackFinished:
			if e, ok := got.(*playbackEvent); !ok || !reflect.DeepEqual(e.Playback, want.Playback) || e.Timestamp != want.Timestamp {
				t.Errorf("%+v, want %+v", got, want)
			}
		}
	}
	if kind, _, err := decode([]byte(`{"timestamp":"2026-11-22T18:30:09.130+0000","digit":"#","type":"ChannelDtmfReceived"}`)); err != nil || kind != "ChannelDtmfReceived" {
		t.Errorf("with the type last: %q, %v", kind, err)
	}
	if _, _, err := decode([]byte(`{"type":"DeviceStateChanged"}`)); !errors.Is(err, errKind) {
		t.Errorf("of a kind that is not read: %v", err)
	}
	for _, text := range []string{``, `{`, `{"type":"StasisEnd"`, `{"type":"Stasis`, `[]`} {
		if _, _, err := decode([]byte(text)); err == nil {
			t.Errorf("%q is no error", text)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, one := range map[string]func([]byte) error{
		"ours":    func(data []byte) error { _, _, err := decode(data); return err },
		"library": func(data []byte) error { _, err := ari.DecodeEvent(data); return err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for _, text := range []string{startJSON, playJSON, playJSON, playJSON, endJSON} {
					if err := one([]byte(text)); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
