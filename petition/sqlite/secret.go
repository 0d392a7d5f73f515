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

// Key is what the ledger knows of a secret: an id, and a value by which it is
// known again.
type Key struct{ ID, Check string }

// latestSecret is the one that pseudonyms are made with.
const latestSecret = `
SELECT
	id,
	check_value
FROM secrets
WHERE destroyed_at IS NULL
ORDER BY bound_at DESC, id DESC
LIMIT 1`

// BindSecret is BindSecrets of one.
func (db *DB) BindSecret(ctx context.Context, id, check string) error {
	return db.BindSecrets(ctx, Key{id, check})
}

// BindSecrets makes sure that the ledger's pseudonyms were made with the secret
// in force, which comes first, and those that are kept. One that is missing is
// ErrOtherSecret, unless it was destroyed. The first that is in force is kept,
// and so is one that was put in force after the database was copied.
func (db *DB) BindSecrets(ctx context.Context, current Key, kept ...Key) error {
	_, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		return nil, s.bind(ctx, current, kept, millis(db.now()))
	})
	switch {
	case errors.Is(err, ErrOtherSecret):
		return fmt.Errorf("%s: %w", db.path, err)
	case err != nil:
		return fmt.Errorf("bind secret %s: %w", current.ID, err)
	}
	return nil
}

const boundSecrets = `
SELECT
	id,
	check_value,
	destroyed_at
FROM secrets
ORDER BY bound_at, id`

const insertSecret = `
INSERT INTO secrets (
	id,
	check_value,
	bound_at
) VALUES (?1, ?2, max(?3, (SELECT coalesce(max(bound_at) + 1, 0) FROM secrets))) -- later than all, whatever the clock says`

func (s *session) bind(ctx context.Context, current Key, kept []Key, now any) error {
	stmt, err := s.statement(ctx, boundSecrets)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx)
	if err != nil {
		return err
	}
	defer rows.Close()
	bound := false
	for rows.Next() {
		var key Key
		var destroyed sql.NullInt64
		if err := rows.Scan(&key.ID, &key.Check, &destroyed); err != nil {
			return err
		}
		if err := matches(key, moment(destroyed), current, kept); err != nil {
			return err
		}
		bound = bound || key == current
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || bound {
		return err
	}
	_, err = s.exec(ctx, insertSecret, current.ID, current.Check, now)
	return err
}

// matches is nil if a secret that the ledger knows is at hand, or was destroyed.
func matches(key Key, destroyed time.Time, current Key, kept []Key) error {
	for _, k := range append([]Key{current}, kept...) {
		switch {
		case k.ID == key.ID && k.Check != key.Check:
			return fmt.Errorf("it knows another secret %s than this; put the file of the former back: %w", key.ID, ErrOtherSecret)
		case k == current && k.ID == key.ID && !destroyed.IsZero():
			return fmt.Errorf("secret %s was destroyed on %s, and is not to be used again: remove its file: %w", key.ID, destroyed.Format(time.DateOnly), ErrOtherSecret)
		case k == key:
			return nil
		}
	}
	if !destroyed.IsZero() {
		return nil
	}
	return fmt.Errorf("its pseudonyms were made with secret %s and this is secret %s; put the file of the former back, or callers of then and now could not be compared ('glennline secret destroy %s' gives it up): %w",
		key.ID, current.ID, key.ID, ErrOtherSecret)
}

// Rotate writes that another secret is in force from now on.
func (db *DB) Rotate(ctx context.Context, to Key, actor string) error {
	now := db.now()
	_, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		var from Key
		if err := s.latestSecret(ctx, &from.ID, &from.Check); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		if _, err := s.exec(ctx, insertSecret, to.ID, to.Check, millis(now)); err != nil {
			return nil, err
		}
		detail := map[string]string{"do": "rotate", "from": from.ID, "to": to.ID}
		return nil, s.audit(ctx, petition.AuditEntry{At: now, Actor: actor, Kind: petition.AuditSecret, Detail: detail}, "")
	})
	if err != nil {
		return fmt.Errorf("rotate to secret %s: %w", to.ID, err)
	}
	return nil
}

const destroySecret = `
UPDATE secrets SET destroyed_at = ?2
WHERE id = ?1
AND destroyed_at IS NULL`

// DestroySecret writes that a secret is destroyed. Again it does nothing.
func (db *DB) DestroySecret(ctx context.Context, id, actor string) error {
	now := db.now()
	_, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		changed, err := s.exec(ctx, destroySecret, id, millis(now))
		if err != nil || changed == 0 {
			return nil, err
		}
		detail := map[string]string{"do": "destroy", "id": id}
		return nil, s.audit(ctx, petition.AuditEntry{At: now, Actor: actor, Kind: petition.AuditSecret, Detail: detail}, "")
	})
	if err != nil {
		return fmt.Errorf("destroy secret %s: %w", id, err)
	}
	return nil
}

const rekeyCalls = `
UPDATE calls SET
	caller_pseudonym = ?2,
	caller_key_id    = ?3
WHERE caller_pseudonym = ?1`

// rekey stores a caller's calls under the pseudonym of the secret in force, now
// that the number is at hand which gives both. Where calls of the line were known
// under several, they are compared now.
func (s *session) rekey(ctx context.Context, who petition.Caller, at time.Time) error {
	if who.Pseudonym == "" {
		return nil
	}
	var changed int64
	for former := range strings.FieldsSeq(who.Former) {
		n, err := s.exec(ctx, rekeyCalls, former, who.Pseudonym, who.KeyID)
		if err != nil {
			return err
		}
		changed += n
	}
	if changed == 0 {
		return nil
	}
	_, err := regroupKeys(ctx, s, "", who.Pseudonym, nil, cause{at: at})
	return err
}

func (s *session) latestSecret(ctx context.Context, id, check *string) error {
	stmt, err := s.statement(ctx, latestSecret)
	if err != nil {
		return err
	}
	return stmt.QueryRowContext(ctx).Scan(id, check)
}

// SecretID is the id of the secret in force, "" if there is none. Where there is
// one, a missing secret file must not be made anew.
func (db *DB) SecretID(ctx context.Context) (string, error) {
	var id, check string
	err := db.readers.QueryRowContext(ctx, latestSecret).Scan(&id, &check)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", db.failed("read the secret's id", err)
	}
	return id, nil
}
