package main

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"glennline/ops/report"
)

// terminalOf is a terminal of so many columns.
func terminalOf(t *testing.T, columns uint16) *os.File {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	return slave
}

func TestScreen(t *testing.T) {
	pipe, _, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	for name, tt := range map[string]struct {
		out  *os.File
		env  map[string]string
		want report.Terminal
	}{
		"a terminal":                    {terminalOf(t, 137), map[string]string{"LANG": "fr_BE.UTF-8", "COLUMNS": "90"}, report.Terminal{Width: 137}},
		"one that does not say":         {terminalOf(t, 0), map[string]string{"LANG": "fr_BE.utf8", "COLUMNS": "90"}, report.Terminal{Width: 90}},
		"a pipe":                        {pipe, nil, report.Terminal{Width: 80, ASCII: true}},
		"nonsense":                      {pipe, map[string]string{"COLUMNS": "wide"}, report.Terminal{Width: 80, ASCII: true}},
		"LC_ALL stands over LANG":       {pipe, map[string]string{"LC_ALL": "C", "LANG": "nl_BE.UTF-8"}, report.Terminal{Width: 80, ASCII: true}},
		"LC_CTYPE stands over LANG":     {pipe, map[string]string{"LC_CTYPE": "C.UTF-8", "LANG": "C"}, report.Terminal{Width: 80}},
		"another encoding than Unicode": {pipe, map[string]string{"LANG": "fr_BE.ISO-8859-15"}, report.Terminal{Width: 80, ASCII: true}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, key := range []string{"LC_ALL", "LC_CTYPE", "LANG", "COLUMNS"} {
				t.Setenv(key, tt.env[key])
			}
			if got := screen(tt.out); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}
