//go:build e2e

package e2e

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glennline/voicemail/wav"
)

func TestZZProbeStrayRTP(t *testing.T) {
	rtp := freeRTP(4)
	l := newLine(t, tempDir(t), fmt.Sprintf("rtp: {from: %d, to: %d}\npbx: {max_calls: 4}\n%s", rtp, rtp+7, callsConfig))
	l.args = []string{"up"}
	l.start()
	stop := make(chan struct{})
	defer close(stop)
	for i := range 4 {
		c, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", rtp+2*i))
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer c.Close()
			p := make([]byte, 172)
			p[0], p[1] = 0x80, 8
			binary.BigEndian.PutUint32(p[8:], uint32(77+i))
			for n := uint16(0); ; n++ {
				binary.BigEndian.PutUint16(p[2:], n)
				binary.BigEndian.PutUint32(p[4:], uint32(n)*160)
				for j := 12; j < len(p); j++ {
					p[j] = byte(0x55 ^ j)
				}
				_, _ = c.Write(p)
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
				}
			}
		}()
	}
	dir := t.TempDir()
	raw, _ := os.ReadFile("../torture/caller.xml")
	x := strings.Replace(string(raw), "<nop next=\"1\"", "<pause milliseconds=\"400\"/><nop next=\"1\"", 1)
	_ = os.WriteFile(filepath.Join(dir, "c.xml"), []byte(x), 0o644)
	_ = os.WriteFile(filepath.Join(dir, "callers.csv"), []byte("SEQUENTIAL\n+32470550001\n"), 0o644)
	v := make([]byte, 8000*20)
	for i := range v {
		v[i] = byte(i * 7)
	}
	for i := range 4 {
		_ = os.WriteFile(filepath.Join(dir, fmt.Sprintf("voice%d.alaw", i)), v, 0o644)
	}
	cmd := exec.Command("sipp", l.addr, "-sf", "c.xml", "-s", mainNumber, "-inf", "callers.csv", "-i", "127.0.0.1", "-p", fmt.Sprint(freePort(t)), "-mi", "127.0.0.1", "-mp", "31000", "-r", "1", "-m", "4", "-l", "1", "-nostdin")
	cmd.Dir = dir
	_ = cmd.Run()
	time.Sleep(time.Second)
	for _, r := range l.calls() {
		t.Logf("%s %s %.2f", r.SIPCallID, r.ending(), r.Seconds)
		if r.WAV != "" {
			a, _ := wav.Read(r.WAV)
			t.Log(a.Samples[8000:8030])
		}
	}
}
