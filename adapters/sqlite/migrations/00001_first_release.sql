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
    last_login     INTEGER,
    challenge_id   TEXT,   -- that the user signed up with
    direct         INTEGER -- whether the user signed up without a source; NULL is unknown
) STRICT;

-- Direct users are counted in the first index alone, and the links of unknown ones are looked
-- up.
CREATE INDEX users_direct_idx ON users (uuid) WHERE direct;

CREATE INDEX users_unknown_idx ON users (uuid) WHERE direct IS NULL;

-- The parts that codes are derived from, one row per key. The row of a recipient with the
-- purpose sign_in, no subject and no lane is also their rate-limit row: sends has the times
-- of the last sends for any purpose, newest first, separated by commas. Without a sign-in
-- code it exists for the sends alone: with digits 0 and max_attempts 0 it is no secret, and
-- its challenge_id identifies no challenge. Challenge ids are version 7 UUIDs, so that their
-- index finds old rows.
--
-- secret_sends is the number of counted sends that belong to the secret in the row: the last
-- of them is refunded only together with its guesses. previous_id is the used challenge that
-- the last request replaced: it is recorded nowhere else.
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
    secret_sends   INTEGER NOT NULL DEFAULT 1,
    previous_id    TEXT,
    PRIMARY KEY (recipient, purpose, subject, lane)
) STRICT, WITHOUT ROWID;

-- Deliveries of messages.
--
-- The first delivery of a challenge has its cohort, and the number of stages counted so far:
-- requested, sent, delivered, verified, registered. A delivery without a category is not
-- counted. It also takes over the previous_id of the secret. A late row was changed after the
-- funnel had settled its challenge.
CREATE TABLE deliveries (
    challenge_id    TEXT    NOT NULL,
    id              TEXT    NOT NULL,
    channel         TEXT    NOT NULL,
    provider        TEXT    NOT NULL,
    recipient       TEXT    NOT NULL, -- masked
    status          TEXT    NOT NULL,
    progress        INTEGER NOT NULL, -- of the status; it only grows
    result          TEXT    NOT NULL,
    message_id      TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    error_code      TEXT    NOT NULL DEFAULT '', -- the provider's own
    price           TEXT    NOT NULL DEFAULT '',
    source_id       TEXT    NOT NULL DEFAULT '',
    source_category TEXT    NOT NULL DEFAULT '',
    source_channel  TEXT    NOT NULL DEFAULT '',
    country         TEXT    NOT NULL DEFAULT '',
    previous_id     TEXT,
    counted         INTEGER NOT NULL DEFAULT 0,
    late            INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (challenge_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX deliveries_late_idx ON deliveries (challenge_id) WHERE late;

-- Registration sources. No source is ever deleted.
CREATE TABLE registration_sources (
    id           TEXT    NOT NULL PRIMARY KEY, -- computed from the columns below but host and created_at
    host         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    origin       TEXT    NOT NULL DEFAULT '',
    category     TEXT    NOT NULL DEFAULT 'referral',
    channel      TEXT    NOT NULL DEFAULT 'referral',
    display_name TEXT    NOT NULL DEFAULT '',
    utm_source   TEXT    NOT NULL DEFAULT '',
    utm_medium   TEXT    NOT NULL DEFAULT '',
    utm_campaign TEXT    NOT NULL DEFAULT '',
    utm_term     TEXT    NOT NULL DEFAULT '',
    utm_content  TEXT    NOT NULL DEFAULT ''
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

-- Users are counted by their first sources in an index-only scan, ordered by source, so that
-- no sort is needed.
CREATE INDEX user_registration_sources_source_id_idx
    ON user_registration_sources (source_id, registered_at) WHERE first_registration;

-- Sessions that have not ended, with the generation of their current refresh token. Of the
-- indexed columns a refresh changes only used_on, and that once a day: the day of the last use
-- (UTC, in days since 1970), whose index finds idle sessions. Expired ones are found by their
-- ids, which are version 7 UUIDs.
CREATE TABLE sessions (
    id           TEXT    NOT NULL PRIMARY KEY,
    user_id      INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    channel      TEXT    NOT NULL,
    amr          TEXT    NOT NULL, -- separated by spaces
    user_agent   TEXT    NOT NULL,
    address      TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    generation   INTEGER NOT NULL DEFAULT 0,
    last_used_at INTEGER NOT NULL DEFAULT 0,
    used_on      INTEGER NOT NULL GENERATED ALWAYS AS (last_used_at / 86400000000) VIRTUAL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_user_id_idx ON sessions (user_id);

CREATE INDEX sessions_used_on_idx ON sessions (used_on);

-- Exclusive leases on background jobs.
CREATE TABLE leases (
    name   TEXT    NOT NULL PRIMARY KEY,
    holder TEXT    NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The number of challenges per day (UTC, such as 2026-11-22), cohort and stage, without
-- personal data.
CREATE TABLE funnel (
    day        TEXT    NOT NULL,
    source_id  TEXT    NOT NULL,
    category   TEXT    NOT NULL,
    channel    TEXT    NOT NULL,
    country    TEXT    NOT NULL,
    requested  INTEGER NOT NULL,
    sent       INTEGER NOT NULL,
    delivered  INTEGER NOT NULL,
    verified   INTEGER NOT NULL,
    registered INTEGER NOT NULL,
    PRIMARY KEY (day, source_id, category, channel, country)
) STRICT, WITHOUT ROWID;

-- Sources are compared in an index-only scan.
CREATE INDEX funnel_source_id_idx
    ON funnel (source_id, day, requested, sent, delivered, verified, registered);

-- The time up to which everything stored is counted, in the only row. Changes of challenges
-- with ids below settled_id are late.
CREATE TABLE funnel_runs (
    only_row      INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    counted_until INTEGER NOT NULL,
    settled_id    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
