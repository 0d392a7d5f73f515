// Package asteriskconf is the whole configuration of the Asterisk that answers
// the line, as embedded templates, one a file under templates/. Nothing that a
// template does not name is loaded or listened on, and no call can go out:
// there is no outbound route and no transfer, and nothing is sent to a carrier
// but answers and REGISTER.
//
// Render writes a configuration for an Asterisk of our own; RenderFragment
// writes files to be included in the configuration of one that exists already.
package asteriskconf

import (
	"crypto/rand"
	"encoding/base64"
	"time"
)

// Config says what to render. Start from Default; ARI.Password has no default.
type Config struct {
	// Dir is the root of everything that Asterisk writes: run, log, spool and
	// the others that Folders names. An absolute path.
	Dir string
	// ModuleDir holds Asterisk's modules; "" for the place it was built for.
	ModuleDir string
	// DataDir holds Asterisk's own documentation folder, without which its
	// configuration framework refuses to start; "" as above.
	DataDir string
	// System is Asterisk's systemname: the first part of every UNIQUEID.
	System string
	// App is the Stasis application that calls are handed to.
	App string

	ARI    ARI
	SIP    SIP
	RTP    PortRange
	Trunks []Trunk

	// DialledFrom lists the headers, besides the request line, whose values
	// are passed to the application: HeaderTo, HeaderDiversion, HeaderHistory.
	// Each costs a little in every call, so none is by default.
	DialledFrom []string

	// MaxCall is the longest a call may last, whatever the application does.
	// Whole seconds.
	MaxCall time.Duration
	// RTPTimeout ends a call whose caller sends no audio at all, although not
	// on hold. Longer than any prompt, because some telephones send nothing
	// while their owner listens. Whole seconds; 0 for never.
	RTPTimeout time.Duration
	// MaxCalls is how many calls may be there at once. The dialplan refuses
	// those above it before the answer, where the witness sees it.
	MaxCalls int
	// MaxPerCaller is how many calls one number, known by its last eight digits,
	// may have at once; 0 for any.
	MaxPerCaller int
	// Ring lets callers hear ringing until the application answers.
	Ring bool
	// Busy is what a refused caller hears, as media without extension; "" for
	// nothing but the code.
	Busy string
	// Fallback is what the dialplan does by itself while the application is
	// away; nil refuses the calls.
	Fallback *Fallback
	// MaxFiles is the limit of open files that Asterisk sets for itself.
	MaxFiles int
	// Verbose is Asterisk's verbosity on its console, 0 to 5. From 3 on it
	// tells every step of the dialplan.
	Verbose int
}

// Channels is how many channels Asterisk may have at once: the calls that fit,
// and those that are just being refused by the dialplan, where the witness sees
// it. They take ports for audio as well, before the dialplan is asked: without
// any left they would get 488, on which no carrier tries another way.
func (c Config) Channels() int { return c.MaxCalls + max(c.MaxCalls/4, 50) }

// ARI is where Asterisk's REST interface listens, and for whom.
type ARI struct {
	Host     string // a loopback address
	Port     int
	User     string
	Password string // at least 32 characters of A-Z a-z 0-9 _ -; see NewPassword
	// A second user, who may only read; "" for none. Whoever has this password
	// can read callers' numbers and passwords of trunks.
	MonitorUser, MonitorPassword string
}

// SIP is where calls come in.
type SIP struct {
	Host string // an address, not a name; 0.0.0.0 or :: for all
	Port int    // for UDP and TCP
	// Transport is what is listened on: "udp", "tcp" and "tls", parted by commas.
	Transport string
	// External is the address that the outside knows us by, behind a NAT; ""
	// where there is none. Local lists the networks that need no translation.
	External string
	Local    []string
	TLS      TLS
}

// TLS is how signalling over TLS is protected. Certificate, Key and CA are PEM;
// each that is not empty is rendered as a file beside the configuration.
type TLS struct {
	Port             int
	Certificate, Key string // ours, with those up to the root; "" where only we connect
	CA               string // whom we trust
	Version          string // "1.2" or "1.3", the only one that is spoken
	VerifyServer     bool   // whether a server that we connect to must show a certificate for its name
}

// PortRange is the UDP ports for audio, both ends included. A call takes two.
type PortRange struct{ From, To int }

// The headers that may name the dialled number when a call was forwarded to us.
const (
	HeaderTo        = "to"
	HeaderDiversion = "diversion"    // RFC 5806
	HeaderHistory   = "history-info" // RFC 7044
)

// Default is a configuration on loopback that lacks only Dir and ARI.Password.
func Default() Config {
	return Config{
		System: "glennline",
		App:    "glennline",
		ARI:    ARI{Host: "127.0.0.1", Port: 8088, User: "glennline"},
		SIP:    SIP{Host: "127.0.0.1", Port: 5060, Transport: "udp", TLS: TLS{Port: 5061, Version: "1.2", VerifyServer: true}},
		RTP:    PortRange{From: 10000, To: 12999},
		Trunks: []Trunk{{
			Name:   "local",
			Match:  []string{"127.0.0.1/32"},
			Codecs: []string{"alaw", "ulaw"},
		}},
		MaxCall:    5 * time.Minute,
		RTPTimeout: 2 * time.Minute,
		MaxCalls:   1000,
		MaxFiles:   16384,
	}
}

// NewPassword makes a password of 256 random bits. It is long enough to be
// stored plain in a private file: a crypted one would be computed anew for
// every single request.
func NewPassword() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}
