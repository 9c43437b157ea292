package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// OTPSecrets is the part of port.OTPSecrets that reads the same to both
// dialects: what a guess needs.
type OTPSecrets struct{ db DB }

// NewOTPSecrets makes the part of the store.
func NewOTPSecrets(db DB) OTPSecrets { return OTPSecrets{db} }

// Find implements port.OTPSecrets.
func (s OTPSecrets) Find(ctx context.Context, query port.OTPQuery) (secret domain.OTPSecret, found bool, err error) {
	key := query.Key
	statement, args := findByKey, []any{key.Recipient.Value(), string(key.Purpose), key.Subject, key.Lane}
	if query.ChallengeID != "" {
		if !domain.IsUUID(string(query.ChallengeID)) {
			return domain.OTPSecret{}, false, nil
		}
		statement, args = findByChallenge, []any{string(query.ChallengeID)}
	}
	err = s.db.Read(ctx, func(ctx context.Context, q Queryer) error {
		row, ok, err := One[foundRow](ctx, q, statement, args...)
		if err == nil && ok {
			found = true
			secret, err = row.ToDomain()
			secret.SentOn = row.channels()
		}
		return err
	})
	if err != nil {
		return domain.OTPSecret{}, false, fmt.Errorf("find a challenge: %w", err)
	}
	return secret, found, nil
}

// CountWrong implements port.OTPSecrets.
func (s OTPSecrets) CountWrong(ctx context.Context, id domain.ChallengeID, now time.Time) (left int, counted bool, err error) {
	if !domain.IsUUID(string(id)) {
		return 0, false, nil
	}
	err = s.db.Write(ctx, func(ctx context.Context, q Queryer) error {
		n, ok, err := One[int](ctx, q, countWrong, string(id), now)
		left, counted = n, ok
		return err
	})
	if err != nil {
		return 0, false, fmt.Errorf("count a wrong guess: %w", err)
	}
	return left, counted, nil
}

type foundRow struct {
	OTPSecret
	SentOn sql.NullString // names with spaces between, in any order
}

// Columns are where foundColumns go.
func (r *foundRow) Columns() []any { return append(r.OTPSecret.Columns(), &r.SentOn) }

// channels are those of SentOn, each once.
func (r foundRow) channels() []domain.ChannelName {
	var names []domain.ChannelName
	for name := range strings.FieldsSeq(r.SentOn.String) {
		names = append(names, domain.ChannelName(name))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

const foundColumns = OTPSecretColumns + `, (
	SELECT string_agg(deliveries.channel, ' ')
	  FROM deliveries
	 WHERE deliveries.challenge_id = otp_secrets.challenge_id AND status <> 'failed'
) AS sent_on`

const findByChallenge = `
SELECT ` + foundColumns + `
  FROM otp_secrets
 WHERE challenge_id = $1 AND digits > 0`

const findByKey = `
SELECT ` + foundColumns + `
  FROM otp_secrets
 WHERE recipient = $1 AND purpose = $2 AND subject = $3 AND lane = $4 AND digits > 0`

// countWrong returns how many guesses are left.
const countWrong = `
UPDATE otp_secrets
   SET attempts = attempts + 1
 WHERE challenge_id = $1 AND ` + Unspent + `
RETURNING max_attempts - attempts`

// Unspent is true at the time $2 of a secret that can be guessed at.
const Unspent = `used_at IS NULL AND attempts < max_attempts AND expires_at > $2`

// Window is true of the row that keeps the sends to the recipient $1, for
// whatever purpose they were.
const Window = `recipient = $1 AND purpose = 'sign_in' AND subject = '' AND lane = ''`

// TakeSend takes one send from a secret, and with the last one all its guesses.
// No clock decides that, and so none that is behind brings them back.
const TakeSend = `secret_sends = secret_sends - 1,
	       attempts = CASE WHEN secret_sends = 1 THEN max_attempts ELSE attempts END`

// MayTakeSend is true of a secret that can give back what was sent at $2: not of
// one that has replaced the secret that was sent, and not of the last send of one
// that was tried.
const MayTakeSend = `created_at <= $2 AND
	(secret_sends > 1 OR secret_sends = 1 AND attempts = 0 AND used_at IS NULL)`

// WindowOf is the key of that row.
func WindowOf(recipient domain.Identifier) domain.OTPKey {
	return domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: recipient}
}
