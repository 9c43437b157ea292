-- +goose Up

-- The row of a session says which of its refresh tokens is good, and since when.
-- Of what has an index a refresh changes only used_on, the day of the last use
-- (UTC, in days since 1970), and that once a day. It finds the sessions that
-- nobody uses any more; those that are too old are found by their ids, which are
-- UUIDs of version 7.
--
-- A column that is added needs a default; whoever opens a session says when.
ALTER TABLE sessions ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN last_used_at INTEGER NOT NULL DEFAULT 0;

UPDATE sessions SET last_used_at = created_at;

ALTER TABLE sessions ADD COLUMN used_on INTEGER NOT NULL
    GENERATED ALWAYS AS (last_used_at / 86400000000) VIRTUAL;

CREATE INDEX sessions_used_on_idx ON sessions (used_on);
