-- +goose Up

-- What a source is: all but the first two columns makes its id. A source of the
-- version before was its host alone, and tells no more. The defaults are for
-- instances of that version, which may go on for a while.
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

-- Users are counted by their first sources, from this index alone: in the order of the
-- sources, so that nothing has to be sorted or hashed for it.
CREATE INDEX user_registration_sources_source_id_idx
    ON user_registration_sources (source_id, registered_at) WHERE first_registration;

-- The challenge that a user came into being with.
ALTER TABLE users ADD COLUMN challenge_id uuid;

-- Whether the user came into being without a source; NULL when whoever has written the
-- row does not say, as instances of the version before. Those who did are counted from
-- the first index alone, and those of whom it is not known by looking for their links.
ALTER TABLE users ADD COLUMN direct boolean;

UPDATE users
   SET direct = NOT EXISTS (
       SELECT FROM user_registration_sources AS l WHERE l.user_id = users.id AND l.first_registration);

CREATE INDEX users_direct_idx ON users (uuid) WHERE direct;

CREATE INDEX users_unknown_idx ON users (uuid) WHERE direct IS NULL;

-- The challenge in whose place the last request has put a new one, if it was used:
-- nothing else remembers that.
ALTER TABLE otp_secrets ADD COLUMN previous_id uuid;

-- The delivery that a challenge began with says what the challenge counts under,
-- which a delivery without a category does not, and how many of the stages that follow
-- each other have been counted: requested, sent, delivered, verified, registered. It
-- also takes over the previous_id of the secret. What is late has changed after the
-- funnel has last looked at the challenge for its age.
ALTER TABLE deliveries
    ADD COLUMN source_id       text     NOT NULL DEFAULT '',
    ADD COLUMN source_category text     NOT NULL DEFAULT '',
    ADD COLUMN source_channel  text     NOT NULL DEFAULT '',
    ADD COLUMN country         text     NOT NULL DEFAULT '',
    ADD COLUMN previous_id     uuid,
    ADD COLUMN counted         smallint NOT NULL DEFAULT 0,
    ADD COLUMN late            boolean  NOT NULL DEFAULT false;

CREATE INDEX deliveries_late_idx ON deliveries (challenge_id) WHERE late;

-- How far the challenges of a day (UTC) have come, by where they came from. It names
-- nobody.
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

-- Sources are compared from this index alone.
CREATE INDEX funnel_source_id_idx
    ON funnel (source_id, day) INCLUDE (requested, sent, delivered, verified, registered);

-- Until when everything that was stored has been counted, in the only row. What
-- is told of challenges with lesser ids than settled_id is late.
CREATE TABLE funnel_runs (
    only_row      boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    counted_until timestamptz NOT NULL,
    settled_id    uuid        NOT NULL
);
