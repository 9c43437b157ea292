-- +goose Up

-- The row of a session says which of its refresh tokens is good, and since when.
-- A refresh updates it in place: of what has an index only used_on changes, the
-- day of the last use (UTC, in days since 1970), and that once a day. It finds
-- the sessions that nobody uses any more; those that are too old are found by
-- their ids, which are UUIDs of version 7.
--
-- The default of last_used_at is for instances of the version before, which may
-- go on for a while and know nothing of it.
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
