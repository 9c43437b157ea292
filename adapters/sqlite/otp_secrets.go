package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// OTPSecrets implements port.OTPSecrets. With a single writer, what a transaction has read
// stays true until it has written.
type OTPSecrets struct {
	sqlstore.OTPSecrets
	db *DB
}

// Issue implements port.OTPSecrets.
func (s *OTPSecrets) Issue(ctx context.Context, req port.IssueRequest) (port.IssueResult, error) {
	return sqlstore.WriteWith(ctx, s.db, "issue a code", issue, req)
}

func issue(ctx context.Context, q sqlstore.Queryer, req port.IssueRequest) (port.IssueResult, error) {
	limitKey := sqlstore.RateLimitKey(req.Fresh.Recipient)
	row, found, err := readSecret(ctx, q, limitKey)
	if err != nil {
		return port.IssueResult{}, err
	}
	log, err := parseSendLog(row.Sends)
	if err != nil {
		return port.IssueResult{}, err
	}
	if wait := log.wait(req.Limit, req.Now); wait > 0 {
		return port.IssueResult{RateLimited: true, RetryAfter: wait}, nil
	}
	log = log.add(req.Limit, req.Now)

	secretLog := log
	if req.Fresh.OTPKey != limitKey {
		secretLog = nil
		if err := countSend(ctx, q, limitKey, found, log, req); err != nil {
			return port.IssueResult{}, err
		}
		if row, found, err = readSecret(ctx, q, req.Fresh.OTPKey); err != nil {
			return port.IssueResult{}, err
		}
	}
	secret, err := activeOrFresh(row, found, req)
	var previous sql.NullString
	if err == nil {
		previous, err = writeSecret(ctx, q, secret, secretLog)
	}
	if err == nil {
		err = queueDelivery(ctx, q, secret.ChallengeID, previous, req)
	}
	return port.IssueResult{
		Secret: secret, SentAt: log[0], SendsLeft: log.left(req.Limit, req.Now), RetryAfter: log.wait(req.Limit, req.Now),
	}, err
}

// activeOrFresh is the active secret of a row on the requested channel, else the fresh one.
func activeOrFresh(row secretRow, found bool, req port.IssueRequest) (domain.OTPSecret, error) {
	if !found {
		return req.Fresh, nil
	}
	secret, err := row.ToDomain()
	if secret.State(req.Now) != domain.OTPActive || !slices.Contains(req.Epochs, secret.Epoch) {
		return req.Fresh, err
	}
	secret.Channel = req.Fresh.Channel
	return secret, err
}

// countSend writes the sends to a recipient whose secret is in another row. A row created
// here holds no secret, and its challenge id is the id of the delivery.
func countSend(
	ctx context.Context, q sqlstore.Queryer, limitKey domain.OTPKey, found bool, log sendLog, req port.IssueRequest,
) error {
	if found {
		return writeSends(ctx, q, limitKey, log)
	}
	_, err := writeSecret(ctx, q, domain.OTPSecret{
		OTPKey: limitKey, ChallengeID: domain.ChallengeID(req.Delivery.ID),
		CreatedAt: req.Now, ExpiresAt: req.Fresh.ExpiresAt,
	}, log)
	return err
}

func readSecret(ctx context.Context, q sqlstore.Queryer, key domain.OTPKey) (secretRow, bool, error) {
	return sqlstore.QueryRow[secretRow](ctx, q, selectSecret,
		key.Recipient.Value(), string(key.Purpose), key.Subject, key.Lane)
}

// writeSecret returns the id of the challenge that this one replaces, if it was used.
func writeSecret(
	ctx context.Context, q sqlstore.Queryer, s domain.OTPSecret, log sendLog,
) (previous sql.NullString, err error) {
	previous, _, err = sqlstore.QueryRow[sql.NullString](ctx, q, upsertSecret,
		s.Recipient.Value(), string(s.Recipient.Kind()), string(s.Purpose), s.Subject, s.Lane, string(s.ChallengeID),
		s.Epoch[:], s.Seed[:], s.Digits, s.MaxAttempts, s.Attempts, s.CreatedAt, s.ExpiresAt, s.SourceURL,
		string(s.Channel), log.String())
	return previous, err
}

func writeSends(ctx context.Context, q sqlstore.Queryer, limitKey domain.OTPKey, log sendLog) error {
	_, err := q.ExecContext(ctx, updateSends, limitKey.Recipient.Value(), log.String())
	return err
}

// queueDelivery stores the delivery; the first one of a challenge carries its cohort.
func queueDelivery(
	ctx context.Context, q sqlstore.Queryer, id domain.ChallengeID, previous sql.NullString, req port.IssueRequest,
) error {
	d, cohort := req.Delivery, req.Cohort
	if id != req.Fresh.ChallengeID {
		cohort = domain.Cohort{}
	}
	_, err := q.ExecContext(ctx, insertDelivery, string(id), d.ID, string(d.Channel), d.Provider, d.Recipient, req.Now,
		cohort.SourceID, string(cohort.Category), string(cohort.Channel), cohort.Country, previous)
	return err
}

// RefundSend implements port.OTPSecrets.
func (s *OTPSecrets) RefundSend(ctx context.Context, key domain.OTPKey, sentAt time.Time) error {
	limitKey := sqlstore.RateLimitKey(key.Recipient)
	refund := func(ctx context.Context, q sqlstore.Queryer) (refunded bool, err error) {
		row, found, err := readSecret(ctx, q, limitKey)
		if err != nil || !found {
			return false, err
		}
		log, err := parseSendLog(row.Sends)
		if err != nil || !slices.ContainsFunc(log, sentAt.Equal) {
			return false, err
		}
		n, err := sqlstore.Exec(ctx, q, refundSecret,
			key.Recipient.Value(), sentAt, string(key.Purpose), key.Subject, key.Lane)
		if err != nil || n == 0 {
			return false, err
		}
		return true, writeSends(ctx, q, limitKey, log.remove(sentAt))
	}
	_, err := sqlstore.Write(ctx, s.db, "refund a send", refund)
	return err
}

type secretRow struct {
	sqlstore.OTPSecret
	Sends string
}

// Columns are the scan targets of selectSecret.
func (r *secretRow) Columns() []any { return append(r.OTPSecret.Columns(), &r.Sends) }

// sendLog holds the times of the last sends to a recipient, newest first and distinct.
type sendLog []time.Time

// parseSendLog reads the column sends: microseconds separated by commas.
func parseSendLog(column string) (sendLog, error) {
	if column == "" {
		return nil, nil
	}
	var log sendLog
	for text := range strings.SplitSeq(column, ",") {
		micros, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read the send times: %w", err)
		}
		log = append(log, time.UnixMicro(micros).UTC())
	}
	return log, nil
}

// String is the value of the column.
func (l sendLog) String() string {
	texts := make([]string, len(l))
	for i, at := range l {
		texts[i] = strconv.FormatInt(at.UnixMicro(), 10)
	}
	return strings.Join(texts, ",")
}

// wait is the time until another send is allowed, 0 if it is allowed now: until the oldest
// of the last sends that exhaust the limit leaves the window.
func (l sendLog) wait(limit port.SendLimit, now time.Time) time.Duration {
	if limit.Sends == 0 || len(l) < limit.Sends {
		return 0
	}
	return max(0, l[limit.Sends-1].Add(limit.Window).Sub(now))
}

// left is the number of sends that are allowed now, 0 without a limit.
func (l sendLog) left(limit port.SendLimit, now time.Time) int {
	inWindow := 0
	for _, sent := range l {
		if sent.Add(limit.Window).After(now) {
			inWindow++
		}
	}
	return max(0, limit.Sends-inWindow)
}

// add counts an allowed send and drops the sends that the limit cannot consult: all but
// limit.Sends - 1 of the others are out of the window.
func (l sendLog) add(limit port.SendLimit, now time.Time) sendLog {
	if len(l) > 0 && !now.After(l[0]) {
		now = l[0].Add(time.Microsecond)
	}
	l = slices.Insert(slices.Clone(l), 0, now)
	return l[:min(len(l), max(1, limit.Sends))]
}

// remove refunds one send.
func (l sendLog) remove(at time.Time) sendLog {
	return slices.DeleteFunc(slices.Clone(l), at.Equal)
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

const refundSecret = `
UPDATE otp_secrets
   SET ` + sqlstore.RefundColumns + `
 WHERE recipient = $1 AND purpose = $3 AND subject = $4 AND lane = $5 AND ` + sqlstore.RefundCondition

const updateSends = `
UPDATE otp_secrets
   SET sends = $2
 WHERE ` + sqlstore.RateLimitRow

const insertDelivery = `
INSERT INTO deliveries (` + sqlstore.DeliveryColumns + `, progress, ` + sqlstore.CohortColumns + `, previous_id)
VALUES ($1, $2, $3, $4, $5, 'queued', '', '', '', '', $6, $6, 0, $7, $8, $9, $10, $11)`

// The cast reads the first number of sends, the time of the newest.
const purgeSecrets = `
DELETE FROM otp_secrets
 WHERE (recipient, purpose, subject, lane) IN (
       SELECT recipient, purpose, subject, lane
         FROM otp_secrets
        WHERE challenge_id < $1 AND expires_at <= $2 AND CAST(sends AS INTEGER) < $2
        ORDER BY challenge_id
        LIMIT $3)`
