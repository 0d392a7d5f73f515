package sqlite

import (
	"database/sql"
	"time"
)

// millis is a column of unix milliseconds, NULL for the zero time.
func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// moment reads what millis wrote.
func moment(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

// stored is what is left of a time once it has been a column.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}

// text is a column that is NULL for nothing.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}
