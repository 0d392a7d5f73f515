package asteriskconf

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/netip"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
)

//go:embed templates
var templates embed.FS

// folders are below Config.Dir; all of them must exist before Asterisk starts.
var folders = []string{"run", "log", "log/cel-custom", "spool", "spool/recording", "spool/recording/fallback", "lib", "lib/keys", "db"}

// Folders lists what must exist, parents first, before Asterisk starts: mode
// 0700 and owned by the user that it runs as.
func (c Config) Folders() []string {
	all := make([]string, 0, len(folders)+1)
	all = append(all, c.Dir)
	for _, f := range folders {
		all = append(all, filepath.Join(c.Dir, f))
	}
	return all
}

// Render writes the whole configuration into dir, files 0600 in a folder 0700,
// all of it in one step: no file is ever missing or half written. dir must be
// absent, empty, or rendered by us before (ErrForeign otherwise). Its parents are
// made; cfg.Folders are not.
func Render(cfg Config, dir string) error {
	files, err := Files(cfg, dir)
	if err != nil {
		return err
	}
	return place(dir, files)
}

// fragmentPrefix keeps our sections and contexts apart from those of others.
const fragmentPrefix = "glennline-"

// SectionOf is the name of a trunk's sections in pjsip.conf: that of its
// endpoint, too.
func SectionOf(trunk string, fragment bool) string {
	if fragment {
		return fragmentPrefix + trunk
	}
	return trunk
}

// RenderFragment writes files to be included by an Asterisk that exists
// already, with a README.txt that says where; otherwise as Render.
func RenderFragment(cfg Config, dir string) error {
	files, err := execute(cfg, dir, "templates/fragment", fragmentPrefix)
	if err != nil {
		return err
	}
	return place(dir, files)
}

// Files is what Render writes into dir: content by file name. It fails as
// cfg.Validate does.
func Files(cfg Config, dir string) (map[string][]byte, error) {
	return execute(cfg, dir, "templates", "")
}

// execute fills every template of one folder. prefix stands before the names of
// sections and contexts, to keep them apart from those of others.
func execute(cfg Config, dir, from, prefix string) (map[string][]byte, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("asterisk configuration folder: %w", err)
	}
	set, err := template.New("").
		Option("missingkey=error").
		Funcs(template.FuncMap{
			"join": strings.Join, "list": func(s ...string) []string { return s }, "conf": escape,
			"inc": func(n int) int { return n + 1 }, "header": func(source string) string { return headerViews[source].Variable },
		}).
		ParseFS(templates, "templates/*.tmpl", from+"/*.*")
	if err != nil {
		return nil, fmt.Errorf("asterisk templates: %w", err)
	}
	entries, err := fs.ReadDir(templates, from)
	if err != nil {
		return nil, fmt.Errorf("asterisk templates: %w", err)
	}
	data := newView(cfg, dir, prefix)
	files := map[string][]byte{}
	for _, e := range entries {
		if e.IsDir() || path.Ext(e.Name()) == ".tmpl" {
			continue
		}
		var b bytes.Buffer
		if err := set.ExecuteTemplate(&b, e.Name(), data); err != nil {
			return nil, fmt.Errorf("asterisk template %s: %w", e.Name(), err)
		}
		files[e.Name()] = b.Bytes()
	}
	if prefix == "" { // transports of others have files of their own
		maps.Copy(files, cfg.SIP.pemFiles())
	}
	return files, nil
}

// escape keeps a value from ending where a comment would begin.
func escape(value string) string { return strings.ReplaceAll(value, ";", `\;`) }

// pemFiles are the files that the transport for TLS names. What stands before
// the first block of a PEM file is a comment (RFC 7468, 5.2).
func (s SIP) pemFiles() map[string][]byte {
	files := map[string][]byte{}
	for name, content := range map[string]string{
		"tls-certificate.pem": s.TLS.Certificate, "tls-key.pem": s.TLS.Key, "tls-ca.pem": s.TLS.CA,
	} {
		if content != "" && strings.Contains(s.Transport, "tls") {
			files[name] = fmt.Appendf(nil, "%s. Changes here are lost when it is rendered again.\n%s", mark, content)
		}
	}
	return files
}

// view is what the templates see: the Config and what follows from it.
type view struct {
	Config
	Etc     string // where the files will lie
	Install string // where a fragment is to be copied
	Modules []moduleGroup
	// RecordEngine says that the witness is written by res_cdrel_custom.
	RecordEngine bool
	Transports   []string
	SIPBind      string
	TLSBind      string
	TLSMethod    string
	Trunks       []trunkView // hides Config.Trunks
	Probe        string      // address of test calls; "" where a trunk takes them
	ProbeBind    string      // address and port that are listened at for them alone; "" where they need none
	Dialplan     dialplanView
	Includes     []include
}

type trunkView struct {
	Trunk
	Section        string
	Context        string
	RTPTimeout     int // seconds
	RTPTimeoutHold int
	MediaAddress   string // "" for any
	IPv6           bool

	TransportSection string // "" to let Asterisk choose by the URI
	ExpiresSeconds   int
	RetrySeconds     int
	ForbiddenSeconds int
	Retries          int
}

type dialplanView struct {
	Context         string
	CallContext     string
	FallbackContext string
	Prefix          string
	App             string
	MaxCallSeconds  int
	Headers         []headerView
	MaxCalls        int
	MaxPerCaller    int
	Busy            string
	Ring            bool
	Fallback        *Fallback
	StaleSeconds    int
	Probe           string // trunk of test calls; "" without one
	SpokenMillis    int
	Orders          [][]string // in which the dialled number is looked for; the first is the usual one
	Ordered         []ordered  // the trunks of another
}

// ordered is a trunk and the index of its order.
type ordered struct {
	Trunk string
	Order int
}

// order finds the index of an order, and adds one that is new.
func (d *dialplanView) order(sources []string) int {
	i := slices.IndexFunc(d.Orders, func(known []string) bool { return slices.Equal(known, sources) })
	if i < 0 {
		d.Orders = append(d.Orders, sources)
		i = len(d.Orders) - 1
	}
	return i
}

// headerView is one header that is passed to the application.
type headerView struct {
	Name     string // as PJSIP_HEADER takes it
	Variable string
	Cut      int   // characters of one occurrence that are passed
	More     []int // further occurrences, joined by commas as RFC 3261 7.3.1 allows
}

// include is one line for a file of an Asterisk that exists already.
type include struct{ Target, File string }

// headerViews holds the headers in the order of their arguments. Together, and
// encoded, they stay below the 4096 characters that the dialplan has for a line.
var headerViews = map[string]headerView{
	HeaderTo:        {Name: "To", Variable: "GL_TO", Cut: 256},
	HeaderDiversion: {Name: "Diversion", Variable: "GL_DIVERSION", Cut: 160, More: []int{2, 3}},
	HeaderHistory:   {Name: "History-Info", Variable: "GL_HISTORY", Cut: 160, More: []int{2, 3}},
}

// media is the address for audio, "" for any, and whether it is an IPv6 one.
// Behind a NAT the address in the SDP is not one of ours, and a fragment leaves
// addresses to the Asterisk that it is put into.
func (s SIP) media(fragment bool) (address string, ipv6 bool) {
	a := netip.MustParseAddr(s.Host) // validated
	if fragment {
		return "", false
	}
	if a.IsUnspecified() || s.External != "" {
		return "", a.Is6()
	}
	return s.Host, a.Is6()
}

func newView(c Config, dir, prefix string) view {
	v := view{
		Config:       c,
		Etc:          dir,
		Install:      "/etc/asterisk/glennline",
		Modules:      c.modules(),
		RecordEngine: hasModule(c.ModuleDir, recordEngine),
		Transports:   strings.Split(c.SIP.Transport, ","),
		SIPBind:      net.JoinHostPort(c.SIP.Host, strconv.Itoa(c.SIP.Port)),
		TLSBind:      net.JoinHostPort(c.SIP.Host, strconv.Itoa(c.SIP.TLS.Port)),
		TLSMethod:    "tlsv" + strings.ReplaceAll(c.SIP.TLS.Version, ".", "_"),
		Dialplan: dialplanView{
			Context:         prefix + "from-trunk",
			CallContext:     prefix + "call",
			FallbackContext: prefix + "fallback",
			Prefix:          prefix,
			MaxCalls:        c.MaxCalls,
			MaxPerCaller:    c.MaxPerCaller,
			Busy:            c.Busy,
			Ring:            c.Ring,
			Fallback:        c.Fallback,
			StaleSeconds:    staleSeconds,
			SpokenMillis:    spokenMillis,
			App:             c.App,
			MaxCallSeconds:  int(c.MaxCall / time.Second),
		},
		Includes: []include{
			{"pjsip.conf", "pjsip.conf"},
			{"extensions.conf", "extensions.conf"},
			{"ari.conf", "ari.conf"},
			{"http.conf", "http.conf"},
			{"cel.conf", "cel.conf"},
			{"cel_custom.conf", "cel_custom.conf"},
		},
	}
	if prefix != "" { // where security events go is for others to say
		v.Modules = slices.DeleteFunc(v.Modules, func(g moduleGroup) bool { return g.For == security.For })
	}
	for _, h := range c.DialledFrom {
		v.Dialplan.Headers = append(v.Dialplan.Headers, headerViews[h])
	}
	usual := append([]string{FromRequest}, c.DialledFrom...)
	for _, t := range c.Trunks {
		sources := t.DialledFrom
		if len(sources) == 0 {
			sources = usual
		}
		if order := v.Dialplan.order(sources); order > 0 {
			v.Dialplan.Ordered = append(v.Dialplan.Ordered, ordered{t.Name, order})
		}
	}
	trunks := c.Trunks
	if probe, ok := c.probe(); ok {
		trunks = append(slices.Clone(trunks), probe)
		v.Probe, v.Dialplan.Probe = ProbeAddress(c.SIP.Host), Probe
		if c.SIP.Transport == "tls" {
			v.ProbeBind, _ = c.SIP.ProbeTarget(v.Transports)
		}
	}
	media, ipv6 := c.SIP.media(prefix != "")
	for _, t := range trunks {
		if t.Transport == "" {
			t.Transport = v.Transports[0]
		}
		seconds := int(c.RTPTimeout / time.Second)
		trunk := trunkView{
			Trunk:          t,
			Section:        prefix + t.Name,
			Context:        v.Dialplan.Context,
			RTPTimeout:     seconds,
			RTPTimeoutHold: 2 * seconds,
			MediaAddress:   media,
			IPv6:           ipv6,

			ExpiresSeconds:   int(t.Register.Expires / time.Second),
			RetrySeconds:     retrySeconds,
			ForbiddenSeconds: forbiddenSeconds,
			Retries:          retries,
		}
		if t.Name == Probe {
			trunk.Context = prefix + Probe
		}
		if prefix == "" {
			trunk.TransportSection = "transport-" + t.Transport
		}
		v.Trunks = append(v.Trunks, trunk)
	}
	return v
}
