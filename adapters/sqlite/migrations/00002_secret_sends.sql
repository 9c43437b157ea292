-- +goose Up

-- How many of the sends that are counted were of the secret in this row: the
-- last of them is given back only together with its guesses. A secret that was
-- there before this column counts as sent once.
ALTER TABLE otp_secrets ADD COLUMN secret_sends INTEGER NOT NULL DEFAULT 1;
