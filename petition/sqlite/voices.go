package sqlite

import (
	"context"
	"fmt"
	"strings"

	"glennline/petition"
)

const voicePaths = `
SELECT
	call_id,
	path,
	file_sha256
FROM voices
WHERE purged_at IS NULL
ORDER BY path`

// Voices gives the path and the hash of every recording that a signature has, but
// for those that were removed when their time was over.
func (db *DB) Voices(ctx context.Context, found func(callID, path, sha256 string) error) error {
	rows, err := db.readers.QueryContext(ctx, voicePaths)
	if err != nil {
		return db.failed("list voices", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, path, sum string
		if err := rows.Scan(&id, &path, &sum); err != nil {
			return db.failed("list voices", err)
		}
		if err := found(id, path, sum); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return db.failed("list voices", err)
	}
	return nil
}

// VoicesAt says which of the paths a signature has. The paths are some hundreds
// at most.
func (db *DB) VoicesAt(ctx context.Context, paths []string) (map[string]bool, error) {
	args := make([]any, len(paths))
	for i, path := range paths {
		args[i] = path
	}
	query := `SELECT path FROM voices WHERE path IN (?` + strings.Repeat(`, ?`, max(0, len(paths)-1)) + `) ORDER BY path`
	known := make(map[string]bool, len(paths))
	if len(paths) == 0 {
		return known, nil
	}
	rows, err := db.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, db.failed("find voices", err)
	}
	defer rows.Close()
	for rows.Next() {
		var path string
		if err := rows.Scan(&path); err != nil {
			return nil, db.failed("find voices", err)
		}
		known[path] = true
	}
	if err := rows.Err(); err != nil {
		return nil, db.failed("find voices", err)
	}
	return known, nil
}

const amendCall = `
UPDATE calls SET
	result = ?2,
	reason = ?3
WHERE id = ?1
AND ended_at IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM voices WHERE call_id = ?1)`

// AddVoice gives a call that has ended without one the recording that was found
// later, and the ending that follows from it. A call that has a voice keeps
// it: adding again is no error.
func (db *DB) AddVoice(ctx context.Context, closing petition.Closing) (*petition.Signature, error) {
	if closing.Voice == nil {
		return nil, fmt.Errorf("add voice to call %s: there is none: %w", closing.CallID, ErrInvalid)
	}
	signature, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		changed, err := s.exec(ctx, amendCall, closing.CallID, string(closing.Ending.Result), string(closing.Ending.Reason))
		if err != nil {
			return nil, err
		}
		row, err := s.call(ctx, closing.CallID)
		if err != nil {
			return nil, err
		}
		if changed == 0 || row.Closing == nil {
			return row.Signature, nil
		}
		if row.Closing.Consent != (petition.Consent{}) {
			closing.Consent = row.Closing.Consent // what was heard does not change
		} else if err := consent(ctx, s, closing); err != nil {
			return nil, err
		}
		return sign(ctx, s, closing, db.now())
	})
	if err != nil {
		return nil, fmt.Errorf("add voice to call %s: %w", closing.CallID, err)
	}
	return signature, nil
}

const doubt = `
UPDATE signatures SET doubt = ?2
WHERE call_id = ?1
AND doubt IS NULL`

// Doubt takes a signature that would count by itself to review, because its
// recording is not what it was; the next one from its line takes its place. The
// first reason stands. What a person decided stays, and so does any other status.
func (db *DB) Doubt(ctx context.Context, callID, reason string) error {
	_, err := db.change(ctx, func(ctx context.Context, s *session) (*petition.Signature, error) {
		changed, err := s.exec(ctx, doubt, callID, reason)
		if err != nil || changed == 0 {
			return nil, err
		}
		return nil, regroup(ctx, s, callID, cause{at: db.now()})
	})
	if err != nil {
		return fmt.Errorf("doubt signature %s: %w", callID, err)
	}
	return nil
}
