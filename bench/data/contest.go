package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// contest is a command, and what SQLite's shell takes for the same question.
type contest struct {
	name   string
	args   []string
	says   string // among what it prints when it did its work; N are the signatures that count
	beside string // SQL
	aim    aim
}

// aim is what is to be reached; 0 for nothing.
type aim struct {
	ratio   float64 // times what stands beside it
	seconds float64
}

func (a aim) String() string {
	switch {
	case a.ratio > 0:
		return fmt.Sprintf("%g times", a.ratio)
	case a.seconds > 0:
		return fmt.Sprintf("%g s", a.seconds)
	}
	return ""
}

// met judges the medians.
func (a aim) met(seconds, ratio float64) string {
	switch {
	case a.ratio > 0:
		return met(ratio, a.ratio)
	case a.seconds > 0:
		return met(seconds, a.seconds)
	}
	return ""
}

func met(got, most float64) string {
	if got <= most {
		return "met"
	}
	return fmt.Sprintf("missed by %.0f%%", 100*(got-most)/most)
}

// mostPeak is what no command may have in memory, in MiB: 100 MB.
const mostPeak = 100e6 / (1 << 20)

// What an export has in common with a plain query: the same columns of the same
// rows, in the same order, without what the law and the manifest want.
const columns = `
SELECT c.id, strftime('%FT%TZ', c.started_at / 1000, 'unixepoch'), strftime('%FT%T', c.started_at / 1000, 'unixepoch', 'localtime'),
	s.status, s.status_reason, s.duplicate_of, k.notice, k.language, k.complete, c.line, c.caller_class,
	v.speech_seconds, v.seconds, v.file_sha256, 'Expressions of support by telephone. Age, domicile and identity not verified.'
FROM calls AS c
JOIN signatures AS s ON s.call_id = c.id
LEFT JOIN voices AS v ON v.call_id = c.id
LEFT JOIN consents AS k ON k.call_id = c.id
WHERE s.status NOT IN ('confidential', 'test', 'withdrawn')
ORDER BY c.started_at, c.id`

// What can be grouped by the caller and by the samples: which groups there are,
// and not yet what the rule says of each signature in them.
const grouped = `
SELECT count(*), sum(n) FROM (
	SELECT count(*) AS n FROM calls AS c JOIN signatures AS s ON s.call_id = c.id
	WHERE c.caller_pseudonym IS NOT NULL GROUP BY c.caller_pseudonym HAVING count(*) > 1
	UNION ALL
	SELECT count(*) FROM voices GROUP BY audio_sha256 HAVING count(*) > 1
)`

// The numbers of count, from the rows: glennline keeps counters of them, which
// count --verify compares.
const counted = `
SELECT s.status, count(*), count(DISTINCT c.caller_pseudonym), sum(c.caller_class = 'withheld'), sum(c.caller_class = 'unknown')
FROM signatures AS s JOIN calls AS c ON c.id = s.call_id
GROUP BY s.status`

const last50 = `
SELECT c.id, c.started_at, c.line, c.caller_class, c.result, c.reason, s.status, s.status_reason, v.seconds, v.speech_seconds
FROM calls AS c
JOIN signatures AS s ON s.call_id = c.id
LEFT JOIN voices AS v ON v.call_id = c.id
ORDER BY c.started_at DESC, c.id DESC
LIMIT 50`

// What a report tells by day and hour, by line and language, by ending, by caller
// and by status; without the most calls at once and the projection.
const told = `
SELECT strftime('%F %H', c.started_at / 1000, 'unixepoch', 'localtime'), count(*), count(s.call_id), sum(s.status = 'counted')
FROM calls AS c LEFT JOIN signatures AS s ON s.call_id = c.id GROUP BY 1 ORDER BY 1;
SELECT c.line, k.language, count(*), sum(s.status = 'counted')
FROM calls AS c LEFT JOIN signatures AS s ON s.call_id = c.id LEFT JOIN consents AS k ON k.call_id = c.id GROUP BY 1, 2 ORDER BY 1, 2;
SELECT result, reason, count(*) FROM calls GROUP BY 1, 2 ORDER BY 1, 2;
SELECT s.status, c.caller_class, count(*) FROM signatures AS s JOIN calls AS c ON c.id = s.call_id GROUP BY 1, 2 ORDER BY 1, 2;
SELECT context, count(*) FROM witness WHERE answered_at IS NULL GROUP BY 1 ORDER BY 1`

// Both ways between rows and files, and both between the calls and Asterisk's
// records; the shell's fsdir() looks at every file once.
const joined = `
CREATE TEMP TABLE files AS SELECT substr(name, length('ARCHIVE/') + 1) AS path FROM fsdir('ARCHIVE') WHERE name LIKE '%.wav';
CREATE INDEX temp.files_by_path ON files (path);
SELECT count(*) FROM voices AS v WHERE NOT EXISTS (SELECT 1 FROM files AS f WHERE f.path = v.path);
SELECT count(*) FROM files AS f LEFT JOIN voices AS v ON v.call_id = substr(f.path, 12, 26) WHERE v.path IS NOT f.path;
SELECT count(*) FROM witness AS w WHERE w.answered_at IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM calls AS c WHERE c.system = 'glennline' AND c.unique_id = w.unique_id);
SELECT count(*) FROM calls AS c LEFT JOIN witness AS w ON w.unique_id = c.unique_id WHERE c.answered_at IS NOT NULL AND w.answered_at IS NULL`

var contests = []contest{
	{name: "export to CSV", args: []string{"export", "--format", "csv", "-o", "export.csv"}, says: ": N counted", beside: columns, aim: aim{ratio: 2}},
	{name: "export to JSON Lines", args: []string{"export", "--format", "jsonl", "-o", "export.jsonl"}, says: ": N counted", beside: columns},
	{name: "export to XLSX", args: []string{"export", "--format", "xlsx", "-o", "export.xlsx"}, says: ": N counted", beside: columns},
	{name: "count", args: []string{"count"}, says: "N  counted", beside: counted, aim: aim{seconds: 0.05}},
	{name: "count --verify", args: []string{"count", "--verify"}, says: "the counters agree with the rows", beside: counted},
	{name: "dedupe, preview", args: []string{"dedupe"}, says: "would make 0 changes", beside: grouped, aim: aim{ratio: 3}},
	{name: "reconcile", args: []string{"reconcile"}, says: "all agree", beside: joined, aim: aim{seconds: 60}},
	{name: "list of the last 50", args: []string{"list", "--last", "50"}, says: "counted", beside: last50},
	{name: "report", args: []string{"report"}, says: "counted: from", beside: told},
}

// did says whether it did its work, by what it has printed. What its own program
// printed decides, and no exit code alone.
func (c contest) did(printed string, signatures int) bool {
	return strings.Contains(printed, strings.ReplaceAll(c.says, "N", fmt.Sprint(signatures)))
}

// query is what stands beside, for a data folder.
func (c contest) query(data string) string {
	return strings.ReplaceAll(c.beside, "ARCHIVE", strings.ReplaceAll(filepath.Join(data, "archive"), "'", "''"))
}
