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
// once more, and is passed over.
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
		Recording ari.LiveRecordingData // name, target and length
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
		start := new(ari.StasisStart)
		return kind, start, json.Unmarshal(data, start)
	case e.StasisEnd, e.ChannelDtmfReceived:
		event, err = readChannel(data)
	case e.PlaybackContinuing, e.PlaybackFinished:
		event, err = readPlayback(data)
	case e.RecordingFinished, e.RecordingFailed:
		event, err = readRecording(data)
	case e.ApplicationReplaced:
		replaced := new(replacedEvent)
		return kind, replaced, json.Unmarshal(data, replaced)
	default:
		err = errKind
	}
	return kind, event, err
}

func readChannel(data []byte) (*channelEvent, error) {
	e := new(channelEvent)
	return e, members(data, func(key, value []byte) error {
		switch string(key) {
		case "timestamp":
			return moment(value, &e.Timestamp)
		case "digit":
			return text(value, &e.Digit)
		case "channel":
			return members(value, func(key, value []byte) error {
				if string(key) == "id" {
					return text(value, &e.Channel.ID)
				}
				return nil
			})
		}
		return nil
	})
}

func readPlayback(data []byte) (*playbackEvent, error) {
	e := new(playbackEvent)
	p := &e.Playback
	return e, members(data, func(key, value []byte) error {
		switch string(key) {
		case "timestamp":
			return moment(value, &e.Timestamp)
		case "playback":
			return members(value, func(key, value []byte) error {
				switch string(key) {
				case "id":
					return text(value, &p.ID)
				case "language":
					return text(value, &p.Language)
				case "media_uri":
					return text(value, &p.MediaURI)
				case "state":
					return text(value, &p.State)
				case "target_uri":
					return text(value, &p.TargetURI)
				}
				return nil
			})
		}
		return nil
	})
}

func readRecording(data []byte) (*recordingEvent, error) {
	e := new(recordingEvent)
	return e, members(data, func(key, value []byte) error {
		switch string(key) {
		case "timestamp":
			return moment(value, &e.Timestamp)
		case "recording":
			return members(value, func(key, value []byte) error {
				switch string(key) {
				case "name":
					return text(value, &e.Recording.Name)
				case "target_uri":
					return text(value, &e.Recording.TargetURI)
				case "duration":
					return seconds(value, &e.Recording.Duration)
				}
				return nil
			})
		}
		return nil
	})
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
