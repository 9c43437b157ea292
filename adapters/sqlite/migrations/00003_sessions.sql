-- +goose Up

-- A session has the generation of its current refresh token and the time of its last use. Of
-- the indexed columns a refresh changes only used_on, and that once a day: the day of the
-- last use (UTC, in days since 1970), whose index finds idle sessions. Expired ones are found
-- by their ids, which are version 7 UUIDs.
--
-- An added column needs a default; every INSERT sets it.
ALTER TABLE sessions ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN last_used_at INTEGER NOT NULL DEFAULT 0;

UPDATE sessions SET last_used_at = created_at;

ALTER TABLE sessions ADD COLUMN used_on INTEGER NOT NULL
    GENERATED ALWAYS AS (last_used_at / 86400000000) VIRTUAL;

CREATE INDEX sessions_used_on_idx ON sessions (used_on);
