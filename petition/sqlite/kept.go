package sqlite

import (
	"context"
	"maps"
	"slices"

	"glennline/petition"
)

// KeptLines is what else is from the lines whose places signatures keep, which
// confidential and withdrawn ones do.
type KeptLines struct {
	Ruled   int      // nobody decided on them: they neither count nor leave, blank ones apart
	Decided []string // they stand as a person decided, and may leave
}

const onTheSameLine = `
SELECT
	o.id,
	os.status,
	os.decided IS NOT NULL
FROM calls AS c
CROSS JOIN calls AS o INDEXED BY calls_by_caller ON o.caller_pseudonym = c.caller_pseudonym
CROSS JOIN signatures AS os ON os.call_id = o.id
WHERE c.id = ?
AND o.caller_pseudonym IS NOT NULL
AND o.id <> c.id
ORDER BY o.id`

// KeptLines looks at the lines of some signatures, these apart.
func (db *DB) KeptLines(ctx context.Context, ids []string) (KeptLines, error) {
	ruled, decided := map[string]bool{}, map[string]bool{}
	err := db.sameLine(ctx, ids, func(_, other string, status petition.Status, byPerson bool) {
		switch {
		case slices.Contains(NeverLeave, status):
		case byPerson:
			decided[other] = true
		case status != petition.StatusBlank:
			ruled[other] = true
		}
	})
	for _, id := range ids {
		delete(ruled, id)
		delete(decided, id)
	}
	return KeptLines{Ruled: len(ruled), Decided: slices.Sorted(maps.Keys(decided))}, err
}

// OnKeptLines are those of the signatures from whose line another one is
// confidential or withdrawn, in the order given.
func (db *DB) OnKeptLines(ctx context.Context, ids []string) (kept []string, err error) {
	err = db.sameLine(ctx, ids, func(id, _ string, status petition.Status, _ bool) {
		keeps := status == petition.StatusConfidential || status == petition.StatusWithdrawn
		if keeps && (len(kept) == 0 || kept[len(kept)-1] != id) {
			kept = append(kept, id)
		}
	})
	return kept, err
}

// sameLine gives, for each signature, every other one from its line.
func (db *DB) sameLine(ctx context.Context, ids []string, found func(id, other string, status petition.Status, byPerson bool)) error {
	for _, id := range ids {
		if err := db.sameLineAs(ctx, id, found); err != nil {
			return db.failed("find signatures of the same line", err)
		}
	}
	return nil
}

func (db *DB) sameLineAs(ctx context.Context, id string, found func(id, other string, status petition.Status, byPerson bool)) error {
	rows, err := db.readers.QueryContext(ctx, onTheSameLine, id)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var other string
		var status petition.Status
		var byPerson bool
		if err := rows.Scan(&other, &status, &byPerson); err != nil {
			return err
		}
		found(id, other, status, byPerson)
	}
	return rows.Err()
}
