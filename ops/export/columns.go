package export

import (
	"time"

	"glennline/petition/sqlite"
)

// Column is one of an export.
type Column struct {
	Name  string
	Unit  string // "" where there is none
	About string

	fill func(*cell, *sqlite.ExportRow, *Config)
}

// kind is how a cell is written.
type kind int

const (
	text   kind = iota // what was typed or configured
	code               // of our own words and digits, each row's another
	number             // with three decimals
	truth
	moment
)

// cell is what a row has in a column.
type cell struct {
	kind   kind
	text   string
	number float64
	truth  bool
	moment time.Time // in the zone that it is told in
}

func coded(value func(*sqlite.ExportRow) string) func(*cell, *sqlite.ExportRow, *Config) {
	return func(c *cell, r *sqlite.ExportRow, _ *Config) { c.kind, c.text = code, value(r) }
}

func texted(value func(*sqlite.ExportRow) string) func(*cell, *sqlite.ExportRow, *Config) {
	return func(c *cell, r *sqlite.ExportRow, _ *Config) { c.kind, c.text = text, value(r) }
}

func seconds(value func(*sqlite.ExportRow) float64) func(*cell, *sqlite.ExportRow, *Config) {
	return func(c *cell, r *sqlite.ExportRow, _ *Config) { c.kind, c.number = number, value(r) }
}

// The names of the columns that a proof reads.
const (
	columnID     = "id"
	columnStatus = "status"
	columnHash   = "file_sha256"
)

// columns are all of them, in their order. Names are added, never changed or
// removed, and the banner stays the last.
var columns = []Column{
	{columnID, "", "ULID of the call and of its signature", coded(func(r *sqlite.ExportRow) string { return r.ID })},
	{"started_at_utc", "UTC", "when the call arrived", func(c *cell, r *sqlite.ExportRow, _ *Config) {
		c.kind, c.moment = moment, r.StartedAt
	}},
	{"started_at_local", "local time", "the same, in the time zone of the configuration", func(c *cell, r *sqlite.ExportRow, cfg *Config) {
		c.kind, c.moment = moment, r.StartedAt.In(cfg.Zone)
	}},
	{columnStatus, "", "what the signature counts for", coded(func(r *sqlite.ExportRow) string { return string(r.Status) })},
	{"status_reason", "", "why", coded(func(r *sqlite.ExportRow) string { return r.StatusReason })},
	{"duplicate_of", "", "id of the signature that it repeats; empty where that one does not leave", coded(func(r *sqlite.ExportRow) string { return r.DuplicateOf })},
	{"line", "", "name of the telephone line that was called", texted(func(r *sqlite.ExportRow) string { return r.Line })},
	{"caller_class", "", "mobile, fixed, other, withheld or unknown", coded(func(r *sqlite.ExportRow) string { return string(r.Class) })},
	{"notice", "", "version of the prompts that were heard", coded(func(r *sqlite.ExportRow) string { return r.Consent.Notice })},
	{"notice_language", "BCP 47", "language of the notice", texted(func(r *sqlite.ExportRow) string { return r.Consent.Language })},
	{"notice_complete", "true or false", "the notice was played to its end", func(c *cell, r *sqlite.ExportRow, _ *Config) {
		c.kind, c.truth = truth, r.Consent.Complete
	}},
	{"speech_seconds", "seconds", "speech in the recording", seconds(func(r *sqlite.ExportRow) float64 { return r.SpeechSeconds })},
	{"total_seconds", "seconds", "length of the recording", seconds(func(r *sqlite.ExportRow) float64 { return r.Seconds })},
	{columnHash, "hex", "SHA-256 of the recording's file", coded(func(r *sqlite.ExportRow) string { return r.FileSHA256 })},
	{columnPseudonym, "hex", "keyed HMAC-SHA-256 of the caller's number; empty where it is withheld or unknown", coded(func(r *sqlite.ExportRow) string { return r.Pseudonym })},
	{columnTypedName, "", "the name that was heard, as somebody typed it; empty where nobody has", texted(func(r *sqlite.ExportRow) string { return r.TypedName })},
	{"banner", "", "what these rows are in law", func(c *cell, _ *sqlite.ExportRow, cfg *Config) {
		c.kind, c.text = text, cfg.Banner
	}},
}

// The columns that are there on request alone.
const (
	columnPseudonym = "pseudonym"
	columnTypedName = "typed_name"
)

// Columns are those of an export, in their order.
func Columns(pseudonym, typedName bool) []Column {
	var chosen []Column
	for _, c := range columns {
		if c.Name == columnPseudonym && !pseudonym || c.Name == columnTypedName && !typedName {
			continue
		}
		chosen = append(chosen, c)
	}
	return chosen
}
