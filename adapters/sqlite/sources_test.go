package sqlite

import (
	"database/sql"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// The version before knew of a source its host alone, and of a challenge not what it
// counts under.
func TestMigrate_ofAFileWithSources(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "doorcode.db")
	random := &fake.Random{}
	user, session := random.UUID(fake.Noon), random.UUID(fake.Noon)
	require.NoError(t, withConnection(Config{Path: path}.source(busyTimeout, "journal_mode(WAL)"), func(direct *sql.DB) error {
		content, err := fs.Sub(files, "migrations")
		require.NoError(t, err)
		provider, err := goose.NewProvider(goose.DialectSQLite3, direct, content, goose.WithDisableGlobalRegistry(true))
		require.NoError(t, err)
		_, err = provider.UpTo(t.Context(), 4)
		require.NoError(t, err)
		comeFromAHost(t, direct, user, session)
		challenge := random.UUID(fake.Noon)
		_, err = direct.ExecContext(t.Context(), `
			INSERT INTO otp_secrets (recipient, purpose, subject, lane, recipient_kind, challenge_id, epoch, seed, digits, max_attempts,
			                         created_at, expires_at, used_at, channel, source_url, sends)
			VALUES ('ada@example.com', 'sign_in', '', '', 'email', $1, $2, $3, 6, 3, $4, $5, $4, 'email', '', $4)`,
			challenge, make([]byte, len(domain.Epoch{})), make([]byte, len(domain.Seed{})), fake.Noon, fake.Noon.Add(5*time.Minute))
		require.NoError(t, err)
		_, err = direct.ExecContext(t.Context(), `
			INSERT INTO deliveries (challenge_id, id, channel, provider, recipient, status, progress, result, message_id, created_at, updated_at)
			VALUES ($1, $1, 'email', 'smtp', 'ad***@example.com', 'queued', 0, '', '', $2, $2)`, challenge, fake.Noon)
		return err
	}))
	db, _ := openTest(t, Config{Path: path})
	sources, found, err := db.RegistrationSources().OfUser(t.Context(), domain.Actor{UserUUID: user, SessionID: session})
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, []domain.UserSource{{First: true, RegisteredAt: fake.Noon, Source: domain.RegistrationSource{
		ID: "5ab1e", Host: "old.example", Origin: "old.example", Category: domain.CategoryReferral, Channel: domain.SourceReferral,
		DisplayName: "old.example", URL: "https://old.example/?ref=x",
	}}}, sources)

	secondSource(t, db, random, user)
}

// comeFromAHost is what the version before stores of somebody with a source.
func comeFromAHost(t *testing.T, direct *sql.DB, user, session string) {
	t.Helper()
	for _, s := range []struct {
		text string
		args []any
	}{
		{`INSERT INTO users (uuid, email, username, date_joined) VALUES ($1, 'ada@example.com', 'ada', $2)`, []any{user, fake.Noon}},
		{`INSERT INTO registration_sources (id, host, created_at) VALUES ('5ab1e', 'old.example', $1)`, []any{fake.Noon}},
		{`INSERT INTO user_registration_sources (user_id, source_id, url, first_registration, registered_at)
		  SELECT id, '5ab1e', 'https://old.example/?ref=x', true, $1 FROM users`, []any{fake.Noon}},
		{`INSERT INTO sessions (id, user_id, channel, amr, user_agent, address, created_at, last_used_at)
		  SELECT $1, id, 'email', 'otp email', '', '', $2, $2 FROM users`, []any{session, fake.Noon}},
	} {
		_, err := direct.ExecContext(t.Context(), s.text, s.args...)
		require.NoError(t, err, s.text)
	}
}

// secondSource has somebody sign in through another source.
func secondSource(t *testing.T, db *DB, random *fake.Random, user string) {
	t.Helper()
	recipient, err := domain.ParseEmail("ada@example.com")
	require.NoError(t, err)
	now := fake.Noon.Add(time.Hour)
	issued, err := db.OTPSecrets().Issue(t.Context(), port.IssueRequest{
		Fresh: domain.OTPSecret{
			OTPKey:      domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: recipient},
			ChallengeID: domain.ChallengeID(random.UUID(now)), Digits: 6, MaxAttempts: 3, CreatedAt: now, ExpiresAt: now.Add(time.Minute),
		},
		Delivery: domain.Delivery{ID: random.UUID(now)}, Now: now,
	})
	require.NoError(t, err)
	in := port.SignIn{Proof: issued.Secret.ProveByCode(), Now: now, Session: domain.Session{ID: random.UUID(now)}}
	in.Source, err = domain.SourceRules{}.Parse("https://new.example")
	require.NoError(t, err)
	done, err := db.SignIns().Complete(t.Context(), in)
	require.NoError(t, err)
	require.True(t, done.Consumed)
	require.False(t, done.IsNew)
	sources, _, err := db.RegistrationSources().OfUser(t.Context(), domain.Actor{UserUUID: user, SessionID: in.Session.ID})
	require.NoError(t, err)
	require.Equal(t, domain.UserSource{Source: in.Source, RegisteredAt: now}, sources[1])
}
