package ari

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/CyCoreSystems/ari/v6"

	"glennline/voicemail"
)

// recall reads again what StasisStart said of a call that was found: from the
// arguments of Stasis() as its channel shows them or, where it is elsewhere in
// the dialplan by now, from the variables that these were made of.
func (c *Client) recall(ctx context.Context, ch *ari.ChannelData) (voicemail.Arrival, error) {
	system := c.system.Load().ID()
	arrival, err := newArrival(system, ch, strayArguments(ch))
	if err != nil {
		if args := c.recallArguments(ctx, ch.ID); args[1] != "" {
			arrival, err = newArrival(system, ch, args)
		}
	}
	arrival.Found = true
	return arrival, err
}

// strayArguments are the arguments of Stasis() as a channel still shows them.
// The dialplan escapes commas in what callers can write.
func strayArguments(ch *ari.ChannelData) []string {
	if ch.Dialplan == nil {
		return nil
	}
	args := strings.Split(ch.Dialplan.AppData, ",")
	return args[1:] // the first is the application's name
}

// recallArguments makes the arguments of Stasis() as the dialplan does. One
// that cannot be read is empty; no presentation counts as withheld.
func (c *Client) recallArguments(ctx context.Context, id string) []string {
	args := []string{version}
	for _, name := range []string{"GL_DIALLED", "CALLERID(num-pres)", "GL_TO", "GL_DIVERSION", "GL_HISTORY", "GL_TRUNK"} {
		var data struct {
			Value string `json:"value"`
		}
		path := "/channels/" + url.PathEscape(id) + "/variable?variable=" + url.QueryEscape(name)
		if err := c.request(ctx, http.MethodGet, path, nil, &data); err != nil {
			data.Value = ""
		}
		args = append(args, data.Value)
	}
	return args
}
