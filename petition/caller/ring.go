package caller

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"glennline/petition"
)

// Ring is the secrets of a data folder: one that makes pseudonyms, and those
// before it that are kept, so that a caller who signed under one of them is
// known again.
//
//	secret          the one in force
//	secrets/<ID>    those before it, and for a moment the one to come
type Ring struct {
	*Secret
	Former []*Secret // oldest id first; in no other order
}

// ReadRing reads the secret at path and those in folder, which need not exist.
// The errors are those of ReadSecret; a file in the folder that holds another
// secret than its name says is ErrMalformed.
func ReadRing(path, folder string) (*Ring, error) {
	current, err := ReadSecret(path)
	if err != nil {
		return nil, err
	}
	r := &Ring{Secret: current}
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the secrets: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue // on its way there
		}
		at := filepath.Join(folder, e.Name())
		s, err := ReadSecret(at)
		if err != nil {
			return nil, err
		}
		if s.ID != e.Name() {
			return nil, fmt.Errorf("%s holds secret %s: give it that name, or put the right file back: %w", at, s.ID, ErrMalformed)
		}
		if s.ID != current.ID {
			r.Former = append(r.Former, s)
		}
	}
	return r, nil
}

// All are the secrets, the one in force first.
func (r *Ring) All() []*Secret {
	if r == nil {
		return nil
	}
	return append([]*Secret{r.Secret}, r.Former...)
}

// Identify is that of the secret in force, with the pseudonyms that the same
// number has under the others.
func (r *Ring) Identify(number, presentation, region string) petition.Caller {
	who := Identify(r.Secret, number, presentation, region)
	if who.Pseudonym == "" || len(r.Former) == 0 {
		return who
	}
	e164, err := E164(strings.TrimSpace(number), region)
	if err != nil {
		return who
	}
	former := make([]string, len(r.Former))
	for i, s := range r.Former {
		former[i] = s.Pseudonym(e164)
	}
	who.Former = strings.Join(former, " ")
	return who
}

// Unseal opens what was sealed under any of the secrets.
func (r *Ring) Unseal(sealed string) (number string, err error) {
	for _, s := range r.All() {
		if number, err = s.Unseal(sealed); err == nil {
			return number, nil
		}
	}
	return "", err
}

// Identify is the function of that name.
func (s *Secret) Identify(number, presentation, region string) petition.Caller {
	return Identify(s, number, presentation, region)
}

// NewSecret makes a secret in folder, under its id, and returns when it is on
// disk.
func NewSecret(folder string) (*Secret, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make a secret: %w", err)
	}
	fresh := filepath.Join(folder, ".new")
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a run that was broken off
		return nil, fmt.Errorf("make a secret: %w", err)
	}
	if err := makeSecret(fresh); err != nil {
		return nil, fmt.Errorf("make a secret: %w", err)
	}
	s, err := ReadSecret(fresh)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(fresh, filepath.Join(folder, s.ID)); err != nil {
		return nil, fmt.Errorf("make a secret: %w", err)
	}
	return s, errors.Join(syncDir(folder), syncDir(filepath.Dir(folder)))
}

// Install puts the secret with the id, which is in folder, in force in the place
// of the one at path, which goes into the folder. Each is somewhere at any
// time; again, after a crash, it does the rest.
func Install(path, folder, id string) error {
	current, err := ReadSecret(path)
	if err != nil {
		return err
	}
	if current.ID != id {
		if err := os.Link(path, filepath.Join(folder, current.ID)); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("keep secret %s: %w", current.ID, err)
		}
		if err := syncDir(folder); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(folder, id), path); err != nil {
			return fmt.Errorf("put secret %s in force: %w", id, err)
		}
	}
	return errors.Join(syncDir(filepath.Dir(path)), syncDir(folder))
}
