-- +goose Up

ALTER TABLE signatures ADD COLUMN own_status TEXT NOT NULL DEFAULT '';   -- of the recording alone, before any comparison
ALTER TABLE signatures ADD COLUMN own_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE signatures ADD COLUMN doubt TEXT;                            -- why the recording is not what it was, NULL if it is
ALTER TABLE signatures ADD COLUMN decided TEXT;                          -- status that a person decided, NULL if none has; follows from decisions
ALTER TABLE signatures ADD COLUMN duplicate_of TEXT;                     -- call_id of the signature that this repeats
ALTER TABLE signatures ADD COLUMN actor TEXT NOT NULL DEFAULT 'glennline'; -- who gave the status: a login, or glennline for the rule
ALTER TABLE signatures ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0; -- when

UPDATE signatures SET
	own_status = CASE WHEN status = 'review' AND status_reason NOT IN ('faint', 'no_notice') THEN 'counted' ELSE status END,
	own_reason = CASE WHEN status = 'review' AND status_reason NOT IN ('faint', 'no_notice') THEN 'voice' ELSE status_reason END,
	doubt      = CASE WHEN status = 'review' AND status_reason NOT IN ('faint', 'no_notice') THEN status_reason END,
	changed_at = created_at;

CREATE INDEX calls_by_caller ON calls (caller_pseudonym, started_at, id, caller_class) WHERE caller_pseudonym IS NOT NULL;
CREATE INDEX voices_by_audio ON voices (audio_sha256, call_id);

CREATE TABLE runs (                       -- changes that were made together, and can be undone together
	id               INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	kind             TEXT    NOT NULL,    -- set, dedupe
	at               INTEGER NOT NULL,
	actor            TEXT    NOT NULL,
	undone_at        INTEGER,             -- NULL while it stands
	undone_by        TEXT
) STRICT;

CREATE TABLE decisions (                  -- what people decided; the latest that is not undone stands
	id               INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	run              INTEGER NOT NULL REFERENCES runs (id),
	call_id          TEXT    NOT NULL REFERENCES signatures (call_id),
	status           TEXT    NOT NULL,
	at               INTEGER NOT NULL,
	actor            TEXT    NOT NULL,
	undone           INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1))
) STRICT;

CREATE INDEX decisions_by_call ON decisions (call_id, id);
CREATE INDEX decisions_by_run ON decisions (run, id);

CREATE TABLE rejudged (                   -- verdicts that a run of dedupe changed, to take them back
	id               INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	run              INTEGER NOT NULL REFERENCES runs (id),
	call_id          TEXT    NOT NULL,
	from_status      TEXT    NOT NULL,
	from_reason      TEXT    NOT NULL,
	from_of          TEXT    NOT NULL,
	to_status        TEXT    NOT NULL,
	to_reason        TEXT    NOT NULL,
	to_of            TEXT    NOT NULL
) STRICT;

CREATE INDEX rejudged_by_run ON rejudged (run, id);

CREATE TABLE audit (                      -- append-only: each entry holds the hash of the one before
	seq              INTEGER NOT NULL PRIMARY KEY,
	at               INTEGER NOT NULL,
	actor            TEXT    NOT NULL,
	kind             TEXT    NOT NULL,
	subject          TEXT    NOT NULL,
	detail           TEXT    NOT NULL,    -- JSON object of codes, '' for none
	text_sha256      TEXT    NOT NULL,    -- salted hash of the free text, '' for none
	previous         TEXT    NOT NULL,
	hash             TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_by_subject ON audit (subject, seq) WHERE subject <> '';

CREATE TABLE audit_texts (                -- free text of an entry; a row may be erased and the chain still holds
	seq              INTEGER NOT NULL PRIMARY KEY REFERENCES audit (seq),
	salt             TEXT    NOT NULL,
	text             TEXT    NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
	SELECT raise(ABORT, 'the audit chain is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit
BEGIN
	SELECT raise(ABORT, 'the audit chain is append-only');
END;
-- +goose StatementEnd

CREATE TABLE counters (                   -- kept by the triggers below, in the transaction of what they count
	name             TEXT    NOT NULL PRIMARY KEY, -- calls, lines, withheld, or a status
	n                INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIEW counted_callers AS            -- callers of counted signatures; CROSS, so that one caller's are found by the caller
SELECT
	c.id,
	c.caller_pseudonym,
	c.caller_class
FROM calls AS c
CROSS JOIN signatures AS s ON s.call_id = c.id
WHERE s.status = 'counted';

INSERT INTO counters (name, n) SELECT 'calls', count(*) FROM calls;
INSERT INTO counters (name, n) SELECT 'lines', count(DISTINCT caller_pseudonym) FROM counted_callers;
INSERT INTO counters (name, n) SELECT 'withheld', count(*) FROM counted_callers WHERE caller_class IN ('withheld', 'unknown');
INSERT INTO counters (name, n) VALUES
	('counted', 0), ('blank', 0), ('duplicate', 0), ('review', 0),
	('confidential', 0), ('rejected', 0), ('withdrawn', 0), ('test', 0);
INSERT INTO counters (name, n) SELECT status, count(*) FROM signatures GROUP BY status
ON CONFLICT (name) DO UPDATE SET n = excluded.n;

-- +goose StatementBegin
CREATE TRIGGER calls_are_counted AFTER INSERT ON calls
BEGIN
	UPDATE counters SET n = n + 1 WHERE name = 'calls';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER calls_are_uncounted AFTER DELETE ON calls
BEGIN
	UPDATE counters SET n = n - 1 WHERE name = 'calls';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER statuses_are_counted AFTER INSERT ON signatures
BEGIN
	UPDATE counters SET n = n + 1 WHERE name = NEW.status;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER statuses_are_uncounted AFTER DELETE ON signatures
BEGIN
	UPDATE counters SET n = n - 1 WHERE name = OLD.status;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER statuses_are_moved AFTER UPDATE OF status ON signatures WHEN OLD.status <> NEW.status
BEGIN
	UPDATE counters SET n = n - 1 WHERE name = OLD.status;
	UPDATE counters SET n = n + 1 WHERE name = NEW.status;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER lines_are_counted AFTER INSERT ON signatures WHEN NEW.status = 'counted'
BEGIN
	UPDATE counters SET n = n + 1 WHERE name = 'withheld'
	AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND caller_class IN ('withheld', 'unknown'));
	UPDATE counters SET n = n + 1 WHERE name = 'lines'
	AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND caller_pseudonym IS NOT NULL)
	AND NOT EXISTS (SELECT 1 FROM counted_callers WHERE id <> NEW.call_id
		AND caller_pseudonym = (SELECT caller_pseudonym FROM calls WHERE id = NEW.call_id));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER lines_are_counted_later AFTER UPDATE OF status ON signatures WHEN NEW.status = 'counted' AND OLD.status <> 'counted'
BEGIN
	UPDATE counters SET n = n + 1 WHERE name = 'withheld'
	AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND caller_class IN ('withheld', 'unknown'));
	UPDATE counters SET n = n + 1 WHERE name = 'lines'
	AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND caller_pseudonym IS NOT NULL)
	AND NOT EXISTS (SELECT 1 FROM counted_callers WHERE id <> NEW.call_id
		AND caller_pseudonym = (SELECT caller_pseudonym FROM calls WHERE id = NEW.call_id));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER lines_are_uncounted_later AFTER UPDATE OF status ON signatures WHEN NEW.status <> 'counted' AND OLD.status = 'counted'
BEGIN
	UPDATE counters SET n = n - 1 WHERE name = 'withheld'
	AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND caller_class IN ('withheld', 'unknown'));
	UPDATE counters SET n = n - 1 WHERE name = 'lines'
	AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND caller_pseudonym IS NOT NULL)
	AND NOT EXISTS (SELECT 1 FROM counted_callers WHERE id <> NEW.call_id
		AND caller_pseudonym = (SELECT caller_pseudonym FROM calls WHERE id = NEW.call_id));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER lines_are_uncounted AFTER DELETE ON signatures WHEN OLD.status = 'counted'
BEGIN
	UPDATE counters SET n = n - 1 WHERE name = 'withheld'
	AND EXISTS (SELECT 1 FROM calls WHERE id = OLD.call_id AND caller_class IN ('withheld', 'unknown'));
	UPDATE counters SET n = n - 1 WHERE name = 'lines'
	AND EXISTS (SELECT 1 FROM calls WHERE id = OLD.call_id AND caller_pseudonym IS NOT NULL)
	AND NOT EXISTS (SELECT 1 FROM counted_callers WHERE id <> OLD.call_id
		AND caller_pseudonym = (SELECT caller_pseudonym FROM calls WHERE id = OLD.call_id));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER callers_are_forgotten AFTER UPDATE OF caller_pseudonym ON calls
WHEN OLD.caller_pseudonym IS NOT NEW.caller_pseudonym
AND EXISTS (SELECT 1 FROM signatures WHERE call_id = NEW.id AND status = 'counted')
BEGIN
	UPDATE counters SET n = n - 1 WHERE name = 'lines'
	AND OLD.caller_pseudonym IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM counted_callers WHERE id <> NEW.id AND caller_pseudonym = OLD.caller_pseudonym);
	UPDATE counters SET n = n + 1 WHERE name = 'lines'
	AND NEW.caller_pseudonym IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM counted_callers WHERE id <> NEW.id AND caller_pseudonym = NEW.caller_pseudonym);
END;
-- +goose StatementEnd
