package handover

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"filippo.io/age"

	"glennline/ops/outfile"
	"glennline/ops/seal"
)

var (
	// ErrNotEncrypted says that there is nothing to open.
	ErrNotEncrypted = errors.New("not encrypted")
	// ErrUnproved says that something is not what was sealed.
	ErrUnproved = errors.New("does not hold")
)

// Opening says what to open.
type Opening struct {
	Proof      seal.Verification // of the folder; Path is the folder's, and Identities open it
	To         string
	Force      bool
	Passphrase bool // the identity is one
}

// Opened are the proofs of the folder as it lay there, and of the one in it.
type Opened struct{ Around, Inside seal.Report }

// Open makes of an encrypted folder the one that plays, as a whole or not at all.
// Both are proved by their manifests; if one is not what was sealed, it is
// ErrUnproved, and the reports say why.
//
// Errors: ErrNotEncrypted, ErrUnproved, seal.ErrIdentity, those of seal.Verify and
// outfile.
func Open(ctx context.Context, o Opening) (done Opened, err error) {
	if Ours(o.Proof.Path) {
		if _, err := os.Stat(filepath.Join(o.Proof.Path, Sealed)); errors.Is(err, os.ErrNotExist) {
			return done, fmt.Errorf("%s: %w: open its %s in a browser", o.Proof.Path, ErrNotEncrypted, Index)
		}
	}
	if info, err := os.Stat(o.Proof.Path); err == nil && !info.IsDir() {
		return done, fmt.Errorf("%s: %w: name the folder that 'glennline handover' made", o.Proof.Path, ErrNotEncrypted)
	}
	around := o.Proof
	around.Identities = nil // it is opened below
	if done.Around, err = seal.Verify(ctx, around); err != nil {
		return done, err
	}
	if !done.Around.Holds() {
		return done, fmt.Errorf("%s %w", o.Proof.Path, ErrUnproved)
	}
	folder, err := outfile.CreateFolder(o.To, o.Force, Ours)
	if err != nil {
		return done, err
	}
	defer folder.Abort()
	if err := o.unpack(ctx, folder.Path); err != nil {
		return done, err
	}
	inside := o.Proof
	inside.Path, inside.Published = folder.Path, ""
	if done.Inside, err = seal.Verify(ctx, inside); err != nil {
		return done, err
	}
	if !done.Inside.Holds() {
		return done, fmt.Errorf("what is in %s %w", o.Proof.Path, ErrUnproved)
	}
	return done, folder.Commit()
}

// unpack decrypts the bundle and lays out what is in it.
func (o Opening) unpack(ctx context.Context, to string) error {
	f, err := os.Open(filepath.Join(o.Proof.Path, Sealed))
	if err != nil {
		return err
	}
	defer f.Close()
	plain, err := age.Decrypt(seal.Until(ctx, f), o.Proof.Identities...)
	if err != nil {
		what := "this key does not open it: ask for whom it was encrypted"
		if o.Passphrase {
			what = "this passphrase does not open it"
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%s: %w: %s (%w)", o.Proof.Path, seal.ErrIdentity, what, err)
	}
	out := &intoFolder{to}
	for in := tar.NewReader(plain); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			_, err := io.Copy(io.Discard, plain) // up to its end, which age proves
			return err
		}
		if err != nil {
			return fmt.Errorf("%s: %w", Sealed, err)
		}
		if h.Typeflag != tar.TypeReg || !filepath.IsLocal(h.Name) || path.Clean(h.Name) != h.Name {
			return fmt.Errorf("%s holds %q: %w", Sealed, h.Name, ErrUnproved)
		}
		if _, err := out.put(ctx, h.Name, h.Size, in); err != nil {
			return err
		}
	}
}
