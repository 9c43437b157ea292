-- +goose Up

-- What providers report of a message later: their own word for what went wrong,
-- and what it has cost.
ALTER TABLE deliveries
    ADD COLUMN error_code text NOT NULL DEFAULT '',
    ADD COLUMN price      text NOT NULL DEFAULT '';
