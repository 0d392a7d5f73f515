package pbx

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/zap/zapcore"
)

// said is a line as logger.conf's formatter writes it.
func said(level, file, message string) string {
	return fmt.Sprintf(`{"identifiers":{"callid":"[C-00000005]"},"logmsg":{"location":{"filename":%q,"line":280},"level":%q,"message":%q}}`, file, level, message)
}

func TestLevelOfALine(t *testing.T) {
	const cut = "glennline-1795357056.4: Playback failed for sound:/srv/data/prompts/ddc31415aca6/notice"
	const queued = "(null): Queued 'StasisStart' message for Stasis app 'glennline'; websocket is not ready"
	for _, test := range []struct {
		line string
		want zapcore.Level
	}{
		{said("ERROR", "file.c", "Error opening directory"), zapcore.ErrorLevel},
		{said("WARNING", "file.c", "File /srv/notice does not exist in any format"), zapcore.WarnLevel},
		{said("NOTICE", "loader.c", "224 modules will be loaded."), zapcore.InfoLevel},
		{said("VERBOSE", "pbx.c", "Executing"), zapcore.DebugLevel},
		// A caller who hangs up while a prompt plays.
		{said("WARNING", "res_stasis_playback.c", cut), zapcore.DebugLevel},
		{said("ERROR", "res_stasis_playback.c", cut), zapcore.ErrorLevel},
		{said("WARNING", "res_stasis_recording.c", cut), zapcore.WarnLevel},
		// A call comes while the websocket is being opened.
		{said("WARNING", "ari/ari_websockets.c", queued), zapcore.DebugLevel},
		{said("ERROR", "ari/ari_websockets.c", queued), zapcore.ErrorLevel},
		{said("WARNING", "ari/ari_websockets.c", "WebSocket read error: Connection reset by peer"), zapcore.WarnLevel},
		{said("WARNING", "res_stasis.c", queued), zapcore.WarnLevel},
		{said("WARNING", "res_stasis_playback.c", "Attempted to play URI of no scheme"), zapcore.WarnLevel},
	} {
		l := parseLine(test.line)
		if l.level != test.want {
			t.Errorf("%s is told at %s, want %s", test.line, l.level, test.want)
		}
		if l.notable != (test.want >= zapcore.WarnLevel) {
			t.Errorf("%s: worth telling when Asterisk does not start: %t", test.line, l.notable)
		}
	}
}

// What anybody sends is not logged at any length, and not by halves of a letter.
func TestLongLine(t *testing.T) {
	l := parseLine(said("ERROR", "pjproject", strings.Repeat("é", 40000)))
	if len(l.text) > longestText+100 || !strings.HasSuffix(l.text, " … 80000 bytes in all") || !utf8.ValidString(l.text) {
		t.Errorf("%d bytes: %.50s … %s", len(l.text), l.text, l.text[len(l.text)-40:])
	}
}
