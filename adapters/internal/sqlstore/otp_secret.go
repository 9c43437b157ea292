package sqlstore

import (
	"fmt"

	"github.com/doorcode-auth/doorcode/domain"
)

// OTPSecretColumns are the columns of an OTPSecret.
const OTPSecretColumns = `recipient, recipient_kind, purpose, subject, lane, challenge_id, epoch, seed, digits,
	max_attempts, attempts, created_at, expires_at, used_at, channel, source_url`

// OTPSecret is a row of otp_secrets.
type OTPSecret struct {
	Recipient     string `db:"recipient"`
	RecipientKind string `db:"recipient_kind"`
	Purpose       string `db:"purpose"`
	Subject       string `db:"subject"`
	Lane          string `db:"lane"`
	ChallengeID   string `db:"challenge_id"`
	Epoch         []byte `db:"epoch"`
	Seed          []byte `db:"seed"`
	Digits        int    `db:"digits"`
	MaxAttempts   int    `db:"max_attempts"`
	Attempts      int    `db:"attempts"`
	CreatedAt     Time   `db:"created_at"`
	ExpiresAt     Time   `db:"expires_at"`
	UsedAt        Time   `db:"used_at"`
	Channel       string `db:"channel"`
	SourceURL     string `db:"source_url"`
}

// ToDomain is the secret of a row that holds one.
func (r OTPSecret) ToDomain() (domain.OTPSecret, error) {
	recipient, err := domain.ParseIdentifier(r.Recipient)
	if err != nil {
		return domain.OTPSecret{}, fmt.Errorf("read the recipient of challenge %s: %w", r.ChallengeID, err)
	}
	s := domain.OTPSecret{
		OTPKey: domain.OTPKey{
			Purpose: domain.Purpose(r.Purpose), Recipient: recipient, Subject: r.Subject, Lane: r.Lane,
		},
		ChallengeID: domain.ChallengeID(r.ChallengeID),
		Digits:      r.Digits,
		MaxAttempts: r.MaxAttempts,
		Attempts:    r.Attempts,
		CreatedAt:   r.CreatedAt.Time,
		ExpiresAt:   r.ExpiresAt.Time,
		UsedAt:      r.UsedAt.Time,
		Channel:     domain.ChannelName(r.Channel),
		SourceURL:   r.SourceURL,
	}
	if len(r.Epoch) != len(s.Epoch) || len(r.Seed) != len(s.Seed) {
		return domain.OTPSecret{}, fmt.Errorf("read challenge %s: the epoch has %d bytes and the seed %d", r.ChallengeID, len(r.Epoch), len(r.Seed))
	}
	copy(s.Epoch[:], r.Epoch)
	copy(s.Seed[:], r.Seed)
	return s, nil
}
