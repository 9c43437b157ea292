-- +goose Up

-- Later reports of providers: the provider's own error code, and the price.
ALTER TABLE deliveries
    ADD COLUMN error_code text NOT NULL DEFAULT '',
    ADD COLUMN price      text NOT NULL DEFAULT '';
