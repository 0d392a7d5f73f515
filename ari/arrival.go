package ari

import (
	"errors"
	"net/url"
	"time"

	"github.com/CyCoreSystems/ari/v6"
	"go.uber.org/zap"

	"glennline/voicemail"
)

// version is the first argument of Stasis() and stands for the order of those
// that follow: dialled extension, CALLERID(num-pres), the headers To, Diversion
// and History-Info, each URIENCODEd, and the trunk's name.
const version = "v2"

// olderVersion is without the trunk: an Asterisk may outlive the glennline that
// rendered its dialplan.
const olderVersion = "v1"

// errArguments says that the dialplan and this program do not fit together.
var errArguments = errors.New("the arguments of Stasis() are not those of version " + version + ": render the dialplan anew")

// arrive takes the call of a StasisStart.
func (c *Client) arrive(e *ari.StasisStart) bool {
	arrival, err := newArrival(c.system.Load().ID(), &e.Channel, e.Args)
	if err != nil {
		c.cfg.Log.Error("call with unknown arguments", zap.String("channel", e.Channel.ID), zap.Error(err))
	}
	if !c.calls.start(newCall(c, &e.Channel), arrival, nil) {
		return false
	}
	c.stats.arrivals.Add(1)
	return true
}

// newArrival reads what the dialplan and the channel say of a call. With an
// error it still returns what is certain, with a presentation of "", which
// counts as withheld.
func newArrival(system string, ch *ari.ChannelData, args []string) (voicemail.Arrival, error) {
	a := voicemail.Arrival{
		System: system, UniqueID: ch.ID, SIPCallID: ch.ProtocolId,
		CallerNumber: ch.Caller.GetNumber(), At: created(ch),
	}
	switch {
	case len(args) == 7 && args[0] == version:
		a.Trunk = args[6]
	case len(args) == 6 && args[0] == olderVersion:
	default:
		return a, errArguments
	}
	a.Dialled = voicemail.Dialled{
		Request: unescape(args[1]), To: unescape(args[3]),
		Diversion: unescape(args[4]), HistoryInfo: unescape(args[5]),
	}
	a.Presentation = args[2]
	return a, nil
}

// unescape undoes URIENCODE; what is not escaped properly stays as it is. A
// plus sign stands for itself.
func unescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// created is when the channel came to be: the same for a call that is found
// again later.
func created(ch *ari.ChannelData) time.Time {
	if ch.Creationtime == nil {
		return time.Now().UTC()
	}
	return time.Unix(ch.Creationtime.Seconds, int64(ch.Creationtime.Nanos)).UTC()
}
