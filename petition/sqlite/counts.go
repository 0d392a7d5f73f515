package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"glennline/petition"
)

// Counts says how many there are of everything, at one moment.
type Counts struct {
	Calls    int // all of them
	Open     int // of which not ended
	Endings  map[petition.Ending]int
	Results  map[petition.Result]int
	Statuses map[petition.Status]int // of signatures
}

// Counts counts calls and signatures.
func (db *DB) Counts(ctx context.Context) (Counts, error) {
	// One transaction, so that both queries see the same moment.
	tx, err := db.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return Counts{}, db.failed("count", err)
	}
	c := Counts{
		Endings:  map[petition.Ending]int{},
		Results:  map[petition.Result]int{},
		Statuses: map[petition.Status]int{},
	}
	err = errors.Join(c.calls(ctx, tx), c.signatures(ctx, tx), tx.Rollback())
	if err != nil {
		return Counts{}, db.failed("count", err)
	}
	return c, nil
}

func (c *Counts) calls(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, `
SELECT
	COALESCE(result, ''),
	COALESCE(reason, ''),
	COUNT(*)
FROM calls
GROUP BY result, reason
ORDER BY result, reason`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var ending petition.Ending
		var calls int
		if err := rows.Scan(&ending.Result, &ending.Reason, &calls); err != nil {
			return err
		}
		c.Calls += calls
		if ending == (petition.Ending{}) {
			c.Open = calls
			continue
		}
		c.Endings[ending] = calls
		c.Results[ending.Result] += calls
	}
	return rows.Err()
}

func (c *Counts) signatures(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, `
SELECT
	status,
	COUNT(*)
FROM signatures
GROUP BY status
ORDER BY status`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var status petition.Status
		var signatures int
		if err := rows.Scan(&status, &signatures); err != nil {
			return err
		}
		c.Statuses[status] = signatures
	}
	return rows.Err()
}
