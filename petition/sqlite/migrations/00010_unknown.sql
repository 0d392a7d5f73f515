-- +goose Up

-- Who withheld their number, and whose number is not known, are told apart: one was
-- sent that is none, none was sent, or it was not kept for want of a notice.
UPDATE counters SET n = (SELECT count(*) FROM counted_callers WHERE caller_class = 'withheld') WHERE name = 'withheld';
INSERT INTO counters (name, n)
SELECT 'unknown', count(*) FROM counted_callers WHERE caller_class <> 'withheld' AND caller_pseudonym IS NULL;

DROP TRIGGER lines_are_counted;
-- +goose StatementBegin
CREATE TRIGGER lines_are_counted AFTER INSERT ON signatures WHEN NEW.status = 'counted'
BEGIN
	UPDATE counters SET n = n + 1 WHERE name = 'withheld'
	AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND caller_class = 'withheld');
	UPDATE counters SET n = n + 1 WHERE name = 'unknown'
	AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND caller_class <> 'withheld' AND caller_pseudonym IS NULL);
	UPDATE counters SET n = n + 1 WHERE name = 'lines'
	AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND caller_pseudonym IS NOT NULL)
	AND NOT EXISTS (SELECT 1 FROM counted_callers WHERE id <> NEW.call_id
		AND caller_pseudonym = (SELECT caller_pseudonym FROM calls WHERE id = NEW.call_id));
END;
-- +goose StatementEnd

DROP TRIGGER lines_are_counted_later;
-- +goose StatementBegin
CREATE TRIGGER lines_are_counted_later AFTER UPDATE OF status ON signatures WHEN NEW.status = 'counted' AND OLD.status <> 'counted'
BEGIN
	UPDATE counters SET n = n + 1 WHERE name = 'withheld'
	AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND caller_class = 'withheld');
	UPDATE counters SET n = n + 1 WHERE name = 'unknown'
	AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND caller_class <> 'withheld' AND caller_pseudonym IS NULL);
	UPDATE counters SET n = n + 1 WHERE name = 'lines'
	AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND caller_pseudonym IS NOT NULL)
	AND NOT EXISTS (SELECT 1 FROM counted_callers WHERE id <> NEW.call_id
		AND caller_pseudonym = (SELECT caller_pseudonym FROM calls WHERE id = NEW.call_id));
END;
-- +goose StatementEnd

DROP TRIGGER lines_are_uncounted_later;
-- +goose StatementBegin
CREATE TRIGGER lines_are_uncounted_later AFTER UPDATE OF status ON signatures WHEN NEW.status <> 'counted' AND OLD.status = 'counted'
BEGIN
	UPDATE counters SET n = n - 1 WHERE name = 'withheld'
	AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND caller_class = 'withheld');
	UPDATE counters SET n = n - 1 WHERE name = 'unknown'
	AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND caller_class <> 'withheld' AND caller_pseudonym IS NULL);
	UPDATE counters SET n = n - 1 WHERE name = 'lines'
	AND EXISTS (SELECT 1 FROM calls WHERE id = NEW.call_id AND caller_pseudonym IS NOT NULL)
	AND NOT EXISTS (SELECT 1 FROM counted_callers WHERE id <> NEW.call_id
		AND caller_pseudonym = (SELECT caller_pseudonym FROM calls WHERE id = NEW.call_id));
END;
-- +goose StatementEnd

DROP TRIGGER lines_are_uncounted;
-- +goose StatementBegin
CREATE TRIGGER lines_are_uncounted AFTER DELETE ON signatures WHEN OLD.status = 'counted'
BEGIN
	UPDATE counters SET n = n - 1 WHERE name = 'withheld'
	AND EXISTS (SELECT 1 FROM calls WHERE id = OLD.call_id AND caller_class = 'withheld');
	UPDATE counters SET n = n - 1 WHERE name = 'unknown'
	AND EXISTS (SELECT 1 FROM calls WHERE id = OLD.call_id AND caller_class <> 'withheld' AND caller_pseudonym IS NULL);
	UPDATE counters SET n = n - 1 WHERE name = 'lines'
	AND EXISTS (SELECT 1 FROM calls WHERE id = OLD.call_id AND caller_pseudonym IS NOT NULL)
	AND NOT EXISTS (SELECT 1 FROM counted_callers WHERE id <> OLD.call_id
		AND caller_pseudonym = (SELECT caller_pseudonym FROM calls WHERE id = OLD.call_id));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER unknown_callers_are_counted AFTER UPDATE OF caller_pseudonym ON calls
WHEN (OLD.caller_pseudonym IS NULL) <> (NEW.caller_pseudonym IS NULL)
AND NEW.caller_class <> 'withheld'
AND EXISTS (SELECT 1 FROM signatures WHERE call_id = NEW.id AND status = 'counted')
BEGIN
	UPDATE counters SET n = n + (NEW.caller_pseudonym IS NULL) - (OLD.caller_pseudonym IS NULL) WHERE name = 'unknown';
END;
-- +goose StatementEnd
