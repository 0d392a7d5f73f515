-- +goose Up

ALTER TABLE calls ADD COLUMN erased_at INTEGER;      -- when the person behind the call was erased from it, NULL if not
ALTER TABLE voices ADD COLUMN purged_at INTEGER;     -- when the recording was removed, its time being over; NULL while it is kept
ALTER TABLE secrets ADD COLUMN destroyed_at INTEGER; -- when the key was destroyed; NULL while it is kept

CREATE TABLE purged_witness (             -- what of the witness was removed, its time being over, so that the sums stay
	name             TEXT    NOT NULL PRIMARY KEY, -- channels, answered, refused; before: the moment up to which
	n                INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE alerts (                     -- professionals to be told of a signature that became confidential
	id               INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	call_id          TEXT    NOT NULL REFERENCES calls (id),
	at               INTEGER NOT NULL,    -- when it became so
	commanded_at     INTEGER,             -- when the command took it, NULL if it has not
	mailed_at        INTEGER,             -- when the mail was taken, NULL if it was not
	done_at          INTEGER,             -- when there was nothing left to do, NULL while there is
	tries            INTEGER NOT NULL DEFAULT 0,
	next_at          INTEGER NOT NULL DEFAULT 0, -- not to be tried before
	error            TEXT    NOT NULL DEFAULT '' -- of the last try
) STRICT;

CREATE INDEX alerts_waiting ON alerts (next_at, id) WHERE done_at IS NULL;
CREATE INDEX alerts_by_call ON alerts (call_id);

-- +goose StatementBegin
CREATE TRIGGER confidential_is_told AFTER INSERT ON signatures WHEN NEW.status = 'confidential'
BEGIN
	INSERT INTO alerts (call_id, at) VALUES (NEW.call_id, NEW.changed_at);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER confidential_is_told_later AFTER UPDATE OF status ON signatures WHEN NEW.status = 'confidential' AND OLD.status <> 'confidential'
BEGIN
	INSERT INTO alerts (call_id, at) VALUES (NEW.call_id, NEW.changed_at);
END;
-- +goose StatementEnd
