package postgres

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// OTPSecrets implements port.OTPSecrets. Every decision is one statement and one commit.
type OTPSecrets struct {
	sqlstore.OTPSecrets
	db *DB
}

// Issue implements port.OTPSecrets.
func (s *OTPSecrets) Issue(ctx context.Context, req port.IssueRequest) (port.IssueResult, error) {
	return sqlstore.WriteWith(ctx, s.db, "issue a code", issue, req)
}

// issue runs one statement. It writes two rows if the secret is not in the row with the
// sends to its recipient.
func issue(ctx context.Context, q sqlstore.Queryer, req port.IssueRequest) (result port.IssueResult, err error) {
	fresh, delivery, cohort := req.Fresh, req.Delivery, req.Cohort
	epochs := make(pq.ByteaArray, len(req.Epochs))
	for i := range req.Epochs {
		epochs[i] = req.Epochs[i][:]
	}
	statement, args := issueSignIn, []any{
		fresh.Recipient.Value(), string(fresh.Recipient.Kind()), string(fresh.ChallengeID), fresh.Epoch[:],
		fresh.Seed[:], fresh.Digits, fresh.MaxAttempts, req.Now, fresh.ExpiresAt, string(fresh.Channel),
		fresh.SourceURL, epochs, req.Limit.Sends, req.Now.Add(-req.Limit.Window),
		delivery.ID, string(delivery.Channel), delivery.Provider, delivery.Recipient, statementExpiry(ctx),
		cohort.SourceID, string(cohort.Category), string(cohort.Channel), cohort.Country,
	}
	if fresh.OTPKey != sqlstore.RateLimitKey(fresh.Recipient) {
		statement, args = issueOther, append(args, string(fresh.Purpose), fresh.Subject, fresh.Lane)
	}
	row, found, err := sqlstore.QueryRow[issuedRow](ctx, q, statement, args...)
	if err != nil {
		return port.IssueResult{}, err
	}
	if !found {
		result.RateLimited = true
		result.RetryAfter, err = retryAfter(ctx, q, req)
		return result, err
	}
	result.SentAt = row.Sends[0]
	result.SendsLeft, result.RetryAfter = row.Sends.budget(req)
	result.Secret, err = row.AddTo(fresh)
	return result, err
}

// retryAfter is how long a rate-limited recipient has to wait. It is short if a send was
// refunded meanwhile.
func retryAfter(ctx context.Context, q sqlstore.Queryer, req port.IssueRequest) (time.Duration, error) {
	sent, _, err := sqlstore.QueryRow[sql.NullTime](ctx, q, oldestSend, req.Fresh.Recipient.Value(), req.Limit.Sends)
	return max(time.Microsecond, sent.Time.Add(req.Limit.Window).Sub(req.Now)), err
}

// RefundSend implements port.OTPSecrets.
func (s *OTPSecrets) RefundSend(ctx context.Context, key domain.OTPKey, sentAt time.Time) error {
	statement, args := refundSignIn, []any{key.Recipient.Value(), sentAt}
	if key != sqlstore.RateLimitKey(key.Recipient) {
		statement, args = refundOther, append(args, string(key.Purpose), key.Subject, key.Lane)
	}
	_, err := sqlstore.WriteExec(ctx, s.db, "refund a send", statement, args...)
	return err
}

type issuedRow struct {
	sqlstore.OTPParts
	Sends sendTimes // this one first
}

// Columns are the scan targets of issueSignIn and issueOther.
func (r *issuedRow) Columns() []any {
	return append(r.OTPParts.Columns(), &r.Sends)
}

// sendTimes are the last sends to a recipient, the newest first.
type sendTimes []time.Time

// Scan reads an array of timestamps: {"2026-03-14 12:00:00+00",...}. Counting them here
// costs less than a subquery of the statement.
func (s *sendTimes) Scan(column any) error {
	text, _ := column.([]byte)
	for element := range bytes.SplitSeq(bytes.Trim(text, "{}"), []byte(",")) {
		at, err := pq.ParseTimestamp(time.UTC, string(bytes.Trim(element, `"`)))
		if err != nil {
			return fmt.Errorf("read the times of sends: %w", err)
		}
		*s = append(*s, at.UTC())
	}
	return nil
}

// budget is the number of sends that the limit still allows and, when that is 0, the wait
// until the next one.
func (s sendTimes) budget(req port.IssueRequest) (left int, wait time.Duration) {
	left = req.Limit.Sends
	for _, at := range s {
		if left > 0 && at.Add(req.Limit.Window).After(req.Now) {
			left--
		}
	}
	if limit := req.Limit.Sends; left == 0 && limit > 0 && len(s) >= limit {
		wait = max(0, s[limit-1].Add(req.Limit.Window).Sub(req.Now))
	}
	return left, wait
}

// issueSignIn decides a request for a sign-in code, whose row also has the sends to its
// recipient. It returns no row when the rate limit is reached.
//
//	$1 recipient     $5 seed          $9 expires_at    $13 sends allowed, 0 = any
//	$2 its kind      $6 digits       $10 channel       $14 start of the window
//	$3 challenge_id  $7 max_attempts $11 source_url    $15 id of the delivery, $16 its
//	$4 epoch         $8 now          $12 known epochs      channel, $17 provider, $18 recipient
//	$19 statement expiry           $20 source, $21 category, $22 channel and $23 country of the cohort
const issueSignIn = `
WITH secret AS (
	INSERT INTO otp_secrets AS s (` + insertedColumns + `, sends)
	SELECT $1, $2, 'sign_in', '', '', $3, $4, $5, $6, $7, $8, $9, $10, $11, ARRAY[$8::timestamptz]
	 WHERE clock_timestamp() < $19
	    ON CONFLICT (recipient, purpose, subject, lane) DO UPDATE
	   SET ` + renewUnlessActive + `, ` + countSend + `
	 WHERE ` + underLimit + `
	RETURNING ` + sqlstore.OTPPartColumns + `, sends, previous_id
)` + queueDelivery + `
SELECT ` + sqlstore.OTPPartColumns + `, sends FROM secret`

// issueOther decides any other request. It counts the send first, in the recipient's
// rate-limit row, and the other parts build on the rows that this returns: no part of a
// statement sees the writes of another. A row created here holds no secret, and its
// challenge id is the id of the delivery.
//
//	$24 purpose  $25 subject  $26 lane
const issueOther = `
WITH counted AS (
	INSERT INTO otp_secrets AS s (` + insertedColumns + `, sends)
	SELECT $1, $2, 'sign_in', '', '', $15, '', '', 0, 0, $8, $9, '', '', ARRAY[$8::timestamptz]
	 WHERE clock_timestamp() < $19
	    ON CONFLICT (recipient, purpose, subject, lane) DO UPDATE
	   SET ` + countSend + `
	 WHERE ` + underLimit + `
	RETURNING sends
), secret AS (
	INSERT INTO otp_secrets AS s (` + insertedColumns + `)
	SELECT $1, $2, $24, $25, $26, $3, $4, $5, $6, $7, $8, $9, $10, $11
	  FROM counted
	    ON CONFLICT (recipient, purpose, subject, lane) DO UPDATE
	   SET ` + renewUnlessActive + `
	RETURNING ` + sqlstore.OTPPartColumns + `, previous_id
)` + queueDelivery + `
SELECT ` + sqlstore.OTPPartColumns + `, sends FROM secret, counted`

const insertedColumns = `recipient, recipient_kind, purpose, subject, lane,
		challenge_id, epoch, seed, digits, max_attempts, created_at, expires_at, channel, source_url`

// activeSecret: the secret of the row s is active, as domain.OTPSecret.State defines it, and
// of a known epoch.
const activeSecret = `s.used_at IS NULL AND s.attempts < s.max_attempts AND s.expires_at > $8 AND s.epoch = ANY ($12)`

// renewUnlessActive changes only the channel of an active secret and replaces any other. A
// used one is remembered as previous_id until the funnel has counted it.
const renewUnlessActive = `
	       challenge_id = CASE WHEN ` + activeSecret + ` THEN s.challenge_id ELSE EXCLUDED.challenge_id END,
	       epoch        = CASE WHEN ` + activeSecret + ` THEN s.epoch        ELSE EXCLUDED.epoch        END,
	       seed         = CASE WHEN ` + activeSecret + ` THEN s.seed         ELSE EXCLUDED.seed         END,
	       digits       = CASE WHEN ` + activeSecret + ` THEN s.digits       ELSE EXCLUDED.digits       END,
	       max_attempts = CASE WHEN ` + activeSecret + ` THEN s.max_attempts ELSE EXCLUDED.max_attempts END,
	       attempts     = CASE WHEN ` + activeSecret + ` THEN s.attempts     ELSE EXCLUDED.attempts     END,
	       created_at   = CASE WHEN ` + activeSecret + ` THEN s.created_at   ELSE EXCLUDED.created_at   END,
	       expires_at   = CASE WHEN ` + activeSecret + ` THEN s.expires_at   ELSE EXCLUDED.expires_at   END,
	       source_url   = CASE WHEN ` + activeSecret + ` THEN s.source_url   ELSE EXCLUDED.source_url   END,
	       secret_sends = CASE WHEN ` + activeSecret + ` THEN s.secret_sends + 1 ELSE 1 END,
	       previous_id  = CASE WHEN s.used_at IS NOT NULL THEN s.challenge_id END,
	       used_at      = NULL,
	       channel      = EXCLUDED.channel`

// underLimit: in the row s, the oldest of the last $13 sends is missing or out of the window.
const underLimit = `(s.sends[$13] > $14) IS NOT TRUE`

// countSend prepends a send and drops those that the limit cannot consult: when a send is
// allowed, all but $13 - 1 others are out of its window. The times are distinct, since a
// time identifies a send.
const countSend = `
	       sends = (ARRAY[GREATEST($8, s.sends[1] + interval '1 microsecond')] || s.sends)[1 : GREATEST($13, 1)]`

// queueDelivery stores the delivery; the first one of a challenge carries its cohort.
const queueDelivery = `, queued AS (
	INSERT INTO deliveries (` + sqlstore.DeliveryColumns + `, progress, ` + sqlstore.CohortColumns + `, previous_id)
	SELECT challenge_id, $15, $16, $17, $18, 'queued', '', '', '', '', $8, $8, 0,
	       CASE WHEN begins THEN $20 ELSE '' END, CASE WHEN begins THEN $21 ELSE '' END,
	       CASE WHEN begins THEN $22 ELSE '' END, CASE WHEN begins THEN $23 ELSE '' END,
	       previous_id
	  FROM (SELECT challenge_id, previous_id, challenge_id = $3 AS begins FROM secret) AS s
)`

const oldestSend = `
SELECT sends[$2]
  FROM otp_secrets
 WHERE ` + sqlstore.RateLimitRow

// refundSignIn refunds a send of the secret in the rate-limit row.
const refundSignIn = `
UPDATE otp_secrets
   SET sends = array_remove(sends, $2), ` + sqlstore.RefundColumns + `
 WHERE ` + sqlstore.RateLimitRow + ` AND $2 = ANY (sends) AND ` + sqlstore.RefundCondition

// refundOther refunds any other send. It locks the two rows in the order of issueOther.
//
//	$3 purpose  $4 subject  $5 lane
const refundOther = `
WITH counted AS (
	SELECT 1
	  FROM otp_secrets
	 WHERE ` + sqlstore.RateLimitRow + ` AND $2 = ANY (sends)
	   FOR UPDATE
), secret AS (
	UPDATE otp_secrets
	   SET ` + sqlstore.RefundColumns + `
	  FROM counted
	 WHERE recipient = $1 AND purpose = $3 AND subject = $4 AND lane = $5 AND ` + sqlstore.RefundCondition + `
	RETURNING 1
)
UPDATE otp_secrets
   SET sends = array_remove(sends, $2)
  FROM secret
 WHERE ` + sqlstore.RateLimitRow

const purgeSecrets = `
DELETE FROM otp_secrets
 WHERE (recipient, purpose, subject, lane) IN (
       SELECT recipient, purpose, subject, lane
         FROM otp_secrets
        WHERE challenge_id < $1 AND expires_at <= $2 AND (sends[1] >= $2) IS NOT TRUE
        ORDER BY challenge_id
        LIMIT $3
          FOR UPDATE SKIP LOCKED)`
