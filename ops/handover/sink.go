package handover

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"glennline/ops/seal"
)

// sink takes files, by their path below the folder, with slashes.
type sink interface {
	// put takes size bytes and says what their SHA-256 is.
	put(ctx context.Context, name string, size int64, r io.Reader) (sum string, err error)
}

// intoFolder makes files of mode 0600.
type intoFolder struct{ path string }

func (f *intoFolder) put(ctx context.Context, name string, size int64, r io.Reader) (sum string, err error) {
	path := filepath.Join(f.path, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	return passOn(ctx, out, name, size, r)
}

// intoTar puts them into an encrypted file. Nothing is ever on the disk as it is.
type intoTar struct {
	file   *os.File
	left   *seal.Hash // what is on the disk
	lock   io.WriteCloser
	inside *seal.Hash // what it holds
	tar    *tar.Writer
	at     time.Time
}

func newIntoTar(path string, recipients []age.Recipient, at time.Time) (*intoTar, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	t := &intoTar{file: file, left: seal.NewHash(file), at: at.UTC().Truncate(time.Second)}
	if t.lock, err = age.Encrypt(t.left, recipients...); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	t.inside = seal.NewHash(t.lock)
	t.tar = tar.NewWriter(t.inside)
	return t, nil
}

func (t *intoTar) put(ctx context.Context, name string, size int64, r io.Reader) (string, error) {
	err := t.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: t.at})
	if err != nil {
		return "", err
	}
	return passOn(ctx, t.tar, name, size, r)
}

func (t *intoTar) close() error {
	err := t.tar.Close()
	if err == nil {
		err = t.lock.Close()
	}
	return errors.Join(err, t.file.Close())
}

func (t *intoTar) abort() { _ = t.file.Close() }

// passOn copies exactly size bytes.
func passOn(ctx context.Context, to io.Writer, name string, size int64, r io.Reader) (string, error) {
	hash := seal.NewHash(to)
	err := seal.Copy(ctx, hash, io.LimitReader(r, size+1))
	if err == nil && hash.Size() != size {
		err = fmt.Errorf("%s changed while it was read: try again", name)
	}
	return hash.Sum(), err
}
