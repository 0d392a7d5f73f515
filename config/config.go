// Package config is glennline's configuration: one YAML file, read strictly,
// with GLENNLINE_… variables and flags over it. It is mapped into each
// package's own Config by the commands, and by nothing else.
//
// A key's path names it everywhere: sip.port in messages is port under sip in
// the file and GLENNLINE_SIP_PORT in the environment. What is wrong is said
// with the place where it was set, and what to do.
package config

import (
	"fmt"
	"maps"
	"strings"
	"time"
)

// File is the whole configuration. Its keys are described in example.yaml.
type File struct {
	Data         string        `yaml:"data"`         // folder of everything that is kept
	Spool        string        `yaml:"spool"`        // folder an Asterisk of its own records into; for serve
	Region       string        `yaml:"region"`       // ISO 3166 country of numbers in national form
	Timezone     string        `yaml:"timezone"`     // IANA name of the zone in which days and hours are told
	DialledFrom  []string      `yaml:"dialled_from"` // where the dialled number may stand, in this order
	Lines        []Line        `yaml:"lines"`
	ARI          ARI           `yaml:"ari"`
	SIP          SIP           `yaml:"sip"`
	RTP          RTP           `yaml:"rtp"`
	Trunks       []Trunk       `yaml:"trunks"`
	PBX          PBX           `yaml:"pbx"`
	Witness      string        `yaml:"witness"` // event log of an Asterisk of its own; for serve
	Control      string        `yaml:"control"` // control socket of an Asterisk of its own; for trunk watch
	Admission    Admission     `yaml:"admission"`
	DrainTimeout time.Duration `yaml:"drain_timeout"` // that calls in progress have when told to end
	Backup       Backup        `yaml:"backup"`
	Retention    Retention     `yaml:"retention"`
	Voice        Voice         `yaml:"voice"`
	Log          Log           `yaml:"log"`
	Monitor      Monitor       `yaml:"monitor"`

	// What is said beside every number, and who may hear confidential recordings.
	Legal         string   `yaml:"legal"`
	Professionals []string `yaml:"professionals"` // by login
	Alerts        Alerts   `yaml:"alerts"`
	Campaign      Campaign `yaml:"campaign"`

	origin map[string]string // key path to where it was set; defaults have none
}

// Line is a telephone line of the campaign.
type Line struct {
	Name     string        `yaml:"name"`
	Numbers  []string      `yaml:"numbers"`   // that lead here, in any form
	CatchAll bool          `yaml:"catch_all"` // takes every number that no line has
	Language string        `yaml:"language"`  // BCP 47
	Prompts  string        `yaml:"prompts"`   // folder; "" for the placeholders of the language
	Region   string        `yaml:"region"`    // "" for the file's
	RingFor  time.Duration `yaml:"ring_for"`  // before the answer
	Limits   Limits        `yaml:"limits"`
}

// Limits end a message.
type Limits struct {
	Message time.Duration `yaml:"message"` // the longest
	Silence time.Duration `yaml:"silence"` // 0 for no limit
	EndKey  string        `yaml:"end_key"` // "" for none
}

// ARI is how to reach an Asterisk that runs already; for serve.
type ARI struct {
	URL          string `yaml:"url"`
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
	App          string `yaml:"app"`

	// MonitorPasswordFile holds the password of a second user, who may only read;
	// "" for none. See MonitorUser.
	MonitorPasswordFile string `yaml:"monitor_password_file"`
}

// SIP is where the Asterisk that up starts takes calls.
type SIP struct {
	Host      string `yaml:"host"` // an IP address
	Port      int    `yaml:"port"`
	Transport string `yaml:"transport"` // of trunks that name none

	// How the outside knows us.
	PublicAddress string   `yaml:"public_address"` // in front of a NAT; "" without
	PublicName    string   `yaml:"public_name"`    // that carriers dial, if they do not dial an address
	LocalNetworks []string `yaml:"local_networks"` // behind the NAT too

	TLS TLS `yaml:"tls"`
}

// RTP is the range of UDP ports for audio, both ends included.
type RTP struct {
	From int `yaml:"from"`
	To   int `yaml:"to"`
}

// PBX is the Asterisk that up starts.
type PBX struct {
	Asterisk string        `yaml:"asterisk"` // the program; "" to look for it
	User     string        `yaml:"user"`     // it runs as; "" for one's own
	MaxCall  time.Duration `yaml:"max_call"` // whole call
	MaxCalls int           `yaml:"max_calls"`
}

// Admission is when a caller is refused, before the answer.
type Admission struct {
	MinFreeMiB int    `yaml:"min_free_mib"` // of disk, below which new calls are refused
	Refuse     string `yaml:"refuse"`       // with a code that carriers reroute on, or a prompt
	PerCaller  int    `yaml:"per_caller"`   // calls at once from one number; 0 for any
}

// Backup is what backups are made with.
type Backup struct {
	Expires time.Duration `yaml:"expires"` // from when they are made, until when they can be restored
}

// Campaign is what the report measures progress by.
type Campaign struct {
	Goal       int    `yaml:"goal"`       // of counted signatures
	Milestones []int  `yaml:"milestones"` // on the way there, rising
	Deadline   string `yaml:"deadline"`   // a day, up to its end, or a moment, in the timezone; "" for none
}

// Log is what is told on standard error.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

const day = 24 * time.Hour

// Monitor is what is told over HTTP: /healthz, /readyz, /metrics.
type Monitor struct {
	Listen string `yaml:"listen"` // loopback address and port; "" for nowhere
	Pprof  bool   `yaml:"pprof"`  // and /debug/pprof/
}

// What a key can be where it is one of few words.
var (
	sources         = []string{"request", "to", "diversion", "history-info"}
	transports      = []string{"udp", "tcp"}
	trunkTransports = []string{"udp", "tcp", "tls"}
	trunkTypes      = []string{TrunkIP, TrunkRegister}
	tlsVersions     = []string{"1.2", "1.3"}
	codecs          = []string{"alaw", "ulaw"}
	levels          = []string{"debug", "info", "warn", "error"}
	formats         = []string{"console", "json"}
	refusals        = []string{"code", "prompt"}
)

// Default is the configuration without a file: one line in French that takes
// every number, for callers on the same machine.
func Default() File {
	main := Line{Name: "main", CatchAll: true, Language: "fr"}
	main.setDefaults()
	local := defaultTrunk()
	local.Name, local.Addresses = "local", []string{"127.0.0.1"}
	return File{
		Data:        "data",
		Region:      "BE",
		Timezone:    "Europe/Brussels",
		DialledFrom: []string{"request"},
		Lines:       []Line{main},
		ARI:         ARI{URL: "http://127.0.0.1:8088/ari", User: "glennline", App: "glennline"},
		SIP: SIP{
			Host: "127.0.0.1", Port: 5060, Transport: "udp",
			LocalNetworks: []string{"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"},
			TLS:           TLS{Port: 5061, Version: "1.2", VerifyServer: true},
		},
		RTP:          RTP{From: 10000, To: 20000},
		Trunks:       []Trunk{local},
		Control:      "/run/asterisk/asterisk.ctl",
		Admission:    Admission{MinFreeMiB: 512, Refuse: "code"},
		DrainTimeout: 3 * time.Minute,
		Backup:       Backup{Expires: 90 * day},
		Alerts:       Alerts{Timeout: 30 * time.Second, Email: Email{Port: 587, TLS: "starttls"}},
		Voice:        Voice{MinSpeech: 250 * time.Millisecond, MinLevelDBFS: -60, BlankBelow: 70 * time.Millisecond},
		PBX:          PBX{MaxCall: 10 * time.Minute, MaxCalls: 1000},
		Log:          Log{Level: "info", Format: "console"},
		Legal: "Expressions of support by telephone. Age, domicile and identity not verified. " +
			"Not signatures under the law of 2 May 2019.",
		Campaign: Campaign{Goal: 25000},
	}
}

// defaulter is an element of a list whose keys have defaults.
type defaulter interface{ setDefaults() }

func (l *Line) setDefaults() {
	l.Limits = Limits{Message: 2 * time.Minute, Silence: 5 * time.Second, EndKey: "#"}
}

// Where says where a key, such as lines[0].prompts, was set: file and line,
// variable or flag. A key that was not set has the place of what it belongs
// to; "" is a default.
func (f File) Where(key string) string {
	for key != "" {
		if place, ok := f.origin[key]; ok {
			return place
		}
		key = key[:max(0, strings.LastIndexAny(key, ".["))]
	}
	return ""
}

// Key is the path of a key of a list's element.
func Key(list string, index int, key string) string {
	return fmt.Sprintf("%s[%d].%s", list, index, key)
}

func (f *File) set(key, place string) {
	origin := maps.Clone(f.origin) // File is copied by value
	if origin == nil {
		origin = make(map[string]string)
	}
	origin[key] = place
	f.origin = origin
}
