-- +goose Up

CREATE INDEX calls_by_sip_call_id ON calls (sip_call_id) WHERE sip_call_id <> ''; -- to join the carrier's list
