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

// OTPSecrets is the part of port.OTPSecrets whose statements are the same in both
// dialects.
type OTPSecrets struct {
	db    DB
	purge string
}

// NewOTPSecrets makes the part of the store. The statement purge deletes at most $3
// secrets with ids before $1 that had expired by $2.
func NewOTPSecrets(db DB, purge string) OTPSecrets { return OTPSecrets{db, purge} }

// Find implements port.OTPSecrets.
func (s OTPSecrets) Find(
	ctx context.Context, query port.OTPQuery,
) (secret domain.OTPSecret, found bool, err error) {
	key := query.Key
	statement, args := findByKey, []any{key.Recipient.Value(), string(key.Purpose), key.Subject, key.Lane}
	if query.ChallengeID != "" {
		if !domain.IsUUID(string(query.ChallengeID)) {
			return domain.OTPSecret{}, false, nil
		}
		statement, args = findByChallenge, []any{string(query.ChallengeID)}
	}
	row, found, err := ReadRow[foundRow](ctx, s.db, "find a challenge", statement, args...)
	if err != nil || !found {
		return domain.OTPSecret{}, false, err
	}
	secret, err = row.ToDomain()
	secret.SentOn = row.channels()
	return secret, err == nil, err
}

// CountWrong implements port.OTPSecrets.
func (s OTPSecrets) CountWrong(
	ctx context.Context, id domain.ChallengeID, now time.Time,
) (left int, counted bool, err error) {
	if !domain.IsUUID(string(id)) {
		return 0, false, nil
	}
	return WriteRow[int](ctx, s.db, "count a wrong guess", countWrong, string(id), now)
}

// Purge implements port.OTPSecrets.
func (s OTPSecrets) Purge(ctx context.Context, before time.Time, limit int) (removed int, err error) {
	return WriteExec(ctx, s.db, "purge secrets", s.purge, FirstUUID(before), before, limit)
}

// RateLimitKey is the key of the row that RateLimitRow selects.
func RateLimitKey(recipient domain.Identifier) domain.OTPKey {
	return domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: recipient}
}

// OTPSecret is a row of otp_secrets.
type OTPSecret struct {
	Recipient     string
	RecipientKind string
	Purpose       string
	Subject       string
	Lane          string
	OTPParts
	UsedAt  Time
	Channel string
}

// OTPParts are the columns that an issue request does not determine: they may be
// those of an active secret.
type OTPParts struct {
	ChallengeID string
	Epoch       []byte
	Seed        []byte
	Digits      int
	MaxAttempts int
	Attempts    int
	CreatedAt   Time
	ExpiresAt   Time
	SourceURL   string
}

// Columns are the scan targets of OTPSecretColumns.
func (r *OTPSecret) Columns() []any {
	columns := make([]any, 0, 17) // with one more of the caller
	columns = append(columns, &r.Recipient, &r.RecipientKind, &r.Purpose, &r.Subject, &r.Lane)
	columns = append(columns, r.OTPParts.Columns()...)
	return append(columns, &r.UsedAt, &r.Channel)
}

// Columns are the scan targets of OTPPartColumns.
func (r *OTPParts) Columns() []any {
	return []any{
		&r.ChallengeID, &r.Epoch, &r.Seed, &r.Digits, &r.MaxAttempts, &r.Attempts, &r.CreatedAt, &r.ExpiresAt,
		&r.SourceURL,
	}
}

// ToDomain maps the row to a secret.
func (r OTPSecret) ToDomain() (domain.OTPSecret, error) {
	recipient, err := domain.ParseIdentifier(r.Recipient)
	if err != nil {
		return domain.OTPSecret{}, fmt.Errorf("read the recipient of challenge %s: %w", r.ChallengeID, err)
	}
	return r.AddTo(domain.OTPSecret{
		OTPKey: domain.OTPKey{
			Purpose: domain.Purpose(r.Purpose), Recipient: recipient, Subject: r.Subject, Lane: r.Lane,
		},
		UsedAt:  r.UsedAt.Time,
		Channel: domain.ChannelName(r.Channel),
	})
}

// AddTo returns the secret with these parts.
func (r OTPParts) AddTo(s domain.OTPSecret) (domain.OTPSecret, error) {
	if len(r.Epoch) != len(s.Epoch) || len(r.Seed) != len(s.Seed) {
		return domain.OTPSecret{}, fmt.Errorf("read challenge %s: the epoch has %d bytes and the seed %d",
			r.ChallengeID, len(r.Epoch), len(r.Seed))
	}
	s.ChallengeID = domain.ChallengeID(r.ChallengeID)
	s.Epoch, s.Seed = domain.Epoch(r.Epoch), domain.Seed(r.Seed)
	s.Digits, s.MaxAttempts, s.Attempts = r.Digits, r.MaxAttempts, r.Attempts
	s.CreatedAt, s.ExpiresAt = r.CreatedAt.Time, r.ExpiresAt.Time
	s.SourceURL = r.SourceURL
	return s, nil
}

type foundRow struct {
	OTPSecret
	SentOn sql.NullString // channel names separated by spaces, unordered, with duplicates
}

// Columns are the scan targets of foundColumns.
func (r *foundRow) Columns() []any { return append(r.OTPSecret.Columns(), &r.SentOn) }

// channels are the distinct names in SentOn, sorted.
func (r foundRow) channels() []domain.ChannelName {
	var names []domain.ChannelName
	for name := range strings.FieldsSeq(r.SentOn.String) {
		names = append(names, domain.ChannelName(name))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

const (
	// OTPPartColumns are the columns of OTPParts.
	OTPPartColumns = `challenge_id, epoch, seed, digits, max_attempts, attempts, created_at, expires_at, source_url`

	// OTPSecretColumns are the columns of an OTPSecret.
	OTPSecretColumns = `recipient, recipient_kind, purpose, subject, lane, ` + OTPPartColumns + `, used_at, channel`
)

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

// countWrong returns the number of guesses left.
const countWrong = `
UPDATE otp_secrets
   SET attempts = attempts + 1
 WHERE challenge_id = $1 AND ` + ActiveCondition + `
RETURNING max_attempts - attempts`

// ActiveCondition is true of a secret that is active at $2, as domain.OTPSecret.State
// defines it.
const ActiveCondition = `used_at IS NULL AND attempts < max_attempts AND expires_at > $2`

// RateLimitRow selects the row with the send times of the recipient $1 for all purposes:
// that of the sign-in secret.
const RateLimitRow = `recipient = $1 AND purpose = 'sign_in' AND subject = '' AND lane = ''`

// RefundColumns takes one send from a secret, and all its guesses with the last send.
// The expiry is not consulted: a clock that is behind must not make guesses available
// again.
const RefundColumns = `secret_sends = secret_sends - 1,
	       attempts = CASE WHEN secret_sends = 1 THEN max_attempts ELSE attempts END`

// RefundCondition is true when the send at $2 belongs to this secret and not to one that
// it replaced, and is not the last send of a secret that was guessed at or used.
const RefundCondition = `created_at <= $2 AND
	(secret_sends > 1 OR secret_sends = 1 AND attempts = 0 AND used_at IS NULL)`
