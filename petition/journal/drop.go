package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
)

// Drop takes the entries of some calls out of a file that nobody appends to, such
// as a backup's: a journal, or what was refused.
func Drop(path string, drop func(callID string) bool) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	var kept bytes.Buffer
	dropped := false
	_, err = lines(f, func(line []byte) error {
		if drop(callOf(line)) {
			dropped = true
			return nil
		}
		_, err := kept.Write(line)
		return err
	})
	if err != nil || !dropped {
		return err
	}
	return replace(path, kept.Bytes())
}

// Calls gives the call of each entry of such a file.
func Calls(path string, found func(callID string)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = lines(f, func(line []byte) error {
		found(callOf(line))
		return nil
	})
	return err
}

// callOf is the call that a line is about, "" if it is no entry.
func callOf(line []byte) string {
	if e, err := parse(line); err == nil {
		return e.CallID()
	}
	var r refused
	if json.Unmarshal(line, &r) == nil && len(r.Entry) > 0 {
		if e, err := parse(r.Entry); err == nil {
			return e.CallID()
		}
	}
	return ""
}

func replace(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}
