package sqlstore

import (
	"fmt"

	"github.com/doorcode-auth/doorcode/domain"
)

// OTPSecretColumns are the columns of an OTPSecret.
const OTPSecretColumns = `recipient, recipient_kind, purpose, subject, lane, ` + OTPPartColumns + `, used_at, channel`

// OTPPartColumns are the columns of OTPParts.
const OTPPartColumns = `challenge_id, epoch, seed, digits, max_attempts, attempts, created_at, expires_at, source_url`

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

// OTPParts are what whoever asks for a code does not know yet.
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

// Columns are where OTPSecretColumns go.
func (r *OTPSecret) Columns() []any {
	columns := append([]any{&r.Recipient, &r.RecipientKind, &r.Purpose, &r.Subject, &r.Lane}, r.OTPParts.Columns()...)
	return append(columns, &r.UsedAt, &r.Channel)
}

// Columns are where OTPPartColumns go.
func (r *OTPParts) Columns() []any {
	return []any{
		&r.ChallengeID, &r.Epoch, &r.Seed, &r.Digits, &r.MaxAttempts, &r.Attempts, &r.CreatedAt, &r.ExpiresAt, &r.SourceURL,
	}
}

// ToDomain is the secret of a row that holds one.
func (r OTPSecret) ToDomain() (domain.OTPSecret, error) {
	recipient, err := domain.ParseIdentifier(r.Recipient)
	if err != nil {
		return domain.OTPSecret{}, fmt.Errorf("read the recipient of challenge %s: %w", r.ChallengeID, err)
	}
	return r.OTPParts.Of(domain.OTPSecret{
		OTPKey:  domain.OTPKey{Purpose: domain.Purpose(r.Purpose), Recipient: recipient, Subject: r.Subject, Lane: r.Lane},
		UsedAt:  r.UsedAt.Time,
		Channel: domain.ChannelName(r.Channel),
	})
}

// Of is a secret with these parts.
func (r OTPParts) Of(s domain.OTPSecret) (domain.OTPSecret, error) {
	if len(r.Epoch) != len(s.Epoch) || len(r.Seed) != len(s.Seed) {
		return domain.OTPSecret{}, fmt.Errorf("read challenge %s: the epoch has %d bytes and the seed %d", r.ChallengeID, len(r.Epoch), len(r.Seed))
	}
	s.ChallengeID = domain.ChallengeID(r.ChallengeID)
	s.Epoch, s.Seed = domain.Epoch(r.Epoch), domain.Seed(r.Seed)
	s.Digits, s.MaxAttempts, s.Attempts = r.Digits, r.MaxAttempts, r.Attempts
	s.CreatedAt, s.ExpiresAt = r.CreatedAt.Time, r.ExpiresAt.Time
	s.SourceURL = r.SourceURL
	return s, nil
}
