package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// OTPSecrets implements port.OTPSecrets. What decides is always one statement,
// and so one commit.
type OTPSecrets struct {
	sqlstore.OTPSecrets
	db *DB
}

type issuedRow struct {
	sqlstore.OTPParts
	SentAt sqlstore.Time
}

// Columns are where those of an ask go.
func (r *issuedRow) Columns() []any { return append(r.OTPParts.Columns(), &r.SentAt) }

// Issue implements port.OTPSecrets.
func (s *OTPSecrets) Issue(ctx context.Context, ask port.IssueRequest) (issued port.IssueResult, err error) {
	err = s.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		statement, args := issue(ctx, ask)
		row, found, err := sqlstore.One[issuedRow](ctx, q, statement, args...)
		if err != nil {
			return err
		}
		if !found {
			issued.RateLimited = true
			issued.RetryAfter, err = retryAfter(ctx, q, ask)
			return err
		}
		issued.SentAt = row.SentAt.Time
		issued.Secret, err = row.Of(ask.Fresh)
		return err
	})
	if err != nil {
		return port.IssueResult{}, fmt.Errorf("issue a code: %w", err)
	}
	return issued, nil
}

// issue is the statement of an ask: of two rows if the secret is in another row
// than the sends to its recipient.
func issue(ctx context.Context, ask port.IssueRequest) (statement string, args []any) {
	fresh, delivery, cohort := ask.Fresh, ask.Delivery, ask.Cohort
	epochs := make(pq.ByteaArray, len(ask.Epochs))
	for i := range ask.Epochs {
		epochs[i] = ask.Epochs[i][:]
	}
	args = []any{
		fresh.Recipient.Value(), string(fresh.Recipient.Kind()), string(fresh.ChallengeID), fresh.Epoch[:], fresh.Seed[:],
		fresh.Digits, fresh.MaxAttempts, ask.Now, fresh.ExpiresAt, string(fresh.Channel), fresh.SourceURL,
		epochs, ask.Limit.Sends, ask.Now.Add(-ask.Limit.Window),
		delivery.ID, string(delivery.Channel), delivery.Provider, delivery.Recipient, tooLate(ctx),
		cohort.SourceID, string(cohort.Category), string(cohort.Channel), cohort.Country,
	}
	if fresh.OTPKey == sqlstore.WindowOf(fresh.Recipient) {
		return issueSignIn, args
	}
	return issueOther, append(args, string(fresh.Purpose), fresh.Subject, fresh.Lane)
}

// retryAfter is how long a recipient who has reached the limit has to wait. It
// is short if a send was given back meanwhile.
func retryAfter(ctx context.Context, q sqlstore.Queryer, ask port.IssueRequest) (time.Duration, error) {
	sent, _, err := sqlstore.One[sql.NullTime](ctx, q, oldestSend, ask.Fresh.Recipient.Value(), ask.Limit.Sends)
	return max(time.Microsecond, sent.Time.Add(ask.Limit.Window).Sub(ask.Now)), err
}

// RefundSend implements port.OTPSecrets.
func (s *OTPSecrets) RefundSend(ctx context.Context, key domain.OTPKey, sentAt time.Time) error {
	statement, args := refundSignIn, []any{key.Recipient.Value(), sentAt}
	if key != sqlstore.WindowOf(key.Recipient) {
		statement, args = refundOther, append(args, string(key.Purpose), key.Subject, key.Lane)
	}
	err := s.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		_, err := q.ExecContext(ctx, statement, args...)
		return err
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

// issueSignIn decides an ask for a code to sign in, whose row has the sends to
// its recipient too. It returns no row when the limit is reached.
//
//	$1 recipient     $5 seed          $9 expires_at    $13 sends allowed, 0 = any
//	$2 its kind      $6 digits       $10 channel       $14 when the window began
//	$3 challenge_id  $7 max_attempts $11 source_url    $15 id of the delivery, $16 its
//	$4 epoch         $8 now          $12 known epochs      channel, $17 provider, $18 recipient
//	$19 when it is too late        $20 source, $21 category, $22 channel and $23 country of the cohort
const issueSignIn = `
WITH secret AS (
	INSERT INTO otp_secrets AS s (` + insertedColumns + `, sends)
	SELECT $1, $2, 'sign_in', '', '', $3, $4, $5, $6, $7, $8, $9, $10, $11, ARRAY[$8::timestamptz]
	 WHERE clock_timestamp() < $19
	    ON CONFLICT (recipient, purpose, subject, lane) DO UPDATE
	   SET ` + renewUnlessActive + `, ` + countSend + `
	 WHERE ` + mayBeSent + `
	RETURNING ` + sqlstore.OTPPartColumns + `, sends[1] AS sent_at, previous_id
)` + queueDelivery + `
SELECT ` + sqlstore.OTPPartColumns + `, sent_at FROM secret`

// issueOther decides any other ask. It counts the send first, in the row of the
// recipient's window, and what follows builds on what that returns: no part of
// one statement sees what another has written. A window made here holds no
// secret, and bears the name of the delivery.
//
//	$24 purpose  $25 subject  $26 lane
const issueOther = `
WITH counted AS (
	INSERT INTO otp_secrets AS s (` + insertedColumns + `, sends)
	SELECT $1, $2, 'sign_in', '', '', $15, '', '', 0, 0, $8, $9, '', '', ARRAY[$8::timestamptz]
	 WHERE clock_timestamp() < $19
	    ON CONFLICT (recipient, purpose, subject, lane) DO UPDATE
	   SET ` + countSend + `
	 WHERE ` + mayBeSent + `
	RETURNING sends[1] AS sent_at
), secret AS (
	INSERT INTO otp_secrets AS s (` + insertedColumns + `)
	SELECT $1, $2, $24, $25, $26, $3, $4, $5, $6, $7, $8, $9, $10, $11
	  FROM counted
	    ON CONFLICT (recipient, purpose, subject, lane) DO UPDATE
	   SET ` + renewUnlessActive + `
	RETURNING ` + sqlstore.OTPPartColumns + `, previous_id
)` + queueDelivery + `
SELECT ` + sqlstore.OTPPartColumns + `, sent_at FROM secret, counted`

const insertedColumns = `recipient, recipient_kind, purpose, subject, lane,
		challenge_id, epoch, seed, digits, max_attempts, created_at, expires_at, channel, source_url`

// active is true of the row s while its secret is to be used again.
const active = `s.used_at IS NULL AND s.attempts < s.max_attempts AND s.expires_at > $8 AND s.epoch = ANY ($12)`

// renewUnlessActive leaves a secret in use as it is, but for the channel, and
// puts the new one in the place of any other. That one which was used is not
// forgotten before the funnel has counted it.
const renewUnlessActive = `
	       challenge_id = CASE WHEN ` + active + ` THEN s.challenge_id ELSE EXCLUDED.challenge_id END,
	       epoch        = CASE WHEN ` + active + ` THEN s.epoch        ELSE EXCLUDED.epoch        END,
	       seed         = CASE WHEN ` + active + ` THEN s.seed         ELSE EXCLUDED.seed         END,
	       digits       = CASE WHEN ` + active + ` THEN s.digits       ELSE EXCLUDED.digits       END,
	       max_attempts = CASE WHEN ` + active + ` THEN s.max_attempts ELSE EXCLUDED.max_attempts END,
	       attempts     = CASE WHEN ` + active + ` THEN s.attempts     ELSE EXCLUDED.attempts     END,
	       created_at   = CASE WHEN ` + active + ` THEN s.created_at   ELSE EXCLUDED.created_at   END,
	       expires_at   = CASE WHEN ` + active + ` THEN s.expires_at   ELSE EXCLUDED.expires_at   END,
	       source_url   = CASE WHEN ` + active + ` THEN s.source_url   ELSE EXCLUDED.source_url   END,
	       secret_sends = CASE WHEN ` + active + ` THEN s.secret_sends + 1 ELSE 1 END,
	       previous_id  = CASE WHEN s.used_at IS NOT NULL THEN s.challenge_id END,
	       used_at      = NULL,
	       channel      = EXCLUDED.channel`

// mayBeSent is true of the row s while the oldest of the last sends that are
// allowed is not in the window, or not there.
const mayBeSent = `(s.sends[$13] > $14) IS NOT TRUE`

// countSend puts a send in front and forgets those that no limit can ask for:
// one that is allowed has all but $13 - 1 of them out of its window. No two
// sends are at one time, so that it names one.
const countSend = `
	       sends = (ARRAY[GREATEST($8, s.sends[1] + interval '1 microsecond')] || s.sends)[1 : GREATEST($13, 1)]`

// queueDelivery stores with the delivery that a challenge begins with what the
// challenge counts under.
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
 WHERE ` + sqlstore.Window

// refundSignIn gives back a send for the secret of its own row.
const refundSignIn = `
UPDATE otp_secrets
   SET sends = array_remove(sends, $2), ` + sqlstore.TakeSend + `
 WHERE ` + sqlstore.Window + ` AND $2 = ANY (sends) AND ` + sqlstore.MayTakeSend

// refundOther gives back any other. It locks the two rows in the order in which
// issueOther does.
//
//	$3 purpose  $4 subject  $5 lane
const refundOther = `
WITH counted AS (
	SELECT 1
	  FROM otp_secrets
	 WHERE ` + sqlstore.Window + ` AND $2 = ANY (sends)
	   FOR UPDATE
), secret AS (
	UPDATE otp_secrets
	   SET ` + sqlstore.TakeSend + `
	  FROM counted
	 WHERE recipient = $1 AND purpose = $3 AND subject = $4 AND lane = $5 AND ` + sqlstore.MayTakeSend + `
	RETURNING 1
)
UPDATE otp_secrets
   SET sends = array_remove(sends, $2)
  FROM secret
 WHERE ` + sqlstore.Window

const purgeSecrets = `
DELETE FROM otp_secrets
 WHERE (recipient, purpose, subject, lane) IN (
       SELECT recipient, purpose, subject, lane
         FROM otp_secrets
        WHERE challenge_id < $1 AND expires_at <= $2 AND (sends[1] >= $2) IS NOT TRUE
        ORDER BY challenge_id
        LIMIT $3
          FOR UPDATE SKIP LOCKED)`
