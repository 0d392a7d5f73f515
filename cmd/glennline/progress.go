package main

import (
	"os"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
)

// showBar shows on a terminal how far long work has come; total is 0 where it is
// not known.
func showBar(message string, total int64, units progress.Units) (update func(done int64), stop func()) {
	if !terminal(os.Stderr) {
		return func(int64) {}, func() {}
	}
	w := progress.NewWriter()
	w.SetOutputWriter(os.Stderr)
	w.SetUpdateFrequency(200 * time.Millisecond)
	tracker := &progress.Tracker{Message: message, Total: total, Units: units}
	w.AppendTracker(tracker)
	go w.Render()
	return tracker.SetValue, func() {
		tracker.MarkAsDone()
		w.Stop()
	}
}

// showLooked is showBar for how many calls and files have been looked at.
func showLooked() (update func(done int), stop func()) {
	show, stop := showBar("looking at calls and files", 0, progress.UnitsDefault)
	return func(done int) { show(int64(done)) }, stop
}
