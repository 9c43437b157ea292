-- +goose Up

-- A session has the generation of its current refresh token and the time of its last use. A
-- refresh is a heap-only update, except that it changes the indexed column used_on once a
-- day: the day of the last use (UTC, in days since 1970), whose index finds idle sessions.
-- Expired ones are found by their ids, which are version 7 UUIDs.
--
-- The default of last_used_at is for instances of the previous version that are still
-- running and do not set it.
ALTER TABLE sessions
    SET (fillfactor = 80),
    ADD COLUMN generation   bigint NOT NULL DEFAULT 0,
    ADD COLUMN last_used_at timestamptz;

UPDATE sessions SET last_used_at = created_at;

ALTER TABLE sessions
    ALTER COLUMN last_used_at SET NOT NULL,
    ALTER COLUMN last_used_at SET DEFAULT now(),
    ADD COLUMN used_on integer NOT NULL
        GENERATED ALWAYS AS ((last_used_at AT TIME ZONE 'UTC')::date - date '1970-01-01') STORED;

CREATE INDEX sessions_used_on_idx ON sessions (used_on);
