package asteriskconf

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

type section struct {
	name    string
	options []option
}

type option struct{ key, value string }

// value is that of the last option of a key.
func (s section) value(key string) (value string) {
	for _, o := range s.options {
		if o.key == key {
			value = o.value
		}
	}
	return value
}

// comment is what follows a semicolon that is not escaped.
var comment = regexp.MustCompile(`^((?:[^;\\]|\\.)*);.*`)

// parse reads a configuration file as Asterisk does, as far as ours go, and
// fails for every line that is neither a section, an option, nor a comment.
func parse(t *testing.T, text string) []section {
	t.Helper()
	var sections []section
	for l := range strings.Lines(text) {
		l = strings.TrimSpace(comment.ReplaceAllString(strings.TrimSpace(l), "$1"))
		l = strings.ReplaceAll(l, `\;`, ";")
		key, value, isOption := strings.Cut(l, "=")
		switch {
		case l == "":
		case strings.HasPrefix(l, "["):
			name, _, closed := strings.Cut(l[1:], "]")
			if !closed {
				t.Fatalf("line %q", l)
			}
			sections = append(sections, section{name: name})
		case isOption && len(sections) > 0:
			s := &sections[len(sections)-1]
			s.options = append(s.options, option{strings.TrimSpace(key), strings.TrimSpace(strings.TrimPrefix(value, ">"))})
		default:
			t.Fatalf("line %q", l)
		}
	}
	return sections
}

// everyFile is what is rendered for configurations of all kinds.
func everyFile(t *testing.T) map[string]string {
	t.Helper()
	small := Default()
	small.Dir = "/srv/x"
	small.ARI.Password = NewPassword()
	small.RTPTimeout = 0
	small.Verbose = 3
	old := small
	old.ModuleDir = t.TempDir()
	files := map[string]string{}
	for name, c := range map[string]Config{"example": example(), "small": small, "old": old} {
		for from, prefix := range map[string]string{"templates": "", "templates/fragment": "glennline-"} {
			rendered, err := execute(c, "/srv/x/etc", from, prefix)
			if err != nil {
				t.Fatal(err)
			}
			for file, content := range rendered {
				files[path.Join(name, from, file)] = string(content)
			}
		}
	}
	return files
}

var (
	application = regexp.MustCompile(`^(?:[^,]+,)?(?:1|n(?:\(\w+\))?),(\w+)\(`)
	function    = regexp.MustCompile(`\$\{(\w+)\(|\b([A-Z_]+)\(`)
)

// Nothing in any rendered file can place a call. What may be used is listed, not
// what may not: an addition has to be looked at here.
func TestNoWayOut(t *testing.T) {
	applications := []string{"Set", "Goto", "GotoIf", "NoOp", "Stasis", "Hangup", "Answer", "Progress", "Ringing", "Wait", "Playback", "Record"}
	functions := []string{
		"FILTER", "URIENCODE", "PJSIP_HEADER", "IF", "LEN", "CALLERID", "TIMEOUT", "TOLOWER", "STRREPLACE",
		"GROUP", "GROUP_COUNT", "CHANNEL", "RAND", "AES_ENCRYPT", "FILE", "STAT", "STRFTIME",
	}
	// What leads to somewhere, and the only type of section that may have it.
	leads := map[string]string{
		"server_uri": "registration", "client_uri": "registration", "outbound_auth": "registration",
	}
	types := []string{"global", "transport", "endpoint", "identify", "registration", "auth"}
	dangerous := regexp.MustCompile(`(?i)^(aors?|contact|auth|outbound_.*|server_uri|client_uri|remote_hosts|endpoint/.*)$`)
	modulesThatDial := regexp.MustCompile(`^(app_(dial|originate|page|queue|followme|transfer|disa|proxied|attended|bridge|chanisavail|system|exec|externalivr|agi|sms).*|` +
		`pbx_(spool|dundi|loopback|lua|ael|realtime).*|res_(agi|clioriginate|pjsip_refer|pjsip_outbound_publish|pjsip_registrar|pjsip_messaging|pjsip_notify|ari_bridges|ari_mailboxes|curl|http_media_cache)|` +
		`bridge_.*|func_(shell|curl|odbc|db|eval.*)|manager_.*)\.so$`)
	seen, endpoints, proxied := map[string]int{}, map[string]int{}, map[string]int{}
	for file, content := range everyFile(t) {
		if path.Ext(file) != ".conf" {
			continue
		}
		for _, s := range parse(t, content) {
			for _, o := range s.options {
				seen[path.Base(file)]++
				switch path.Base(file) {
				case "extensions.conf":
					if o.key != "exten" && o.key != "same" {
						if s.name != "general" {
							t.Errorf("%s: %s in %s", file, o.key, s.name)
						}
						continue
					}
					m := application.FindStringSubmatch(o.value)
					if m == nil || !slices.Contains(applications, m[1]) {
						t.Errorf("%s: %s = %s", file, o.key, o.value)
					}
					for _, f := range function.FindAllStringSubmatch(o.value, -1) {
						if name := f[1] + f[2]; !slices.Contains(functions, name) {
							t.Errorf("%s: function %s in %s", file, name, o.value)
						}
					}
				case "pjsip.conf":
					kind := s.value("type")
					if kind == "endpoint" && o == (option{"outbound_proxy", "sip:127.0.0.1:9;lr"}) {
						proxied[file]++ // the discard port: what goes there goes nowhere
						continue
					}
					if o.key == "type" && o.value == "endpoint" {
						endpoints[file]++
					}
					if o.key == "type" && !slices.Contains(types, o.value) || dangerous.MatchString(o.key) && leads[o.key] != kind {
						t.Errorf("%s: [%s] %s = %s", file, s.name, o.key, o.value)
					}
				case "modules.conf":
					if o.key == "autoload" && o.value != "no" || modulesThatDial.MatchString(o.value) ||
						strings.HasPrefix(o.value, "chan_") && o.value != "chan_pjsip.so" || o.key == "load" || o.key == "preload" {
						t.Errorf("%s: %s = %s", file, o.key, o.value)
					}
				case "manager.conf":
					if o.value != "no" {
						t.Errorf("%s: %s = %s", file, o.key, o.value)
					}
				}
			}
			if path.Base(file) == "extensions.conf" && s.name == "default" && len(s.options) > 0 {
				t.Errorf("%s: the default context is not empty", file)
			}
			if path.Base(file) == "websocket_client.conf" {
				t.Errorf("%s: section %s", file, s.name)
			}
		}
		if endpoints[file] != proxied[file] {
			t.Errorf("%s: %d of %d endpoints lead nowhere", file, proxied[file], endpoints[file])
		}
		if strings.Contains(content, "#exec") || strings.Contains(content, "#include") {
			t.Errorf("%s runs or includes something", file)
		}
	}
	for _, file := range []string{"extensions.conf", "pjsip.conf", "modules.conf", "manager.conf"} {
		if seen[file] == 0 {
			t.Errorf("%s was not looked at", file)
		}
	}
}

// The dialplan calls only functions and applications whose modules are loaded.
func TestDialplanIsLoaded(t *testing.T) {
	loaded := map[string]bool{}
	for _, g := range modules {
		for _, m := range g.Names {
			if loaded[m] {
				t.Errorf("%s is listed twice", m)
			}
			loaded[m] = true
		}
	}
	for _, need := range []string{"func_strings", "func_uri", "res_pjsip_header_funcs", "func_logic", "func_callerid", "func_timeout", "app_stasis"} {
		if !loaded[need] {
			t.Errorf("%s is not loaded", need)
		}
	}
}

// What records calls, or logs to a file, must not name a caller.
func TestRecordsHoldNoCaller(t *testing.T) {
	caller := regexp.MustCompile(`(?i)\b(num|name|ani|rdnis|dnid|userfield|appdata|callerid|clid|src|peer\w*|accountcode|account\w*)\b`)
	looked := 0
	for file, content := range everyFile(t) {
		if path.Ext(file) != ".conf" {
			continue
		}
		for _, s := range parse(t, content) {
			for _, o := range s.options {
				switch path.Base(file) {
				case "cel_custom.conf":
					looked++
					if caller.MatchString(o.value) {
						t.Errorf("%s: %s", file, o.value)
					}
				case "logger.conf":
					if s.name == "logfiles" && o.key != "console" || o.key == "queue_log" && o.value != "no" {
						t.Errorf("%s: %s = %s", file, o.key, o.value)
					}
				case "cdr.conf":
					if o.key == "enable" && o.value != "no" {
						t.Errorf("%s: %s = %s", file, o.key, o.value)
					}
				}
			}
		}
	}
	if looked == 0 {
		t.Error("the witness was not looked at")
	}
}
