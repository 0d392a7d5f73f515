package pbx

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"go.uber.org/zap/zapcore"
)

// line is one message of Asterisk, without numbers.
type line struct {
	level   zapcore.Level
	text    string // may have several lines
	source  string // file and line in Asterisk's source
	call    string // Asterisk's id of the call, as in C-0000001f
	notable bool   // worth telling when Asterisk does not start
}

// record is a message as logger.conf's [json] formatter writes it.
type record struct {
	Identifiers struct {
		CallID string `json:"callid"`
		Thread int    `json:"lwp"`
	} `json:"identifiers"`
	LogMsg struct {
		Location struct {
			Filename string `json:"filename"`
			Line     int    `json:"line"`
		} `json:"location"`
		Level   string `json:"level"`
		Message string `json:"message"`
	} `json:"logmsg"`
}

// levels maps Asterisk's levels to ours. What it calls a notice tells of normal
// things; what it calls verbose is a running commentary.
var levels = map[string]zapcore.Level{
	"ERROR":   zapcore.ErrorLevel,
	"WARNING": zapcore.WarnLevel,
	"NOTICE":  zapcore.InfoLevel,
	"VERBOSE": zapcore.DebugLevel,
	"DEBUG":   zapcore.DebugLevel,
}

// levelInText finds the level in a line that is not whole JSON: one of the
// default format, or one that was cut.
var levelInText = regexp.MustCompile(`"level":\s*"([A-Z]+)"|\b(ERROR|WARNING|NOTICE|VERBOSE|DEBUG)\[\d+\]`)

// parseLine reads a line of Asterisk's console. Before its logger is up, it
// writes plain text: that is commentary as far as we can tell, but tells why
// an Asterisk that ends at once did so.
func parseLine(s string) line {
	s = strings.TrimSpace(s)
	var r record
	if strings.HasPrefix(s, "{") && json.Unmarshal([]byte(s), &r) == nil && r.LogMsg.Level != "" {
		l := line{
			level: levelOf(r.LogMsg.Level),
			text:  shorten(Redact(strings.TrimSpace(r.LogMsg.Message))),
			call:  Redact(r.Identifiers.CallID),
		}
		if r.LogMsg.Location.Filename != "" {
			l.source = filepath.Base(r.LogMsg.Location.Filename) + ":" + strconv.Itoa(r.LogMsg.Location.Line)
		}
		if l.ordinary() {
			l.level = zapcore.DebugLevel
		}
		l.notable = l.level >= zapcore.WarnLevel
		return l
	}
	l := line{level: zapcore.DebugLevel, text: shorten(Redact(s)), notable: true}
	if m := levelInText.FindStringSubmatch(s); m != nil {
		l.level = levelOf(m[1] + m[2])
		l.notable = l.level >= zapcore.WarnLevel
	}
	return l
}

// parseSecurityLine reads a line that tells of a security event, and the thread of
// Asterisk's that tells it. An event that is not understood is known as one.
func parseSecurityLine(s string) (e securityEvent, thread int, ok bool) {
	var r record
	if !strings.Contains(s, securityLevel) || json.Unmarshal([]byte(s), &r) != nil || r.LogMsg.Level != securityLevel {
		return e, 0, false
	}
	e, known := parseSecurity(r.LogMsg.Message)
	if !known {
		e.head = `SecurityEvent="Unknown",`
	}
	return e, r.Identifiers.Thread, true
}

// longestText is how much of a message is logged, in bytes. Asterisk quotes what is
// no proper SIP as a whole, which may be 64 KiB of anybody's.
const longestText = 2000

func shorten(text string) string {
	if len(text) <= longestText {
		return text
	}
	return fmt.Sprintf("%s … %d bytes in all", strings.ToValidUTF8(text[:longestText], ""), len(text))
}

// ordinary says that a warning tells of nothing that anybody has to look at:
//   - A caller hung up while a prompt played. The same words stand where a prompt
//     cannot be played, but then Asterisk says before what is wrong with the file, and
//     the application that asked for it is told.
//   - A call came while the application's websocket was being opened. The event waits
//     for it (res/ari/ari_websockets.c, session_update); should the socket not come, the
//     dialplan takes the call back.
func (l line) ordinary() bool {
	if l.level != zapcore.WarnLevel {
		return false
	}
	file, _, _ := strings.Cut(l.source, ":")
	switch file {
	case "res_stasis_playback.c":
		return strings.Contains(l.text, ": Playback failed for sound:")
	case "ari_websockets.c":
		return strings.Contains(l.text, ": Queued '") && strings.HasSuffix(l.text, "; websocket is not ready")
	}
	return false
}

func levelOf(name string) zapcore.Level {
	if l, ok := levels[name]; ok {
		return l
	}
	return zapcore.InfoLevel // a custom level: someone wanted it seen
}
