package seal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// lists are those of a manifest that are as long as its folder has files. They are
// read one by one; nil for what nobody wants.
type lists struct {
	file   func(File) error
	inside func(name, sum string) error // of an encrypted file, and SHA-256 of what is in it
	absent func(why, id string) error   // why is the key of the list
}

// The keys of these lists.
const (
	keyFiles   = "files"
	keyInside  = "inside"
	keyMissing = "recordings_missing"
	keyDamaged = "recordings_damaged"
	keyRemoved = "recordings_removed"
)

// scan reads a manifest, whose lists it gives one by one: all else is in what it
// returns, as far as it came. A manifest of a newer version is ErrNewer.
func scan(r io.Reader, each lists) (m Manifest, err error) {
	dec := json.NewDecoder(r)
	if err := delimiter(dec, '{'); err != nil {
		return m, err
	}
	seen := make(map[string]bool)
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return m, cut(err)
		}
		key, _ := token.(string) // nothing else stands before a colon
		if name := list(key); name != "" {
			if seen[name] {
				return m, fmt.Errorf("%q stands there twice", name)
			}
			seen[name] = true
			err = each.scan(dec, name)
		} else {
			err = m.take(dec, key)
		}
		if err != nil {
			return m, err
		}
	}
	if err := delimiter(dec, '}'); err != nil {
		return m, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return m, errors.New("something stands behind its end")
	}
	return m, nil
}

// take reads what stands under a key. Keys that a newer version added are none of
// our business.
func (m *Manifest) take(dec *json.Decoder, key string) error {
	var value json.RawMessage
	if err := dec.Decode(&value); err != nil {
		return cut(err)
	}
	one, err := json.Marshal(map[string]json.RawMessage{key: value})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(one, m); err != nil {
		return err
	}
	if m.Format > Format {
		return ErrNewer
	}
	return nil
}

// list is which of the lists a key names, as encoding/json takes it: "" for none.
func list(key string) string {
	for _, name := range []string{keyFiles, keyInside, keyMissing, keyDamaged, keyRemoved} {
		if strings.EqualFold(key, name) {
			return name
		}
	}
	return ""
}

// scan reads the list of that name.
func (l lists) scan(dec *json.Decoder, name string) error {
	switch name {
	case keyFiles:
		return texts(dec, '[', ']', func(text string) error {
			var f File
			if err := f.UnmarshalText([]byte(text)); err != nil || l.file == nil {
				return err
			}
			return l.file(f)
		})
	case keyInside:
		file := ""
		return texts(dec, '{', '}', func(text string) error {
			if file == "" {
				if file = text; file == "" {
					return errors.New("an encrypted file has no name")
				}
				return nil
			}
			name := file
			if file = ""; !IsSum(text) {
				return fmt.Errorf("of the encrypted %q, %q is no SHA-256", name, text)
			}
			if l.inside == nil {
				return nil
			}
			return l.inside(name, text)
		})
	}
	return texts(dec, '[', ']', func(id string) error {
		if l.absent == nil {
			return nil
		}
		return l.absent(name, id)
	})
}

// texts gives those of a list, or the keys and values of an object, in turn. null is
// an empty one.
func texts(dec *json.Decoder, begin, end json.Delim, found func(string) error) error {
	token, err := dec.Token()
	if err != nil {
		return cut(err)
	}
	if token == nil {
		return nil
	}
	if token != begin {
		return fmt.Errorf("%v stands where %v should begin", token, begin)
	}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return cut(err)
		}
		text, ok := token.(string)
		if !ok {
			return fmt.Errorf("%v stands in a list of texts", token)
		}
		if err := found(text); err != nil {
			return err
		}
	}
	return delimiter(dec, end)
}

func delimiter(dec *json.Decoder, want json.Delim) error {
	token, err := dec.Token()
	if err != nil {
		return cut(err)
	}
	if token != want {
		return fmt.Errorf("%v stands where %v should", token, want)
	}
	return nil
}

// cut is the error of a manifest that ends too early, which a decoder takes for an
// end like others.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
