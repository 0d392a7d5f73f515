package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"glennline/config"
	"glennline/ops/traffic"
)

// showTraffic prints what so many calls take, as expected and at most.
func showTraffic(out io.Writer, file config.File, trunks []config.Trunk, opts trunkShowOptions) error {
	before, longest, err := lengths(file)
	if err != nil {
		return err
	}
	encrypted := slices.ContainsFunc(trunks, func(t config.Trunk) bool { return t.SRTP })
	var needs []traffic.Need
	var loads []traffic.Load
	for _, message := range []time.Duration{min(opts.message, longest), longest} {
		load := traffic.Load{PerMinute: opts.perMinute, Call: before + message, Message: message, Encrypted: encrypted}
		loads, needs = append(loads, load), append(needs, load.Need())
	}
	fmt.Fprintf(out, "\nAt %g calls a minute %20s %14s\n", opts.perMinute, "as expected", "at most")
	row := func(label string, tell func(int) string) {
		fmt.Fprintf(out, "  %-24s %14s %14s\n", label, tell(0), tell(1))
	}
	row("message", func(i int) string { return plain(loads[i].Message) })
	row("call, with its prompts", func(i int) string { return plain(loads[i].Call) })
	row("calls at once, the mean", func(i int) string { return strconv.Itoa(int(math.Ceil(needs[i].Erlang))) })
	row("channels to order", func(i int) string { return strconv.Itoa(needs[i].Channels) })
	row("bandwidth, each way", func(i int) string { return fmt.Sprintf("%.1f Mbit/s", needs[i].Bandwidth/1e6) })
	row("recordings, an hour", func(i int) string { return fmt.Sprintf("%.1f GB", needs[i].Disk/1e9) })
	room := min(file.PBX.MaxCalls, (file.RTP.To-file.RTP.From+1)/2)
	for i, when := range []string{"these calls", "the most that may come"} {
		if needs[i].Channels > room {
			fmt.Fprintf(out, "  pbx.max_calls and rtp have room for %s at once: too few for %s, set them for %d\n", several(room, "call"), when, needs[i].Channels)
			break
		}
	}
	return nil
}

// lengths are the longest that a line rings and plays before its message, and
// the longest message.
func lengths(file config.File) (before, longest time.Duration, err error) {
	for i, source := range promptSources(file) {
		reports, err := source.Check()
		if err != nil {
			return 0, 0, usage(err)
		}
		length := file.Lines[i].RingFor
		for _, report := range reports {
			switch strings.TrimSuffix(filepath.Base(report.Path), ".wav") {
			case "name", "notice", "beep":
				length += report.Length
			}
		}
		before, longest = max(before, length), max(longest, file.Lines[i].Limits.Message)
	}
	if longest == 0 {
		return 0, 0, errors.New("no line has a message: see glennline config check")
	}
	return before, longest, nil
}
