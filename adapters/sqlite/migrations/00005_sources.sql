-- +goose Up

-- The columns of a source, which determine its id except for the first two. A source of the
-- previous version was only a host.
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

-- Users are counted by their first sources in an index-only scan, ordered by source, so that
-- no sort is needed.
CREATE INDEX user_registration_sources_source_id_idx
    ON user_registration_sources (source_id, registered_at) WHERE first_registration;

-- The challenge that the user signed up with.
ALTER TABLE users ADD COLUMN challenge_id TEXT;

-- Whether the user signed up without a source; NULL if unknown. Direct users are counted in
-- the first index alone, and the links of unknown ones are looked up.
ALTER TABLE users ADD COLUMN direct INTEGER;

UPDATE users
   SET direct = NOT EXISTS (
       SELECT 1 FROM user_registration_sources AS l WHERE l.user_id = users.id AND l.first_registration);

CREATE INDEX users_direct_idx ON users (uuid) WHERE direct;

CREATE INDEX users_unknown_idx ON users (uuid) WHERE direct IS NULL;

-- The used challenge that the last request replaced: it is recorded nowhere else.
ALTER TABLE otp_secrets ADD COLUMN previous_id TEXT;

-- The first delivery of a challenge has its cohort, and the number of stages counted so far:
-- requested, sent, delivered, verified, registered. A delivery without a category is not
-- counted. It also takes over the previous_id of the secret. A late row was changed after the
-- funnel had settled its challenge.
ALTER TABLE deliveries ADD COLUMN source_id       TEXT    NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN source_category TEXT    NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN source_channel  TEXT    NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN country         TEXT    NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN previous_id     TEXT;
ALTER TABLE deliveries ADD COLUMN counted         INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN late            INTEGER NOT NULL DEFAULT 0;

CREATE INDEX deliveries_late_idx ON deliveries (challenge_id) WHERE late;

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
