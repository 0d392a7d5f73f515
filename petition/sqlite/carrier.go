package sqlite

import "context"

const sipCallIDs = `
SELECT sip_call_id
FROM calls
WHERE sip_call_id <> ''
ORDER BY id`

// SIPCallIDs gives the SIP Call-ID of every call that has one.
func (db *DB) SIPCallIDs(ctx context.Context, found func(sipCallID string)) error {
	rows, err := db.readers.QueryContext(ctx, sipCallIDs)
	if err != nil {
		return db.failed("find calls", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return db.failed("find calls", err)
		}
		found(id)
	}
	if err := rows.Err(); err != nil {
		return db.failed("find calls", err)
	}
	return nil
}
