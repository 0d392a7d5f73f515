package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"glennline/petition"
)

// Group are signatures that belong together by the rule.
type Group struct {
	Kind    string   // a reason of petition.StatusReason…, or GroupAlone
	First   string   // the signature that the others are compared with: the first, or one that keeps the line's place
	IDs     []string // all of them, First too, in order
	Changes []Change // of verdicts that stand and are not the rule's
}

// Change is a verdict that is not the one that the rule gives.
type Change struct {
	ID       string
	From, To petition.Verdict
}

// GroupAlone is the kind of a signature that the rule leaves alone, and that
// stands as if it belonged to others.
const GroupAlone = "alone"

const audioGroups = selectFacts + `
FROM (SELECT audio_sha256 FROM voices INDEXED BY voices_by_audio GROUP BY audio_sha256 HAVING count(*) > 1) AS several
CROSS JOIN voices AS v INDEXED BY voices_by_audio ON v.audio_sha256 = several.audio_sha256
CROSS JOIN signatures AS s ON s.call_id = v.call_id
CROSS JOIN calls AS c ON c.id = s.call_id
ORDER BY v.audio_sha256, c.started_at, c.id`

// callerGroups leaves the samples out: what repeats is known before. It gives one
// column, since of hundreds of thousands of rows most time would go into taking
// over columns.
const callerGroups = `
SELECT
	c.id || x'1f' ||
	c.caller_class || x'1f' ||
	c.caller_pseudonym || x'1f' ||
	s.own_status || x'1f' ||
	s.own_reason || x'1f' ||
	coalesce(s.doubt, '') || x'1f' ||
	coalesce(s.decided, '') || x'1f' ||
	s.status || x'1f' ||
	s.status_reason || x'1f' ||
	coalesce(s.duplicate_of, '')
FROM (
	SELECT caller_pseudonym
	FROM calls INDEXED BY calls_by_caller
	WHERE caller_pseudonym IS NOT NULL
	GROUP BY caller_pseudonym
	HAVING count(*) > 1
) AS several
CROSS JOIN calls AS c INDEXED BY calls_by_caller ON c.caller_pseudonym = several.caller_pseudonym
CROSS JOIN signatures AS s ON s.call_id = c.id
ORDER BY c.caller_pseudonym, c.started_at, c.id`

// leftAlone are those that share their line with no call and do not stand as
// they would alone.
const leftAlone = selectFacts + `
FROM signatures AS s
CROSS JOIN calls AS c ON c.id = s.call_id
LEFT JOIN voices AS v ON v.call_id = s.call_id
WHERE ` + compared + `
AND NOT EXISTS (SELECT 1 FROM calls AS o WHERE o.caller_pseudonym = c.caller_pseudonym AND o.id <> c.id)
ORDER BY s.call_id`

// compared is whether a signature stands otherwise than it would alone.
const compared = `(
	s.status <> coalesce(s.decided, CASE WHEN s.doubt IS NOT NULL AND s.own_status = 'counted' THEN 'review' ELSE s.own_status END)
	OR s.status_reason <> CASE
		WHEN s.decided IS NOT NULL THEN 'decided'
		WHEN s.doubt IS NOT NULL AND s.own_status = 'counted' THEN s.doubt
		ELSE s.own_reason
	END
	OR s.duplicate_of IS NOT NULL
)`

const comparedCount = `SELECT count(*) FROM signatures AS s WHERE ` + compared

// Groups gives every group of signatures, and what the rule would change in it,
// from one moment's state. In memory it holds one group at a time, and the ids
// of exact repeats. An error of found ends it and is returned as it is.
func (db *DB) Groups(ctx context.Context, found func(Group) error) error {
	tx, err := db.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return db.failed("compare signatures", err)
	}
	defer tx.Rollback()
	g := grouping{tx: tx, found: found, repeats: map[string]string{}}
	err = g.all(ctx)
	if stopped := (stopError{}); errors.As(err, &stopped) {
		return stopped.error
	}
	if err != nil {
		return db.failed("compare signatures", err)
	}
	return nil
}

// all makes the three passes. The last is left out where every signature that
// stands as compared was met on a line of several calls.
func (g *grouping) all(ctx context.Context) error {
	if err := g.each(ctx, audioGroups, scanRow, func(st standing) string { return st.AudioSHA256 }, g.audio); err != nil {
		return err
	}
	if err := g.each(ctx, callerGroups, scanPacked, func(st standing) string { return st.Pseudonym }, g.line); err != nil {
		return err
	}
	var compared int
	if err := g.tx.QueryRowContext(ctx, comparedCount).Scan(&compared); err != nil || compared == g.compared {
		return err
	}
	return g.each(ctx, leftAlone, scanRow, func(st standing) string { return st.ID }, g.alone)
}

// stopError is what found said.
type stopError struct{ error }

type grouping struct {
	tx      *sql.Tx
	found   func(Group) error
	repeats map[string]string // exact repeats, and what they repeat

	compared int // signatures met on a line that stand otherwise than they would alone
}

// scanPacked reads a row of callerGroups. The rows come in order, and their
// place stands for the time.
func scanPacked(rows *sql.Rows, place int64) (standing, error) {
	var st standing
	var packed string
	if err := rows.Scan(&packed); err != nil {
		return st, err
	}
	parts := strings.Split(packed, "\x1f")
	if len(parts) != 10 {
		return st, fmt.Errorf("signature %q: a code holds a separator", parts[0])
	}
	st.ID, st.Class, st.Pseudonym = parts[0], petition.Class(parts[1]), parts[2]
	st.Own = petition.Verdict{Status: petition.Status(parts[3]), Reason: parts[4]}
	st.Doubt, st.Decided = parts[5], petition.Status(parts[6])
	st.Verdict = petition.Verdict{Status: petition.Status(parts[7]), Reason: parts[8], Of: parts[9]}
	st.StartedAt = time.UnixMilli(place)
	return st, nil
}

// scanRow reads a row of selectFacts.
func scanRow(rows *sql.Rows, _ int64) (standing, error) { return scanStanding(rows.Scan) }

// each gives runs of rows that have the same key.
func (g *grouping) each(ctx context.Context, query string, scan func(*sql.Rows, int64) (standing, error), key func(standing) string, group func([]standing) error) error {
	rows, err := g.tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	var members []standing
	for place := int64(0); rows.Next(); place++ {
		st, err := scan(rows, place)
		if err != nil {
			return err
		}
		if len(members) > 0 && key(members[0]) != key(st) {
			if err := group(members); err != nil {
				return err
			}
			members = members[:0]
		}
		members = append(members, st)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(members) > 0 {
		return group(members)
	}
	return nil
}

// give hands a group out if there is anything to tell of it.
func (g *grouping) give(group Group) error {
	if len(group.IDs) < 2 && len(group.Changes) == 0 {
		return nil
	}
	if err := g.found(group); err != nil {
		return stopError{err}
	}
	return nil
}

func facts(members []standing) []petition.Facts {
	all := make([]petition.Facts, len(members))
	for i, st := range members {
		all[i] = st.Facts
	}
	return all
}

func (g *grouping) audio(members []standing) error {
	repeats := petition.Repeats(facts(members))
	group := Group{Kind: petition.StatusReasonSameAudio}
	for _, st := range members {
		if st.Compared() {
			group.IDs = append(group.IDs, st.ID)
		}
		if original, ok := repeats[st.ID]; ok {
			g.repeats[st.ID] = original
			group.change(st, petition.Repeat(original))
		}
	}
	if len(group.IDs) > 0 {
		group.First = group.IDs[0]
	}
	return g.give(group)
}

func (g *grouping) line(members []standing) error {
	all := facts(members)
	verdicts := petition.Lines(all, g.repeats)
	group := Group{Kind: kind(members[0]), First: petition.Holders(all, g.repeats)[members[0].Pseudonym]}
	for _, st := range members {
		if st.Verdict != st.Alone() {
			g.compared++
		}
		if _, ok := g.repeats[st.ID]; ok {
			continue
		}
		if st.Takes() {
			group.IDs = append(group.IDs, st.ID)
		}
		group.change(st, verdicts[st.ID])
	}
	return g.give(group)
}

// kind is what signatures of the same line have in common.
func kind(st standing) string {
	st.Decided = ""
	return st.Second("").Reason
}

func (g *grouping) alone(members []standing) error {
	st := members[0]
	if _, ok := g.repeats[st.ID]; ok {
		return nil
	}
	group := Group{Kind: GroupAlone, First: st.ID, IDs: []string{st.ID}}
	group.change(st, st.Alone())
	return g.give(group)
}

func (g *Group) change(st standing, to petition.Verdict) {
	if st.Verdict != to {
		g.Changes = append(g.Changes, Change{ID: st.ID, From: st.Verdict, To: to})
	}
}
