package export

import (
	"archive/zip"
	"cmp"
	"compress/flate"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"slices"
)

// sortedZip packs files by the order of their names, without times: the library
// that writes workbooks gives several sheets in any order. What is packed lies in a
// temporary file until the end, and never in memory.
type sortedZip struct {
	to    io.Writer
	spool *os.File
	size  int64 // of the spool
	parts []*zip.FileHeader
	from  []int64 // where each begins in the spool

	packer *flate.Writer
	sum    hash.Hash32
	plain  int64
}

func newSortedZip(to io.Writer, folder string) (*sortedZip, error) {
	spool, err := os.CreateTemp(folder, ".glennline-*.zip")
	if err != nil {
		return nil, err
	}
	os.Remove(spool.Name()) // it lives as long as it is open
	z := &sortedZip{to: to, spool: spool, sum: crc32.NewIEEE()}
	z.packer, err = flate.NewWriter(spoolEnd{z}, flate.BestSpeed)
	return z, err
}

// spoolEnd appends to the spool.
type spoolEnd struct{ z *sortedZip }

func (s spoolEnd) Write(p []byte) (int, error) {
	n, err := s.z.spool.WriteAt(p, s.z.size)
	s.z.size += int64(n)
	return n, err
}

// Create begins a file and ends the one before.
func (z *sortedZip) Create(name string) (io.Writer, error) {
	if err := z.end(); err != nil {
		return nil, err
	}
	const noDay = 1<<5 | 1                                                                           // 1980-01-01, the first that MS-DOS knows
	z.parts = append(z.parts, &zip.FileHeader{Name: name, Method: zip.Deflate, ModifiedDate: noDay}) //nolint:staticcheck // the other field would add a time zone
	z.from = append(z.from, z.size)
	z.packer.Reset(spoolEnd{z})
	z.sum.Reset()
	z.plain = 0
	return zipPart{z}, nil
}

// zipPart is the file that was created last.
type zipPart struct{ z *sortedZip }

func (p zipPart) Write(text []byte) (int, error) {
	p.z.sum.Write(text)
	p.z.plain += int64(len(text))
	return p.z.packer.Write(text)
}

func (z *sortedZip) end() error {
	if len(z.parts) == 0 {
		return nil
	}
	last := z.parts[len(z.parts)-1]
	if last.UncompressedSize64 > 0 {
		return nil
	}
	err := z.packer.Close()
	last.CRC32, last.UncompressedSize64 = z.sum.Sum32(), uint64(z.plain)
	last.CompressedSize64 = uint64(z.size - z.from[len(z.from)-1])
	return err
}

// Close writes everything.
func (z *sortedZip) Close() error {
	if err := z.end(); err != nil {
		return err
	}
	order := make([]int, len(z.parts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(z.parts[a].Name, z.parts[b].Name) })
	out := zip.NewWriter(z.to)
	for _, i := range order {
		part := z.parts[i]
		w, err := out.CreateRaw(part)
		if err != nil {
			return err
		}
		if _, err := io.Copy(w, io.NewSectionReader(z.spool, z.from[i], int64(part.CompressedSize64))); err != nil {
			return err
		}
	}
	return out.Close()
}

// chosen packs some parts of a workbook, under the names that as gives them; "" leaves
// one out. What it is packed into stays open.
type chosen struct {
	*sortedZip
	as func(part string) string
}

// Create begins a part.
func (c chosen) Create(name string) (io.Writer, error) {
	if name = c.as(name); name == "" {
		return io.Discard, nil
	}
	return c.sortedZip.Create(name)
}

// Close leaves the rest to whoever began.
func (chosen) Close() error { return nil }

// AddFS is for the library's interface, and never called.
func (z *sortedZip) AddFS(fs.FS) error { return errors.ErrUnsupported }

// discard removes the spool.
func (z *sortedZip) discard() { z.spool.Close() }
