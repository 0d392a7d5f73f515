package ari

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/CyCoreSystems/ari/v6"
	"golang.org/x/sync/errgroup"
)

// Sight is something that was seen of a channel, ours or not. It holds the
// caller's number in clear.
type Sight struct {
	Kind    SightKind
	Channel Watched

	Variable, Value string // of SightVariable
}

// SightKind is what was seen.
type SightKind string

// The sights, named after ARI's events.
const (
	SightCreated  SightKind = "ChannelCreated"
	SightVariable SightKind = "ChannelVarset"   // a variable was set
	SightStep     SightKind = "ChannelDialplan" // the dialplan goes on to an application
	SightGone     SightKind = "ChannelDestroyed"
)

// Watched is a channel as it was when it was seen.
type Watched struct {
	ID        string
	SIPCallID string
	Caller    string // number as signalled, whatever its presentation
	Context   string // of the dialplan
	App       string // of SightStep: the application that comes
}

// Watch tells of every channel in Asterisk, from its creation to its end, until
// ctx ends, which is no error, or the connection is lost. It needs an application
// name of its own in the Config: Asterisk is told to tell it of all channels,
// which costs for as long as it lasts. Connected, if not nil, is called when
// nothing will be missed any more.
func Watch(ctx context.Context, cfg Config, connected func(), tell func(Sight)) error {
	c, err := New(cfg)
	if err != nil {
		return err
	}
	defer c.Close()
	s, err := c.dial(ctx, url.Values{"subscribeAll": {"true"}})
	if err != nil {
		return err
	}
	defer s.conn.CloseNow() //nolint:errcheck // it may be closed already
	kinds := []string{string(SightCreated), string(SightVariable), string(SightStep), string(SightGone)}
	if err := c.setFilter(ctx, kinds); err != nil {
		return err
	}
	if connected != nil {
		connected()
	}
	group, within := errgroup.WithContext(ctx)
	group.Go(func() error { return c.read(within, s, func(data []byte) error { see(data, tell); return nil }) })
	group.Go(func() error { return c.ping(within, s) })
	group.Go(func() error {
		<-within.Done()
		s.end(ctx.Err() != nil)
		return nil
	})
	if err := group.Wait(); ctx.Err() == nil {
		return err
	}
	return nil
}

// see decodes an event; what is not understood is passed over.
func see(data []byte, tell func(Sight)) {
	var e struct {
		Type     string          `json:"type"`
		Variable string          `json:"variable"`
		Value    string          `json:"value"`
		App      string          `json:"dialplan_app"`
		Channel  ari.ChannelData `json:"channel"`
	}
	if json.Unmarshal(data, &e) != nil || e.Channel.ID == "" {
		return
	}
	sight := Sight{
		Kind: SightKind(e.Type), Variable: e.Variable, Value: e.Value,
		Channel: Watched{ID: e.Channel.ID, SIPCallID: e.Channel.ProtocolId, Caller: e.Channel.Caller.GetNumber(), App: e.App},
	}
	if d := e.Channel.Dialplan; d != nil {
		sight.Channel.Context = d.Context
	}
	tell(sight)
}
