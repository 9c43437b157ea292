-- +goose Up

-- Times are microseconds since 1970 in UTC. UUIDs are lower-case text.

-- Users. Ids are never reused.
CREATE TABLE users (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid           TEXT    NOT NULL UNIQUE,
    email          TEXT    UNIQUE,
    email_verified INTEGER NOT NULL DEFAULT 0,
    phone          TEXT    UNIQUE,
    phone_verified INTEGER NOT NULL DEFAULT 0,
    username       TEXT    NOT NULL UNIQUE,
    first_name     TEXT    NOT NULL DEFAULT '',
    last_name      TEXT    NOT NULL DEFAULT '',
    company        TEXT    NOT NULL DEFAULT '',
    position       TEXT    NOT NULL DEFAULT '',
    is_active      INTEGER NOT NULL DEFAULT 1,
    is_staff       INTEGER NOT NULL DEFAULT 0,
    is_superuser   INTEGER NOT NULL DEFAULT 0,
    date_joined    INTEGER NOT NULL,
    last_login     INTEGER
) STRICT;

-- The parts that codes are derived from, one row per key. The row of a recipient with the
-- purpose sign_in, no subject and no lane is also their rate-limit row: sends has the times
-- of the last sends for any purpose, newest first, separated by commas. Without a sign-in
-- code it exists for the sends alone: with digits 0 and max_attempts 0 it is no secret, and
-- its challenge_id identifies no challenge. Challenge ids are version 7 UUIDs, so that their
-- index finds old rows.
CREATE TABLE otp_secrets (
    recipient      TEXT    NOT NULL,
    purpose        TEXT    NOT NULL,
    subject        TEXT    NOT NULL,
    lane           TEXT    NOT NULL,
    recipient_kind TEXT    NOT NULL,
    challenge_id   TEXT    NOT NULL UNIQUE,
    epoch          BLOB    NOT NULL,
    seed           BLOB    NOT NULL,
    digits         INTEGER NOT NULL,
    max_attempts   INTEGER NOT NULL,
    attempts       INTEGER NOT NULL DEFAULT 0,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    used_at        INTEGER,
    channel        TEXT    NOT NULL,
    source_url     TEXT    NOT NULL,
    sends          TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (recipient, purpose, subject, lane)
) STRICT, WITHOUT ROWID;

-- Deliveries of messages.
CREATE TABLE deliveries (
    challenge_id TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    channel      TEXT    NOT NULL,
    provider     TEXT    NOT NULL,
    recipient    TEXT    NOT NULL, -- masked
    status       TEXT    NOT NULL,
    progress     INTEGER NOT NULL, -- of the status; it only grows
    result       TEXT    NOT NULL,
    message_id   TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (challenge_id, id)
) STRICT, WITHOUT ROWID;

-- Registration sources. No source is ever deleted.
CREATE TABLE registration_sources (
    id         TEXT    NOT NULL PRIMARY KEY, -- computed from what the source is
    host       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE user_registration_sources (
    user_id            INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    source_id          TEXT    NOT NULL,
    url                TEXT    NOT NULL,
    first_registration INTEGER NOT NULL,
    registered_at      INTEGER NOT NULL,
    PRIMARY KEY (user_id, source_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX user_registration_sources_first_key
    ON user_registration_sources (user_id) WHERE first_registration;

-- Sessions that have not ended.
CREATE TABLE sessions (
    id         TEXT    NOT NULL PRIMARY KEY,
    user_id    INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    channel    TEXT    NOT NULL,
    amr        TEXT    NOT NULL, -- separated by spaces
    user_agent TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_user_id_idx ON sessions (user_id);

-- Exclusive leases on background jobs.
CREATE TABLE leases (
    name   TEXT    NOT NULL PRIMARY KEY,
    holder TEXT    NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
