package ari

import (
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
	event, err := ari.DecodeEvent(data)
	if err != nil {
		c.stats.undecodable.Add(1)
		c.cfg.Log.Debug("event not understood", zap.Int("bytes", len(data)))
		return nil //nolint:nilerr // counted; the next one may be understood
	}
	routed := false
	switch e := event.(type) {
	case *ari.StasisStart:
		routed = c.arrive(e)
	case *ari.StasisEnd:
		if call := c.calls.find(e.Channel.ID); call != nil {
			routed = call.end(time.Time(e.Timestamp))
		}
	case *ari.PlaybackContinuing:
		if call := c.target(e.Playback.TargetURI); call != nil {
			routed = call.continuing(&e.Playback, time.Time(e.Timestamp))
		}
	case *ari.PlaybackFinished:
		if call := c.target(e.Playback.TargetURI); call != nil {
			routed = call.playbackFinished(&e.Playback, time.Time(e.Timestamp))
		}
	case *ari.RecordingFinished:
		if call := c.target(e.Recording.TargetURI); call != nil {
			routed = call.recordingEnded(&e.Recording, false, time.Time(e.Timestamp))
		}
	case *ari.RecordingFailed:
		if call := c.target(e.Recording.TargetURI); call != nil {
			routed = call.recordingEnded(&e.Recording, true, time.Time(e.Timestamp))
		}
	case *ari.ChannelDtmfReceived:
		if call := c.calls.find(e.Channel.ID); call != nil {
			routed = call.pressed(e.Digit)
		}
	case *ari.ApplicationReplaced:
		if e.Application == c.cfg.App {
			return ErrReplaced
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
