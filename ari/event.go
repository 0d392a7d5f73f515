package ari

import (
	"errors"
	"strings"
	"time"

	"github.com/CyCoreSystems/ari/v6"
	"go.uber.org/zap"
)

// wanted are the events that Asterisk is asked for; it encodes and sends no
// others. ApplicationReplaced has to be among them: the filter holds it back
// too, and a client that is not told goes on as if the calls were its own.
func wanted() []string {
	e := ari.Events
	return []string{
		e.StasisStart, e.StasisEnd, e.ApplicationReplaced,
		e.PlaybackContinuing, e.PlaybackFinished,
		e.RecordingFinished, e.RecordingFailed, e.ChannelDtmfReceived,
	}
}

// handle moves on the step that an event is about. It never blocks.
func (c *Client) handle(data []byte) error {
	c.stats.events.Add(1)
	kind, event, err := decode(data)
	if err != nil && !errors.Is(err, errKind) {
		c.stats.undecodable.Add(1)
		c.cfg.Log.Debug("event not understood", zap.Int("bytes", len(data)))
		return nil // counted; the next one may be understood
	}
	routed := false
	switch e := event.(type) {
	case *ari.StasisStart:
		routed = c.arrive(e)
	case *channelEvent:
		call := c.calls.find(e.Channel.ID)
		switch {
		case call == nil:
		case kind == ari.Events.StasisEnd:
			routed = call.end(time.Time(e.Timestamp))
		default:
			routed = call.pressed(e.Digit)
		}
	case *playbackEvent:
		call := c.target(e.Playback.TargetURI)
		switch {
		case call == nil:
		case kind == ari.Events.PlaybackFinished:
			routed = call.playbackFinished(&e.Playback, time.Time(e.Timestamp))
		default:
			routed = call.continuing(&e.Playback, time.Time(e.Timestamp))
		}
	case *recordingEvent:
		if call := c.target(e.Recording.TargetURI); call != nil {
			routed = call.recordingEnded(&e.Recording, kind == ari.Events.RecordingFailed, time.Time(e.Timestamp))
		}
	case *replacedEvent:
		if e.Application == c.cfg.App {
			return errTaken
		}
	}
	if !routed {
		c.stats.unrouted.Add(1)
	}
	return nil
}

// target is the call that a playback or a recording belongs to.
func (c *Client) target(uri string) *Call {
	id, ok := strings.CutPrefix(uri, "channel:")
	if !ok {
		return nil
	}
	return c.calls.find(id)
}
