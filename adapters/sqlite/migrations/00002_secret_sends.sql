-- +goose Up

-- The number of counted sends that belong to the secret in this row: the last of them is
-- refunded only together with its guesses. A secret that is older than this column counts as
-- sent once.
ALTER TABLE otp_secrets ADD COLUMN secret_sends INTEGER NOT NULL DEFAULT 1;
