-- +goose Up

-- What a source is: all but the first two columns makes its id. A source of the
-- version before was its host alone, and tells no more.
ALTER TABLE registration_sources ADD COLUMN origin       TEXT NOT NULL DEFAULT '';
ALTER TABLE registration_sources ADD COLUMN category     TEXT NOT NULL DEFAULT 'referral';
ALTER TABLE registration_sources ADD COLUMN channel      TEXT NOT NULL DEFAULT 'referral';
ALTER TABLE registration_sources ADD COLUMN display_name TEXT NOT NULL DEFAULT '';
ALTER TABLE registration_sources ADD COLUMN utm_source   TEXT NOT NULL DEFAULT '';
ALTER TABLE registration_sources ADD COLUMN utm_medium   TEXT NOT NULL DEFAULT '';
ALTER TABLE registration_sources ADD COLUMN utm_campaign TEXT NOT NULL DEFAULT '';
ALTER TABLE registration_sources ADD COLUMN utm_term     TEXT NOT NULL DEFAULT '';
ALTER TABLE registration_sources ADD COLUMN utm_content  TEXT NOT NULL DEFAULT '';

UPDATE registration_sources SET origin = host, display_name = host;

-- Users are counted by their first sources, from this index alone: in the order of the
-- sources, so that nothing has to be sorted for it.
CREATE INDEX user_registration_sources_source_id_idx
    ON user_registration_sources (source_id, registered_at) WHERE first_registration;

-- The challenge that a user came into being with.
ALTER TABLE users ADD COLUMN challenge_id TEXT;

-- Whether the user came into being without a source; NULL when whoever has written the
-- row does not say. Those who did are counted from the first index alone, and those of
-- whom it is not known by looking for their links.
ALTER TABLE users ADD COLUMN direct INTEGER;

UPDATE users
   SET direct = NOT EXISTS (
       SELECT 1 FROM user_registration_sources AS l WHERE l.user_id = users.id AND l.first_registration);

CREATE INDEX users_direct_idx ON users (uuid) WHERE direct;

CREATE INDEX users_unknown_idx ON users (uuid) WHERE direct IS NULL;

-- The challenge in whose place the last request has put a new one, if it was used:
-- nothing else remembers that.
ALTER TABLE otp_secrets ADD COLUMN previous_id TEXT;

-- The delivery that a challenge began with says what the challenge counts under,
-- which a delivery without a category does not, and how many of the stages that follow
-- each other have been counted: requested, sent, delivered, verified, registered. It
-- also takes over the previous_id of the secret. What is late has changed after the
-- funnel has last looked at the challenge for its age.
ALTER TABLE deliveries ADD COLUMN source_id       TEXT    NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN source_category TEXT    NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN source_channel  TEXT    NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN country         TEXT    NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN previous_id     TEXT;
ALTER TABLE deliveries ADD COLUMN counted         INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN late            INTEGER NOT NULL DEFAULT 0;

CREATE INDEX deliveries_late_idx ON deliveries (challenge_id) WHERE late;

-- How far the challenges of a day (UTC, such as 2026-11-22) have come, by where they
-- came from. It names nobody.
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

-- Sources are compared from this index alone.
CREATE INDEX funnel_source_id_idx
    ON funnel (source_id, day, requested, sent, delivered, verified, registered);

-- Until when everything that was stored has been counted, in the only row. What
-- is told of challenges with lesser ids than settled_id is late.
CREATE TABLE funnel_runs (
    only_row      INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    counted_until INTEGER NOT NULL,
    settled_id    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
