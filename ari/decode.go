package ari

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/CyCoreSystems/ari/v6"
)

// errKind says that an event is of a kind that was not asked for.
var errKind = errors.New("event of an unknown type")

// The parts of events that are read. Most of an event describes its channel
// once more, and is skipped.
type (
	channelEvent struct {
		Channel   struct{ ID string }
		Timestamp ari.DateTime
		Digit     string
	}
	playbackEvent struct {
		Playback  ari.PlaybackData
		Timestamp ari.DateTime
	}
	recordingEvent struct {
		Recording ari.LiveRecordingData
		Timestamp ari.DateTime
	}
	replacedEvent struct{ Application string }
)

// decode reads an event into what its kind needs: a *ari.StasisStart, or one of
// the types above. The library's own decoder reads every event twice, for its
// type and then as a whole, which was most of what the socket cost.
func decode(data []byte) (kind string, event any, err error) {
	if kind, err = kindOf(data); err != nil {
		return "", nil, err
	}
	e := ari.Events
	switch kind {
	case e.StasisStart:
		event = new(ari.StasisStart)
	case e.StasisEnd, e.ChannelDtmfReceived:
		event = new(channelEvent)
	case e.PlaybackContinuing, e.PlaybackFinished:
		event = new(playbackEvent)
	case e.RecordingFinished, e.RecordingFailed:
		event = new(recordingEvent)
	case e.ApplicationReplaced:
		event = new(replacedEvent)
	default:
		return kind, nil, errKind
	}
	return kind, event, json.Unmarshal(data, event)
}

// kindOf is an event's type, which Asterisk writes first.
func kindOf(data []byte) (string, error) {
	if rest, ok := bytes.CutPrefix(data, []byte(`{"type":"`)); ok {
		if kind, _, ok := bytes.Cut(rest, []byte(`"`)); ok {
			return string(kind), nil
		}
	}
	var e struct{ Type string }
	err := json.Unmarshal(data, &e)
	return e.Type, err
}
