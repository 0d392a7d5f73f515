package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// witness is Asterisk's own record of its calls, as asterisk-conf has it
// written: an object a line, in the order in which things happened. SIPp's
// clock goes in steps of 4 ms on many kernels; this one does not.
type witness struct {
	path string
	at   int64 // how far it was read
}

// The files that Asterisk records into: glennline reads the first one.
const (
	ourRecords    = "witness.jsonl"
	othersRecords = "others.jsonl"
)

func (l *line) witness(name string) *witness {
	return &witness{path: filepath.Join(l.data.Asterisk(), "log", "cel-custom", name)}
}

// record has Asterisk write down the calls of a contestant, all in the same way,
// but glennline's apart from the others'. It takes every call that Asterisk
// answered for one of its line: for those of the others it would write rows,
// two for each of its own, while its own calls are measured.
func (l *line) record(ctx context.Context, who contestant) error {
	name, other := ourRecords, othersRecords
	if who != withGlennline {
		name, other = other, name
	}
	conf := filepath.Join(l.data.Asterisk(), "etc", "cel_custom.conf")
	before, err := os.ReadFile(conf)
	if err != nil {
		return err
	}
	after := bytes.ReplaceAll(before, []byte(other), []byte(name))
	if !bytes.Contains(after, []byte(name)) {
		return fmt.Errorf("%s names neither %s nor %s", conf, name, other)
	}
	if bytes.Equal(before, after) {
		return nil
	}
	if err := os.WriteFile(conf, after, 0o600); err != nil { // it keeps its owner
		return err
	}
	if said, err := l.console(ctx, "module reload cel_custom.so"); err != nil || !strings.Contains(said, "reloaded") {
		return fmt.Errorf("module reload cel_custom.so: %q: %w", said, err)
	}
	return nil
}

// answers reads on to the end and returns, for each call that was answered, the
// time from the making of its channel to its answer, in milliseconds.
func (w *witness) answers() ([]float64, error) {
	f, err := os.Open(w.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // no call yet
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Seek(w.at, io.SeekStart); err != nil {
		return nil, err
	}
	began := map[string]float64{}
	var times []float64
	lines := bufio.NewReader(f)
	for {
		text, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return times, nil // half a line is read the next time
		}
		if err != nil {
			return nil, err
		}
		w.at += int64(len(text))
		var event struct {
			Type     string  `json:"eventtype"`
			At       float64 `json:"eventtime"` // seconds
			UniqueID string  `json:"uniqueid"`
		}
		if err := json.Unmarshal(text, &event); err != nil {
			return nil, fmt.Errorf("%s: %w", w.path, err)
		}
		switch event.Type {
		case "CHAN_START":
			began[event.UniqueID] = event.At
		case "ANSWER":
			if at, ok := began[event.UniqueID]; ok {
				times = append(times, 1000*(event.At-at))
			}
		}
	}
}
