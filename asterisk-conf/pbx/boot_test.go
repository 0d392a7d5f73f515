package pbx

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	asteriskconf "glennline/asterisk-conf"
)

// An Asterisk that is booted and does not know the last of its commands yet would not
// understand either that it is to stop: it is not ready, and asked again.
func TestNotReadyBeforeItsLastCommands(t *testing.T) {
	c := controlAt(t.TempDir())
	if err := os.Mkdir(filepath.Dir(c.path), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", c.path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	said := map[string]string{ // by the command
		"core waitfullybooted": "Asterisk has fully booted.\n",
		"core show version":    "No such command 'core show version' (type 'core show help core show' for other possible commands)\n",
	}
	asked := make(chan string, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, "host/1/22\n")
			text, _ := bufio.NewReader(conn).ReadString(0)
			command := strings.TrimSuffix(strings.TrimPrefix(text, "cli quit after "), "\x00")
			asked <- command
			fmt.Fprint(conn, said[command])
			conn.Close()
		}
	}()
	cfg := asteriskconf.Default()
	if err := ready(t.Context(), c, cfg); err == nil || errors.Is(err, errDeaf) || !strings.Contains(err.Error(), "version") {
		t.Errorf("booted, without its last commands: %v", err)
	}
	if last := []string{<-asked, <-asked}; last[1] != "core show version" {
		t.Errorf("asked %q", last)
	}
	said["core show version"] = "Asterisk 22.10.1 built by somebody\n"
	// Then it goes on, to what is not there.
	if err := ready(t.Context(), c, cfg); !errors.Is(err, errDeaf) {
		t.Errorf("with them: %v, want no SIP", err)
	}
}
