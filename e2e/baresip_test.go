//go:build heavy

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glennline/softphone/audio"
	"glennline/voicemail/wav"
)

// A telephone that others wrote calls over TLS, which it verifies, and leaves a
// message under SRTP, which it demands. Without SRTP it is refused before the
// answer, and trunk watch says why.
func TestTelephoneOfOthers(t *testing.T) {
	t.Parallel()
	pki := authority(t, map[string]string{"line": "127.0.0.1"})
	port := freePort(t)
	dir := tempDir(t)
	rtp := freeRTP(t, lineCalls)
	l := newLine(t, dir, fmt.Sprintf(`rtp: {from: %d, to: %d}
pbx: {max_calls: %d}
trunks:
  - {name: encrypted, addresses: [127.0.0.1], transport: tls, srtp: true}
  - {name: plain, addresses: [127.0.0.2]}
region: BE
lines:
  - {name: main, numbers: ["+32 2 555 01 00"], language: fr, prompts: @DIR@/prompts, limits: {silence: 4s}}
`, rtp, rtp+2*lineCalls-1, lineCalls))
	l.edit(t, "sip: {host: 127.0.0.1,", fmt.Sprintf(
		"sip: {tls: {port: %d, certificate_file: %s/line.crt, key_file: %s/line.key}, host: 127.0.0.1,", port, pki, pki))
	l.args = []string{"up"}
	l.start()
	watcher := l.watch(t)

	said := speech(t, 2.5)
	heard := baresip(t, pki, port, "srtp-mand", said)
	got := l.ended(1)[0]
	if got.ending() != "message/silence" || got.Status != "counted" || got.Line != "main" {
		t.Errorf("the call is %+v", got)
	}
	if c := recording(t, got, said); c.Correlation < 0.98 || c.Covered < 0.99 {
		t.Errorf("%.0f%% of what it said is in the recording, with a correlation of %.3f", 100*c.Covered, c.Correlation)
	}
	if seen := watcher.call(t, got.SIPCallID); seen.Trunk != "encrypted" || seen.Status != 0 || seen.Line != "main" {
		t.Errorf("it was seen as %+v", seen)
	}
	waitFor(t, "the notice in what it heard", func() bool {
		file, err := wav.Read(heard)
		return err == nil && len(file.Samples) > 2*rate && audio.LevelDB(file.Samples) > -50
	})

	baresip(t, pki, port, "", said)
	seen := watcher.see(t, "a call that is refused", func(s sighting) bool { return s.Status != 0 })
	if seen.Trunk != "encrypted" || seen.Status != 488 || !strings.Contains(seen.Why, "not encrypted") ||
		!strings.HasPrefix(seen.Source, "127.0.0.1:") || !strings.HasPrefix(seen.Caller, "+32…") || seen.Dialled != mainNumber || seen.SIPCallID == "" {
		t.Errorf("without SRTP it was seen as %+v", seen)
	}
	l.serves(t, mainNumber, "127.0.0.2")
	if n := len(l.ended(2)); n != 2 {
		t.Errorf("%d calls, want 2", n)
	}
	l.noNumber(digits...)
	watcher.noNumber(digits...)
}

// baresip calls the main number over TLS and says the samples once the prompts
// are over. It returns the file of what it hears.
func baresip(t *testing.T, pki string, port int, encryption string, said []int16) (heard string) {
	t.Helper()
	dir := tempDir(t)
	heard = filepath.Join(dir, "heard.wav")
	// It plays the file from the answer on, and hangs up at its end: after the
	// prompts, which have 2.4 s, and the silence with which the line ends the call.
	spoken := slices.Concat(make([]int16, 9*rate/2), said, make([]int16, 10*rate))
	writeWAV(t, filepath.Join(dir, "said.wav"), spoken)
	rtp := freeRTP(t, 10)
	writeFilled(t, "baresip/config", filepath.Join(dir, "config"), "@PORT@", fmt.Sprint(freePort(t)), "@CA@", filepath.Join(pki, "ca.crt"),
		"@RTP@", fmt.Sprint(rtp), "@RTP_END@", fmt.Sprint(rtp+19), "@SAID@", filepath.Join(dir, "said.wav"), "@HEARD@", heard,
		"@MODULES@", peer(t, "baresip-modules"))
	account := fmt.Sprintf("<sip:%s@127.0.0.1;transport=tls>;regint=0;audio_codecs=PCMA", nextCaller(t))
	if encryption != "" {
		account += ";mediaenc=" + encryption
	}
	if err := os.WriteFile(filepath.Join(dir, "accounts"), []byte(account+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"contacts", "current_contact", "uuid"} {
		if err := os.WriteFile(filepath.Join(dir, file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	launchPeer(t, "baresip", "-f", dir, "-v", "-s", "-e", fmt.Sprintf("/dial sip:%s@127.0.0.1:%d", mainNumber, port))
	return heard
}
