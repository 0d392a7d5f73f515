package sqlite

import (
	"net/url"
	"strconv"
	"time"
)

// The connections that are opened. Pragmas stand in the name so that every
// connection has them, also one that the pool opens later. No mode creates a
// file: SQLite makes the -wal and -shm with the mode of a file that exists.
type access url.Values

func (a access) name(path string, busy time.Duration) string {
	values := url.Values(a)
	values.Set("_busy_timeout", strconv.FormatInt(busy.Milliseconds(), 10))
	uri := url.URL{Scheme: "file", Path: path, RawQuery: values.Encode()}
	return uri.String()
}

// building is for a new database that has no readers yet.
func building() access {
	return access{
		"mode":          {"rw"},
		"_foreign_keys": {"1"},
		"_synchronous":  {"FULL"},
	}
}

// writing is for the one connection that writes. FULL syncs the write-ahead log
// with every commit. secure_delete overwrites an erased pseudonym in its page.
func writing() access {
	a := building()
	a["_journal_mode"] = []string{"WAL"}
	a["_secure_delete"] = []string{"1"}
	return a
}

// reading is for connections that only look. sealed is for a database beside
// which nobody can make the -shm that SQLite wants even of readers.
func reading(sealed bool) access {
	a := access{
		"mode":        {"ro"},
		"_query_only": {"1"},
	}
	if sealed {
		a["immutable"] = []string{"1"}
	}
	return a
}
