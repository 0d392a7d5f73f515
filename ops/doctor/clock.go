package doctor

import (
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const keepTime = "let chrony or systemd-timesyncd keep the time of this machine (timedatectl set-ntp true)"

// Clock asks the kernel whether something keeps its time (adjtimex(2)).
func Clock(name string) Check {
	var t unix.Timex
	if _, err := unix.Adjtimex(&t); err != nil {
		return Warn(name, fmt.Sprintf("the kernel does not say whether its clock is kept: %v", err), keepTime)
	}
	if t.Status&unix.STA_UNSYNC != 0 {
		return Warn(name, "nothing keeps this machine's clock", keepTime+"; calls are told apart and counted by their time")
	}
	return Good(name, fmt.Sprintf("kept; off by at most %d ms", time.Duration(t.Maxerror*1000).Milliseconds()))
}

// apart is how far clocks may be apart: the dialplan compares its own with what
// the application says every second, and takes it for dead after three.
const apart = 2 * time.Second

// Clocks compares Asterisk's clock, as seconds since 1970 in text, with ours.
// asked is when it was asked, now when it had answered.
func Clocks(name, epoch string, asked, now time.Time) Check {
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return Warn(name, fmt.Sprintf("Asterisk tells no time (%q)", epoch), "see whether its version is 20 or newer")
	}
	theirs := time.Unix(seconds, 0)
	if theirs.Before(asked.Add(-apart-time.Second)) || theirs.After(now.Add(apart)) {
		return Bad(name, fmt.Sprintf("Asterisk's clock is %s away from this one", theirs.Sub(now).Round(time.Second)),
			"set both clocks: the dialplan takes glennline for dead and answers by itself, and calls end too early or too late")
	}
	return Good(name, "Asterisk's clock agrees with this one")
}
