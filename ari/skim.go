package ari

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/CyCoreSystems/ari/v6"
)

var errJSON = errors.New("not the JSON that was expected")

// members shows take every member of a JSON object, its key as it is written
// between the quotes and its value as it stands there. What take does not ask
// for is passed over, and only looked at as far as it takes to find its end.
func members(object []byte, take func(key, value []byte) error) error {
	rest, ok := bytes.CutPrefix(blank(object), []byte{'{'})
	if !ok {
		return errJSON
	}
	if rest = blank(rest); len(rest) > 0 && rest[0] == '}' {
		return nil
	}
	for {
		key := end(rest)
		if key < 2 || rest[0] != '"' {
			return errJSON
		}
		name := rest[1 : key-1]
		if rest, ok = bytes.CutPrefix(blank(rest[key:]), []byte{':'}); !ok {
			return errJSON
		}
		rest = blank(rest)
		value := end(rest)
		if value == 0 {
			return errJSON
		}
		if err := take(name, rest[:value]); err != nil {
			return err
		}
		if rest = blank(rest[value:]); len(rest) == 0 {
			return errJSON
		}
		if rest[0] == '}' {
			return nil
		}
		if rest[0] != ',' {
			return errJSON
		}
		rest = blank(rest[1:])
	}
}

// end is the length of the value that data begins with, 0 if there is none.
func end(data []byte) int {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
			if i >= len(data) {
				return 0
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i // of a number or a word
			}
			if depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
	return 0
}

func blank(data []byte) []byte { return bytes.TrimLeft(data, " \t\r\n") }

// text reads a string, into nothing where it is null.
func text(value []byte, into *string) error {
	if len(value) > 1 && value[0] == '"' && bytes.IndexByte(value, '\\') < 0 {
		*into = string(value[1 : len(value)-1])
		return nil
	}
	return json.Unmarshal(value, into)
}

// moment reads a time as Asterisk writes it.
func moment(value []byte, into *ari.DateTime) error {
	var written string
	if err := text(value, &written); err != nil {
		return err
	}
	at, err := time.Parse(ari.DateFormat, written)
	*into = ari.DateTime(at)
	return err
}

// seconds reads a whole number of seconds.
func seconds(value []byte, into *ari.DurationSec) error {
	n, err := strconv.Atoi(string(value))
	*into = ari.DurationSec(time.Duration(n) * time.Second)
	return err
}
