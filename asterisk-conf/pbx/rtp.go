package pbx

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	asteriskconf "glennline/asterisk-conf"
)

// rtpPieces is into how many pieces the range of ports for audio is divided,
// if it is wide enough.
const rtpPieces = 4

// nextRTP is the piece of the range that the next Asterisk uses. Whoever was on
// a call when the last one died may go on sending to its port for a while. Should
// that come before the first packet of a new call on the same port, strict RTP
// takes it for the call's, and the new caller is not heard. So each Asterisk
// gets another piece than the one before. A range that has no more than an
// Asterisk needs is used whole.
func nextRTP(cfg asteriskconf.Config, etc string) asteriskconf.PortRange {
	ports := cfg.RTP.To - cfg.RTP.From + 1
	pieces := min(rtpPieces, ports/(2*max(cfg.Channels(), 1)))
	if pieces < 2 {
		return cfg.RTP
	}
	width := ports / pieces &^ 1
	next := 0
	if last := lastRTP(etc); last >= cfg.RTP.From && last <= cfg.RTP.To {
		next = ((last-cfg.RTP.From)/width + 1) % pieces
	}
	from := cfg.RTP.From + next*width
	return asteriskconf.PortRange{From: from, To: from + width - 1}
}

// lastRTP is the first port of the range that was rendered last, 0 if none was.
func lastRTP(etc string) int {
	text, err := os.ReadFile(filepath.Join(etc, "rtp.conf"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var port int
		if _, err := fmt.Sscanf(line, "rtpstart = %d", &port); err == nil {
			return port
		}
	}
	return 0
}

// render writes the configuration for the next Asterisk and gives it to its
// user.
func (s *Server) render(cfg asteriskconf.Config) error {
	etc := etcPath(cfg.Dir)
	cfg.RTP = nextRTP(cfg, etc)
	if err := asteriskconf.Render(cfg, etc); err != nil {
		return err
	}
	if err := s.account.own(cfg.Dir); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrUser, cfg.Dir, err)
	}
	return nil
}
