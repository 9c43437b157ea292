-- +goose Up

-- The columns of a source, which determine its id except for the first two. A source of the
-- previous version was only a host. The defaults are for instances of that version that are
-- still running.
ALTER TABLE registration_sources
    ADD COLUMN origin       text NOT NULL DEFAULT '',
    ADD COLUMN category     text NOT NULL DEFAULT 'referral',
    ADD COLUMN channel      text NOT NULL DEFAULT 'referral',
    ADD COLUMN display_name text NOT NULL DEFAULT '',
    ADD COLUMN utm_source   text NOT NULL DEFAULT '',
    ADD COLUMN utm_medium   text NOT NULL DEFAULT '',
    ADD COLUMN utm_campaign text NOT NULL DEFAULT '',
    ADD COLUMN utm_term     text NOT NULL DEFAULT '',
    ADD COLUMN utm_content  text NOT NULL DEFAULT '';

UPDATE registration_sources SET origin = host, display_name = host;

-- Users are counted by their first sources in an index-only scan, ordered by source, so that
-- no sort or hash is needed.
CREATE INDEX user_registration_sources_source_id_idx
    ON user_registration_sources (source_id, registered_at) WHERE first_registration;

-- The challenge that the user signed up with.
ALTER TABLE users ADD COLUMN challenge_id uuid;

-- Whether the user signed up without a source; NULL in rows of instances of the previous
-- version. Direct users are counted in the first index alone, and the links of unknown ones
-- are looked up.
ALTER TABLE users ADD COLUMN direct boolean;

UPDATE users
   SET direct = NOT EXISTS (
       SELECT FROM user_registration_sources AS l WHERE l.user_id = users.id AND l.first_registration);

CREATE INDEX users_direct_idx ON users (uuid) WHERE direct;

CREATE INDEX users_unknown_idx ON users (uuid) WHERE direct IS NULL;

-- The used challenge that the last request replaced: it is recorded nowhere else.
ALTER TABLE otp_secrets ADD COLUMN previous_id uuid;

-- The first delivery of a challenge has its cohort, and the number of stages counted so far:
-- requested, sent, delivered, verified, registered. A delivery without a category is not
-- counted. It also takes over the previous_id of the secret. A late row was changed after the
-- funnel had settled its challenge.
ALTER TABLE deliveries
    ADD COLUMN source_id       text     NOT NULL DEFAULT '',
    ADD COLUMN source_category text     NOT NULL DEFAULT '',
    ADD COLUMN source_channel  text     NOT NULL DEFAULT '',
    ADD COLUMN country         text     NOT NULL DEFAULT '',
    ADD COLUMN previous_id     uuid,
    ADD COLUMN counted         smallint NOT NULL DEFAULT 0,
    ADD COLUMN late            boolean  NOT NULL DEFAULT false;

CREATE INDEX deliveries_late_idx ON deliveries (challenge_id) WHERE late;

-- The number of challenges per day (UTC), cohort and stage, without personal data.
CREATE TABLE funnel (
    day        date   NOT NULL,
    source_id  text   COLLATE "C" NOT NULL,
    category   text   COLLATE "C" NOT NULL,
    channel    text   COLLATE "C" NOT NULL,
    country    text   COLLATE "C" NOT NULL,
    requested  bigint NOT NULL,
    sent       bigint NOT NULL,
    delivered  bigint NOT NULL,
    verified   bigint NOT NULL,
    registered bigint NOT NULL,
    PRIMARY KEY (day, source_id, category, channel, country)
) WITH (fillfactor = 70);

-- Sources are compared in an index-only scan.
CREATE INDEX funnel_source_id_idx
    ON funnel (source_id, day) INCLUDE (requested, sent, delivered, verified, registered);

-- The time up to which everything stored is counted, in the only row. Changes of challenges
-- with ids below settled_id are late.
CREATE TABLE funnel_runs (
    only_row      boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    counted_until timestamptz NOT NULL,
    settled_id    uuid        NOT NULL
);
