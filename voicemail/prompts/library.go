package prompts

import (
	"errors"
	"fmt"
	"sync/atomic"

	"go.uber.org/zap"
)

// Config says which lines there are and where to keep what is played.
type Config struct {
	Lines []LineSource
	Cache string // made if it does not exist; its parents must let Asterisk's user through
	Log   *zap.Logger
}

// Library has the prompts of every line in the form in which they are played.
type Library struct {
	cache cache
	log   *zap.Logger
	lines map[string]*line
	order []*line
}

// line is one line's prompts. Only current is shared; the rest belongs to
// Open, then to Watch.
type line struct {
	source  LineSource
	current atomic.Pointer[Set]
	watched
}

// Open checks the prompts of all lines and fills the cache. A prompt that is
// missing or bad is an error: a line never goes silent. The error names every
// bad file, each as a *FileError.
func Open(cfg Config) (*Library, error) {
	c, err := openCache(cfg.Cache)
	if err != nil {
		return nil, fmt.Errorf("prompt cache: %w", err)
	}
	l := &Library{cache: c, log: cfg.Log, lines: make(map[string]*line)}
	var faults []error
	for _, source := range cfg.Lines {
		if _, twice := l.lines[source.Name]; twice {
			faults = append(faults, fmt.Errorf("line %s is there twice: give each line a name of its own", source.Name))
			continue
		}
		ln := &line{source: source}
		ln.loaded = source.stamps()
		set, err := l.load(source)
		if err != nil {
			faults = append(faults, err)
		}
		ln.current.Store(&set)
		l.lines[source.Name] = ln
		l.order = append(l.order, ln)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *Library) load(source LineSource) (Set, error) {
	clips, err := source.load()
	if err != nil {
		return Set{}, err
	}
	return l.cache.put(source.Language, clips)
}

// Set gives the prompts in force for a line. It takes no lock and touches no
// disk. A line that Open was not told of has the zero Set.
func (l *Library) Set(name string) Set {
	if ln := l.lines[name]; ln != nil {
		return *ln.current.Load()
	}
	return Set{}
}
