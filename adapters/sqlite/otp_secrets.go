package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// OTPSecrets implements port.OTPSecrets. There is one writer: what an act has
// read stays true until it has written.
type OTPSecrets struct {
	sqlstore.OTPSecrets
	db *DB
}

type secretRow struct {
	sqlstore.OTPSecret
	Sends string
}

// Columns are where those of selectSecret go.
func (r *secretRow) Columns() []any { return append(r.OTPSecret.Columns(), &r.Sends) }

// Issue implements port.OTPSecrets.
func (s *OTPSecrets) Issue(ctx context.Context, ask port.IssueRequest) (issued port.IssueResult, err error) {
	err = s.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		i, err := issue(ctx, q, ask)
		issued = i
		return err
	})
	if err != nil {
		return port.IssueResult{}, fmt.Errorf("issue a code: %w", err)
	}
	return issued, nil
}

func issue(ctx context.Context, q sqlstore.Queryer, ask port.IssueRequest) (port.IssueResult, error) {
	windowKey := sqlstore.WindowOf(ask.Fresh.Recipient)
	row, found, err := readSecret(ctx, q, windowKey)
	if err != nil {
		return port.IssueResult{}, err
	}
	log, err := parseSendLog(row.Sends)
	if err != nil {
		return port.IssueResult{}, err
	}
	if wait := log.wait(ask.Limit, ask.Now); wait > 0 {
		return port.IssueResult{RateLimited: true, RetryAfter: wait}, nil
	}
	log = log.add(ask.Limit, ask.Now)

	secretLog := log
	if ask.Fresh.OTPKey != windowKey {
		secretLog = nil
		if err := countSend(ctx, q, windowKey, found, log, ask); err != nil {
			return port.IssueResult{}, err
		}
		if row, found, err = readSecret(ctx, q, ask.Fresh.OTPKey); err != nil {
			return port.IssueResult{}, err
		}
	}
	secret, err := choose(row, found, ask)
	var previous sql.NullString
	if err == nil {
		previous, err = writeSecret(ctx, q, secret, secretLog)
	}
	if err == nil {
		err = queueDelivery(ctx, q, secret.ChallengeID, previous, ask)
	}
	return port.IssueResult{Secret: secret, SentAt: log[0]}, err
}

// choose is the secret in use, on the channel that was asked for, or else the
// new one.
func choose(row secretRow, found bool, ask port.IssueRequest) (domain.OTPSecret, error) {
	if !found {
		return ask.Fresh, nil
	}
	secret, err := row.ToDomain()
	if secret.State(ask.Now) != domain.OTPActive || !slices.Contains(ask.Epochs, secret.Epoch) {
		return ask.Fresh, err
	}
	secret.Channel = ask.Fresh.Channel
	return secret, err
}

// countSend writes the sends to a recipient whose secret is in another row. A
// window made here holds no secret, and bears the name of the delivery.
func countSend(ctx context.Context, q sqlstore.Queryer, window domain.OTPKey, found bool, log sendLog, ask port.IssueRequest) error {
	if found {
		return writeSends(ctx, q, window, log)
	}
	_, err := writeSecret(ctx, q, domain.OTPSecret{
		OTPKey: window, ChallengeID: domain.ChallengeID(ask.Delivery.ID), CreatedAt: ask.Now, ExpiresAt: ask.Fresh.ExpiresAt,
	}, log)
	return err
}

func readSecret(ctx context.Context, q sqlstore.Queryer, key domain.OTPKey) (secretRow, bool, error) {
	return sqlstore.One[secretRow](ctx, q, selectSecret, key.Recipient.Value(), string(key.Purpose), key.Subject, key.Lane)
}

// writeSecret returns the challenge that this one has replaced, if it was used.
func writeSecret(ctx context.Context, q sqlstore.Queryer, s domain.OTPSecret, log sendLog) (previous sql.NullString, err error) {
	previous, _, err = sqlstore.One[sql.NullString](ctx, q, upsertSecret,
		s.Recipient.Value(), string(s.Recipient.Kind()), string(s.Purpose), s.Subject, s.Lane, string(s.ChallengeID),
		s.Epoch[:], s.Seed[:], s.Digits, s.MaxAttempts, s.Attempts, s.CreatedAt, s.ExpiresAt, s.SourceURL, string(s.Channel),
		log.String())
	return previous, err
}

func writeSends(ctx context.Context, q sqlstore.Queryer, window domain.OTPKey, log sendLog) error {
	_, err := q.ExecContext(ctx, updateSends, window.Recipient.Value(), log.String())
	return err
}

// queueDelivery stores with the delivery that a challenge begins with what the
// challenge counts under.
func queueDelivery(ctx context.Context, q sqlstore.Queryer, id domain.ChallengeID, previous sql.NullString, ask port.IssueRequest) error {
	d, cohort := ask.Delivery, ask.Cohort
	if id != ask.Fresh.ChallengeID {
		cohort = domain.Cohort{}
	}
	_, err := q.ExecContext(ctx, insertDelivery, string(id), d.ID, string(d.Channel), d.Provider, d.Recipient, ask.Now,
		cohort.SourceID, string(cohort.Category), string(cohort.Channel), cohort.Country, previous)
	return err
}

// RefundSend implements port.OTPSecrets.
func (s *OTPSecrets) RefundSend(ctx context.Context, key domain.OTPKey, sentAt time.Time) error {
	window := sqlstore.WindowOf(key.Recipient)
	err := s.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		row, found, err := readSecret(ctx, q, window)
		if err != nil || !found {
			return err
		}
		log, err := parseSendLog(row.Sends)
		if err != nil || !slices.ContainsFunc(log, sentAt.Equal) {
			return err
		}
		taken, err := sqlstore.Exec(ctx, q, takeSend, key.Recipient.Value(), sentAt, string(key.Purpose), key.Subject, key.Lane)
		if err != nil || taken == 0 {
			return err
		}
		return writeSends(ctx, q, window, log.remove(sentAt))
	})
	if err != nil {
		return fmt.Errorf("give a send back: %w", err)
	}
	return nil
}

// Purge implements port.OTPSecrets.
func (s *OTPSecrets) Purge(ctx context.Context, before time.Time, limit int) (removed int, err error) {
	err = s.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		n, err := sqlstore.Exec(ctx, q, purgeSecrets, sqlstore.FirstUUID(before), before, limit)
		removed = n
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge secrets: %w", err)
	}
	return removed, nil
}

const selectSecret = `
SELECT ` + sqlstore.OTPSecretColumns + `, sends
  FROM otp_secrets
 WHERE recipient = $1 AND purpose = $2 AND subject = $3 AND lane = $4`

const upsertSecret = `
INSERT INTO otp_secrets (` + sqlstore.OTPSecretColumns + `, sends)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, NULL, $15, $16)
    ON CONFLICT (recipient, purpose, subject, lane) DO UPDATE
   SET challenge_id = EXCLUDED.challenge_id, epoch = EXCLUDED.epoch, seed = EXCLUDED.seed,
       digits = EXCLUDED.digits, max_attempts = EXCLUDED.max_attempts, attempts = EXCLUDED.attempts,
       created_at = EXCLUDED.created_at, expires_at = EXCLUDED.expires_at, used_at = EXCLUDED.used_at,
       channel = EXCLUDED.channel, source_url = EXCLUDED.source_url, sends = EXCLUDED.sends,
       secret_sends = CASE WHEN challenge_id = EXCLUDED.challenge_id THEN secret_sends + 1 ELSE 1 END,
       previous_id = CASE WHEN used_at IS NOT NULL THEN challenge_id END
RETURNING previous_id`

const takeSend = `
UPDATE otp_secrets
   SET ` + sqlstore.TakeSend + `
 WHERE recipient = $1 AND purpose = $3 AND subject = $4 AND lane = $5 AND ` + sqlstore.MayTakeSend

const updateSends = `
UPDATE otp_secrets
   SET sends = $2
 WHERE ` + sqlstore.Window

const insertDelivery = `
INSERT INTO deliveries (` + sqlstore.DeliveryColumns + `, progress, ` + sqlstore.CohortColumns + `, previous_id)
VALUES ($1, $2, $3, $4, $5, 'queued', '', '', '', '', $6, $6, 0, $7, $8, $9, $10, $11)`

// The number in which the text of sends begins is the time of the newest.
const purgeSecrets = `
DELETE FROM otp_secrets
 WHERE (recipient, purpose, subject, lane) IN (
       SELECT recipient, purpose, subject, lane
         FROM otp_secrets
        WHERE challenge_id < $1 AND expires_at <= $2 AND CAST(sends AS INTEGER) < $2
        ORDER BY challenge_id
        LIMIT $3)`
