-- +goose Up

-- Times are microseconds since 1970, in UTC. UUIDs are text in lower case.

-- People who have proved an identifier. An id is never used again.
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

-- What codes are derived from, one row a key. The row of a recipient with the
-- purpose sign_in, no subject and no lane is also their window: in sends it has
-- the times of the last sends for any purpose, newest first, with commas between.
-- If there was never a code to sign in, it is there for the sends alone: with
-- digits 0 and max_attempts 0 it is no secret, and its challenge_id names
-- nothing. Challenge ids are UUIDs of version 7, so their index finds what is old.
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

-- What became of each message.
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

-- Where people came from. Nobody removes a source.
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

-- Sign-ins that have not ended.
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

-- Who does what alone, and until when.
CREATE TABLE leases (
    name   TEXT    NOT NULL PRIMARY KEY,
    holder TEXT    NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
