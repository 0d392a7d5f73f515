package tombstone

import (
	"path"
	"regexp"
	"slices"
	"time"

	"glennline/ops/fallback"
	"glennline/petition/callid"
)

// ulids are those in a name.
var ulids = regexp.MustCompile(`[0-7][0-9A-HJKMNP-TV-Z]{25}`)

// calls are those that a file's name tells: a recording's, a note's, or that of
// what lies beside one in the quarantine.
func calls(file string) []string {
	base := path.Base(file)
	if r, ok := fallback.ParseName(numbered.ReplaceAllString(base, ".wav")); ok {
		return []string{callid.Derive(callid.System(r.UniqueID), r.UniqueID, time.Time{})}
	}
	return ulids.FindAllString(base, -1)
}

// numbered is what the quarantine adds to a name that it has already, and to that
// of a note.
var numbered = regexp.MustCompile(`(-[0-9]+)?\.wav(\.json)?$`)

// Named is whether a file is one of an erased call, by its name.
func (s *Set) Named(file string) bool {
	if s == nil || len(s.stones) == 0 {
		return false
	}
	return slices.ContainsFunc(calls(file), s.Erased)
}

// Holds is whether a file is one of an erased call: by its name, or where that
// tells of no call, by its SHA-256.
func (s *Set) Holds(file, sha256 string) bool {
	return s.Named(file) || len(calls(file)) == 0 && s.Known(sha256)
}
