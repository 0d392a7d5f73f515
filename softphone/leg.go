package softphone

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/emiago/diago"
	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// ErrNoResponse says that nothing at the address answers SIP.
var ErrNoResponse = errors.New("no response")

// ErrMedia says that the other end answered with no audio that we speak.
var ErrMedia = errors.New("no common audio format")

// byeWithin is how long a BYE may take.
const byeWithin = 5 * time.Second

// leg is the SIP side of a call.
type leg struct {
	agent  *agent
	script Script
	dialog *diago.DialogClientSession
	laddr  sip.Addr
}

func newLeg(a *agent, cfg Config, script Script, uri sip.Uri) (*leg, error) {
	dialog, err := a.phone.NewDialog(uri, diago.NewDialogOptions{Transport: a.transport})
	if err != nil {
		return nil, fmt.Errorf("open audio ports on %s: %w", a.ip, err)
	}
	l := &leg{agent: a, script: script, dialog: dialog}
	for _, h := range l.headers(cfg) {
		dialog.InviteRequest.AppendHeader(h)
	}
	return l, nil
}

// headers are those of the INVITE that diago does not write.
func (l *leg) headers(cfg Config) []sip.Header {
	s := l.script
	from := &sip.FromHeader{
		Address: sip.Uri{Scheme: "sip", User: s.From, Host: uriHost(l.agent.ip)},
		Params:  sip.NewParams(),
	}
	if s.Withhold {
		from.DisplayName = "Anonymous"
		from.Address = sip.Uri{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}
	}
	from.Params.Add("tag", sip.GenerateTagN(16))
	headers := []sip.Header{
		from,
		sip.NewHeader("User-Agent", cfg.UserAgent),
		sip.NewHeader("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS"),
	}
	if s.AssertedIdentity != "" {
		identity := fmt.Sprintf("<sip:%s@%s>", s.AssertedIdentity, uriHost(l.agent.ip))
		headers = append(headers, sip.NewHeader("P-Asserted-Identity", identity))
	}
	if s.Withhold {
		headers = append(headers, sip.NewHeader("Privacy", "id"))
	}
	for _, h := range s.Headers {
		headers = append(headers, sip.NewHeader(h.Name, h.Value))
	}
	return headers
}

// invite sends the INVITE and returns when it is over: nil for a final response
// (final tells which), unless it is an answer that cannot be used, which is
// hung up. onResponse sees every response as it comes. Ending ctx cancels the
// call, which needs a first response; ending it with
// sipgo.WaitAnswerForceCancelErr as the cause does not wait for one.
func (l *leg) invite(ctx context.Context, onResponse func(*sip.Response)) error {
	err := l.dialog.Invite(ctx, diago.InviteClientOptions{
		OnResponse: func(res *sip.Response) error {
			onResponse(res)
			return nil
		},
	})
	l.rememberSocket()
	if err == nil {
		return nil
	}
	res := l.final()
	if res != nil && res.IsSuccess() && l.dialog.LoadState() != sip.DialogStateEnded {
		// It was answered all the same: the answer crossed our CANCEL, or its
		// audio is none that diago understands. Whoever answered must be told.
		if abandonErr := l.abandon(ctx, res); abandonErr != nil {
			return abandonErr
		}
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // sipgo's own error here quotes the response, From header and all
	case res != nil && res.IsSuccess():
		return fmt.Errorf("answer without usable audio: %w: %w", err, ErrMedia)
	case res != nil:
		return nil // refused
	case errors.Is(err, sip.ErrTransactionTimeout), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%s: %w (is a SIP server running there?)", l.dialog.InviteRequest.Destination(), ErrNoResponse)
	}
	return fmt.Errorf("call %s: %w", l.dialog.InviteRequest.Destination(), err)
}

// final is the last response of 200 or more that came, or nil.
func (l *leg) final() *sip.Response {
	if res := l.dialog.InviteResponse; res != nil && !res.IsProvisional() {
		return res
	}
	return nil
}

// rememberSocket makes later requests leave from the socket that sent the
// INVITE. sipgo chooses by the address that a request goes to, and opens a new
// socket on a new port if the answer's Contact differs from what was called;
// behind NAT, or with an ACL at the other end, ACK and BYE would be lost.
func (l *leg) rememberSocket() {
	if via := l.dialog.InviteRequest.Via(); l.agent.transport == "udp" && via != nil && via.Port > 0 {
		l.laddr = sip.Addr{IP: net.ParseIP(l.agent.ip), Port: via.Port}
	}
}

// acknowledge sends the ACK for an answer.
func (l *leg) acknowledge(ctx context.Context) error {
	ack := l.request(sip.ACK)
	if err := l.dialog.DialogClientSession.WriteAck(ctx, ack); err != nil {
		return fmt.Errorf("acknowledge the answer: %w", err)
	}
	l.agent.markEstablished()
	return nil
}

// hangUp sends BYE, also after the end of ctx. It is no error if the other end
// was faster.
func (l *leg) hangUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), byeWithin)
	defer cancel()
	err := l.dialog.DialogClientSession.WriteBye(ctx, l.request(sip.BYE))
	var refused sipgo.ErrDialogResponse
	if errors.As(err, &refused) && refused.Res.StatusCode == sip.StatusCallTransactionDoesNotExists {
		return nil
	}
	if err != nil {
		return fmt.Errorf("hang up: %w", err)
	}
	return nil
}

// abandon acknowledges and ends a call that was answered and is not wanted.
func (l *leg) abandon(ctx context.Context, answer *sip.Response) error {
	id, err := sip.DialogIDFromResponse(answer)
	if err != nil {
		return err
	}
	l.dialog.ID = id
	if err := l.acknowledge(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	return l.hangUp(ctx)
}

// request is one to where the other end's Contact says, RFC 3261 section
// 12.2.1.1; sipgo adds the dialog's headers.
func (l *leg) request(method sip.RequestMethod) *sip.Request {
	target := l.dialog.InviteRequest.Recipient
	if contact := l.dialog.InviteResponse.Contact(); contact != nil {
		target = contact.Address
	}
	req := sip.NewRequest(method, *target.Clone())
	req.Laddr = l.laddr
	return req
}

// close frees the audio ports.
func (l *leg) close() { _ = l.dialog.Close() }

// uriHost writes an IP address as a URI has it.
func uriHost(ip string) string {
	if p := net.ParseIP(ip); p != nil && p.To4() == nil {
		return "[" + ip + "]"
	}
	return ip
}
