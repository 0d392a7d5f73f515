-- +goose Up

CREATE TABLE acceptances (                -- voices that a person accepted for the handover; without one, none goes there
	id               INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	run              INTEGER NOT NULL REFERENCES runs (id),
	call_id          TEXT    NOT NULL REFERENCES signatures (call_id),
	at               INTEGER NOT NULL,
	actor            TEXT    NOT NULL,
	void             TEXT                 -- why it does not stand any more: undone, or the status that came; NULL while it stands
) STRICT;

CREATE UNIQUE INDEX acceptances_standing ON acceptances (call_id) WHERE void IS NULL;
CREATE INDEX acceptances_by_run ON acceptances (run, id);
CREATE INDEX acceptances_by_call ON acceptances (call_id);

-- What was taken back, or is to be heard by nobody, does not come back into the
-- handover when the status is taken back: that is for a person to say again.
-- +goose StatementBegin
CREATE TRIGGER acceptances_become_void AFTER UPDATE OF status ON signatures
WHEN NEW.status IN ('confidential', 'rejected', 'withdrawn', 'test') AND OLD.status <> NEW.status
BEGIN
	UPDATE acceptances SET void = NEW.status WHERE call_id = NEW.call_id AND void IS NULL;
END;
-- +goose StatementEnd
