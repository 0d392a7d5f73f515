-- +goose Up

CREATE TABLE kpis (                       -- side figures from elsewhere; texts as they were given
	name             TEXT    NOT NULL CHECK (name <> ''),
	day              TEXT    NOT NULL CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'), -- that it stands for: no moment, so no zone
	value            TEXT    NOT NULL CHECK (value <> ''),
	baseline         TEXT    NOT NULL,    -- '' for none
	goal             TEXT    NOT NULL,    -- '' for none
	source           TEXT    NOT NULL CHECK (source <> ''), -- who says so
	actor            TEXT    NOT NULL,    -- login of who wrote it down
	changed_at       INTEGER NOT NULL,
	PRIMARY KEY (name, day)
) STRICT, WITHOUT ROWID;
