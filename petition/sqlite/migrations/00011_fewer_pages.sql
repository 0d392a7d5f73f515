-- +goose Up

-- Every index is a page more, or three, that each call writes. Asterisk's name with
-- its id of the channel is unique and has an index for that, which serves whoever
-- has the id alone, once for each name; the carrier's list reads all Call-IDs once.
DROP INDEX calls_by_unique_id;
DROP INDEX calls_by_sip_call_id;

-- Calls are counted when they end, with what else changes then, and the few that are
-- open by their own index.
UPDATE counters SET name = 'ended', n = (SELECT count(*) FROM calls WHERE ended_at IS NOT NULL) WHERE name = 'calls';

DROP TRIGGER calls_are_counted;
-- +goose StatementBegin
CREATE TRIGGER calls_are_counted AFTER INSERT ON calls WHEN NEW.ended_at IS NOT NULL
BEGIN
	UPDATE counters SET n = n + 1 WHERE name = 'ended';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER calls_are_counted_later AFTER UPDATE OF ended_at ON calls
WHEN (OLD.ended_at IS NULL) <> (NEW.ended_at IS NULL)
BEGIN
	UPDATE counters SET n = n + (NEW.ended_at IS NOT NULL) - (OLD.ended_at IS NOT NULL) WHERE name = 'ended';
END;
-- +goose StatementEnd

DROP TRIGGER calls_are_uncounted;
-- +goose StatementBegin
CREATE TRIGGER calls_are_uncounted AFTER DELETE ON calls WHEN OLD.ended_at IS NOT NULL
BEGIN
	UPDATE counters SET n = n - 1 WHERE name = 'ended';
END;
-- +goose StatementEnd
