-- +goose Up

ALTER TABLE signatures ADD COLUMN typed_name TEXT;   -- as somebody who listened typed it, NULL if nobody has

CREATE INDEX signatures_held ON signatures (status) WHERE status IN ('confidential', 'test', 'withdrawn'); -- what never leaves
