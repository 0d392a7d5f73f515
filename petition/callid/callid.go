// Package callid names a call by what Asterisk calls it, so that whoever finds
// a trace of a call later (a recording without a row, a line of Asterisk's own
// records) derives the id that its row has or will have.
package callid

import (
	"crypto/sha256"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
)

// Derive returns the ULID of the call that Asterisk system, by its name in
// asterisk.conf, numbered uniqueID. The same two always give the same id.
//
// A UNIQUEID is "1763814000.12", or "name-1763814000.12" where the system has a
// name: the second in which the channel came up and a counter that starts again
// with Asterisk. The second becomes the time in the ULID; a UNIQUEID without
// one takes fallback instead, and is derived again only with the same fallback
// to the millisecond. The ULID's entropy is the first 80 bits of
// SHA-256("glennline call\x00" + system + "\x00" + uniqueID), so calls of one
// second are in no order.
func Derive(system, uniqueID string, fallback time.Time) string {
	at, ok := second(uniqueID)
	if !ok {
		at = fallback
	}
	sum := sha256.Sum256([]byte("glennline call\x00" + system + "\x00" + uniqueID))

	var id ulid.ULID
	copy(id[6:], sum[:10])
	ms := min(max(at.UnixMilli(), 0), int64(ulid.MaxTime()))
	_ = id.SetTime(uint64(ms)) // fails only past MaxTime
	return id.String()
}

// System is the name of the Asterisk that a UNIQUEID is of, "" without one: what
// stands before the last dash, which may hold dashes, digits and dots of its own.
func System(uniqueID string) string {
	return uniqueID[:max(0, strings.LastIndexByte(uniqueID, '-'))]
}

// second reads the time in a UNIQUEID, behind the system's name.
func second(uniqueID string) (time.Time, bool) {
	channel := uniqueID[strings.LastIndexByte(uniqueID, '-')+1:]
	seconds, counter, found := strings.Cut(channel, ".")
	if !found || !digits(seconds) || !digits(counter) {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || n > int64(ulid.MaxTime()/1000) {
		return time.Time{}, false
	}
	return time.Unix(n, 0).UTC(), true
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// Time is the moment in an ID, to the millisecond; false if id is no ULID.
func Time(id string) (time.Time, bool) {
	u, err := ulid.ParseStrict(id)
	if err != nil {
		return time.Time{}, false
	}
	return ulid.Time(u.Time()).UTC(), true
}
