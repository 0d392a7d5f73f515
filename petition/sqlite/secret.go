package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"glennline/petition"
)

// latestSecret is the one that pseudonyms are made with.
const latestSecret = `
SELECT
	id,
	check_value
FROM secrets
ORDER BY bound_at DESC, id DESC
LIMIT 1`

// BindSecret makes sure that the ledger's pseudonyms are made with one secret:
// it keeps the id and check value of the first, and any other one later is
// ErrOtherSecret.
func (db *DB) BindSecret(ctx context.Context, id, check string) error {
	_, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		return nil, bind(ctx, s, id, check, millis(db.now()))
	})
	switch {
	case errors.Is(err, ErrOtherSecret):
		return fmt.Errorf("%s: %w", db.path, err)
	case err != nil:
		return fmt.Errorf("bind secret %s: %w", id, err)
	}
	return nil
}

func bind(ctx context.Context, s *session, id, check string, now any) error {
	var boundID, boundCheck string
	err := s.latestSecret(ctx, &boundID, &boundCheck)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = s.exec(ctx, `INSERT INTO secrets (id, check_value, bound_at) VALUES (?, ?, ?)`, id, check, now)
		return err
	}
	if err != nil {
		return err
	}
	if boundID != id || boundCheck != check {
		return fmt.Errorf("its pseudonyms were made with secret %s and this is secret %s; put the file of the former back, or callers of then and now could not be compared: %w",
			boundID, id, ErrOtherSecret)
	}
	return nil
}

func (s *session) latestSecret(ctx context.Context, id, check *string) error {
	stmt, err := s.statement(ctx, latestSecret)
	if err != nil {
		return err
	}
	return stmt.QueryRowContext(ctx).Scan(id, check)
}

// SecretID is the id of the secret that BindSecret bound, "" if none was yet.
// Where there is one, a missing secret file must not be made anew.
func (db *DB) SecretID(ctx context.Context) (string, error) {
	var id, check string
	err := db.readers.QueryRowContext(ctx, latestSecret).Scan(&id, &check)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", db.failed("read the secret's id", err)
	}
	return id, nil
}
