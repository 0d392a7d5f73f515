-- +goose Up

CREATE TABLE witness (                    -- Asterisk's own record of every channel, copied from its event log
	unique_id        TEXT    NOT NULL PRIMARY KEY,
	started_at       INTEGER,             -- CHAN_START; NULL if its line was lost
	answered_at      INTEGER,             -- ANSWER; NULL if never answered
	ended_at         INTEGER,             -- HANGUP; NULL while the call lasts, or if it died with Asterisk
	context          TEXT    NOT NULL     -- of the dialplan, where the channel last was seen
) STRICT, WITHOUT ROWID;

CREATE INDEX witness_answered ON witness (answered_at) WHERE answered_at IS NOT NULL;

CREATE TABLE witness_logs (               -- how far each event log has been copied
	path             TEXT    NOT NULL,
	inode            INTEGER NOT NULL,    -- a rotated log is another one
	offset           INTEGER NOT NULL,    -- bytes, up to the end of a whole line
	PRIMARY KEY (path, inode)
) STRICT, WITHOUT ROWID;

CREATE INDEX calls_by_unique_id ON calls (unique_id);
