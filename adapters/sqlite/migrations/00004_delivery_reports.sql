-- +goose Up

-- Later reports of providers: the provider's own error code, and the price.
ALTER TABLE deliveries ADD COLUMN error_code TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN price TEXT NOT NULL DEFAULT '';
