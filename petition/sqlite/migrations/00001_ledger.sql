-- What is on disk. Only trailing comments stay in the schema that the file
-- itself holds, so that is where the columns are explained.
--
-- A time is an INTEGER: milliseconds since 1970-01-01T00:00:00Z. It sorts and
-- compares as a number and has one spelling, where text has several for one
-- moment (zone, number of decimals) and needs four times the bytes in every
-- row and index. A millisecond is also what a ULID holds. To read one:
-- datetime(started_at / 1000, 'unixepoch').
--
-- Vocabularies (classes, results, reasons, statuses) are not checked here: they
-- grow, and SQLite changes a CHECK only by copying the table.
--
-- +goose Up

PRAGMA application_id = 1196183116;

CREATE TABLE calls (                      -- a row is written before its call is answered
	id               TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 26), -- ULID derived from system and unique_id
	system           TEXT    NOT NULL,    -- Asterisk's system name
	unique_id        TEXT    NOT NULL,    -- Asterisk's UNIQUEID of the channel
	sip_call_id      TEXT    NOT NULL,    -- Call-ID of the INVITE, '' if unknown
	line             TEXT    NOT NULL,    -- name of the line, '' if the dialled number has none
	dialled          TEXT    NOT NULL,    -- the number of ours that was dialled
	started_at       INTEGER NOT NULL CHECK (started_at >= 0), -- unix milliseconds, UTC, like every time here
	caller_class     TEXT    NOT NULL,    -- mobile, fixed, other, withheld, unknown
	caller_pseudonym TEXT,                -- hex HMAC-SHA-256 of the number, NULL if withheld, unusable or without consent
	caller_key_id    TEXT,                -- secrets.id of the key that made it
	answered_at      INTEGER,             -- NULL if never answered
	ended_at         INTEGER,             -- NULL while the call lasts
	result           TEXT,                -- what came of the call
	reason           TEXT,                -- why it ended there
	UNIQUE (system, unique_id),
	CHECK ((ended_at IS NULL) = (result IS NULL)),
	CHECK ((ended_at IS NULL) = (reason IS NULL)),
	CHECK (result <> '' AND reason <> ''),
	CHECK ((caller_pseudonym IS NULL) = (caller_key_id IS NULL)),
	CHECK (length(caller_pseudonym) = 64 AND caller_key_id <> ''),
	CHECK (caller_pseudonym IS NULL OR caller_class NOT IN ('withheld', 'unknown'))
) STRICT, WITHOUT ROWID;

CREATE INDEX calls_by_start ON calls (started_at, id);
CREATE INDEX calls_open ON calls (started_at, id) WHERE ended_at IS NULL;

CREATE TABLE consents (                   -- what the caller heard before the beep, no row if nothing was played
	call_id          TEXT    NOT NULL PRIMARY KEY REFERENCES calls (id),
	notice           TEXT    NOT NULL,    -- version of the prompts: first 12 hex digits of their SHA-256
	language         TEXT    NOT NULL,    -- BCP 47
	complete         INTEGER NOT NULL CHECK (complete IN (0, 1)) -- 1 if the notice was played to its end
) STRICT, WITHOUT ROWID;

CREATE TABLE voices (                     -- a recording in the archive
	call_id          TEXT    NOT NULL PRIMARY KEY REFERENCES calls (id),
	path             TEXT    NOT NULL UNIQUE CHECK (path <> ''), -- below the folder of the archive
	file_sha256      TEXT    NOT NULL CHECK (length(file_sha256) = 64),  -- hex, of the whole file
	audio_sha256     TEXT    NOT NULL CHECK (length(audio_sha256) = 64), -- hex, of the samples alone
	seconds          REAL    NOT NULL,    -- length of the audio
	speech_seconds   REAL    NOT NULL,    -- of which speech
	level_dbfs       REAL    NOT NULL,    -- RMS of the speech
	peak_dbfs        REAL    NOT NULL,
	clipped          REAL    NOT NULL,    -- share of samples at full scale, 0 to 1
	repaired         INTEGER NOT NULL CHECK (repaired IN (0, 1)) -- 1 if the sizes in the header were wrong
) STRICT, WITHOUT ROWID;

CREATE TABLE signatures (                 -- what a voice counts for
	call_id          TEXT    NOT NULL PRIMARY KEY REFERENCES calls (id), -- also the id of the signature
	status           TEXT    NOT NULL CHECK (status <> ''),
	status_reason    TEXT    NOT NULL,    -- a code, '' if the status says it all
	created_at       INTEGER NOT NULL     -- when this row was written, which may be long after the call
) STRICT, WITHOUT ROWID;

CREATE TABLE secrets (                    -- which secrets made pseudonyms, never the secrets themselves
	id               TEXT    NOT NULL PRIMARY KEY,
	check_value      TEXT    NOT NULL,    -- hex HMAC-SHA-256 of a fixed text: knows the secret again, reveals nothing
	bound_at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
