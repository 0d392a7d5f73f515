package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// witness is Asterisk's own record of its calls, as asterisk-conf has it
// written: an object a line, in the order in which things happened. SIPp's
// clock goes in steps of 4 ms on many kernels; this one does not.
type witness struct {
	path string
	at   int64 // how far it was read
}

func (l *line) witness() *witness {
	return &witness{path: filepath.Join(l.data.Asterisk(), "log", "cel-custom", "witness.jsonl")}
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
