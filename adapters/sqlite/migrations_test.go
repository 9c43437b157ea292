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

// upTo migrates an empty file to a version.
func upTo(t *testing.T, db *sql.DB, version int64) {
	t.Helper()
	content, err := fs.Sub(files, "migrations")
	require.NoError(t, err)
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, content, goose.WithDisableGlobalRegistry(true))
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), version)
	require.NoError(t, err)
}

// Sessions of the first version were never refreshed.
func TestMigrate_ofAFileWithSessions(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "doorcode.db")
	random := &fake.Random{}
	user, id := random.UUID(fake.Noon), random.UUID(fake.Noon)
	require.NoError(t, withConnection(Config{Path: path}.source(busyTimeout, "journal_mode(WAL)"), func(db *sql.DB) error {
		upTo(t, db, 1)
		_, err := db.ExecContext(t.Context(), `
			INSERT INTO users (uuid, email, username, date_joined)
			VALUES ($1, 'ada@example.com', 'ada', $2)`, user, fake.Noon)
		require.NoError(t, err)
		_, err = db.ExecContext(t.Context(), `
			INSERT INTO sessions (id, user_id, channel, amr, user_agent, address, created_at)
			SELECT $1, id, 'email', 'otp email', 'Mozilla/5.0', '192.0.2.1', $2 FROM users`, id, fake.Noon)
		return err
	}))
	db, _ := openTest(t, Config{Path: path})
	session, found, err := db.Sessions().Find(t.Context(), domain.Actor{UserUUID: user, SessionID: id})
	require.NoError(t, err)
	require.True(t, found)
	want := domain.Session{
		ID: id, UserID: session.UserID, Channel: domain.ChannelEmail, AMR: []string{"otp", "email"},
		UserAgent: "Mozilla/5.0", Address: "192.0.2.1", CreatedAt: fake.Noon, LastUsedAt: fake.Noon,
	}
	require.Equal(t, want, session)
	now := fake.Noon.Add(time.Hour)
	rotated, err := db.Sessions().Rotate(t.Context(), port.Rotation{
		SessionID: id, UserUUID: user, Now: now,
		Policy: domain.SessionPolicy{AbsoluteLifetime: 24 * time.Hour, Rotates: true},
	})
	require.NoError(t, err)
	want.Generation, want.LastUsedAt = 1, now
	require.Equal(t, port.RotationResult{Verdict: domain.RefreshCurrent, Session: want}, rotated)
}

// Version 4 stores only the host of a source, and no cohort of a challenge.
func TestMigrate_ofAFileWithSources(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "doorcode.db")
	random := &fake.Random{}
	user, session := random.UUID(fake.Noon), random.UUID(fake.Noon)
	source := Config{Path: path}.source(busyTimeout, "journal_mode(WAL)")
	require.NoError(t, withConnection(source, func(direct *sql.DB) error {
		upTo(t, direct, 4)
		insertUserOfHost(t, direct, user, session)
		challenge := random.UUID(fake.Noon)
		_, err := direct.ExecContext(t.Context(), `
			INSERT INTO otp_secrets (recipient, purpose, subject, lane, recipient_kind, challenge_id, epoch, seed, digits,
			                         max_attempts, created_at, expires_at, used_at, channel, source_url, sends)
			VALUES ('ada@example.com', 'sign_in', '', '', 'email', $1, $2, $3, 6, 3, $4, $5, $4, 'email', '', $4)`,
			challenge, make([]byte, len(domain.Epoch{})), make([]byte, len(domain.Seed{})),
			fake.Noon, fake.Noon.Add(5*time.Minute))
		require.NoError(t, err)
		_, err = direct.ExecContext(t.Context(), `
			INSERT INTO deliveries (challenge_id, id, channel, provider, recipient, status, progress, result, message_id,
			                        created_at, updated_at)
			VALUES ($1, $1, 'email', 'smtp', 'ad***@example.com', 'queued', 0, '', '', $2, $2)`, challenge, fake.Noon)
		return err
	}))
	db, _ := openTest(t, Config{Path: path})
	sources, found, err := db.RegistrationSources().OfUser(t.Context(), domain.Actor{UserUUID: user, SessionID: session})
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, []domain.UserSource{{First: true, RegisteredAt: fake.Noon, Source: domain.RegistrationSource{
		ID: "5ab1e", Host: "old.example", Origin: "old.example",
		Category: domain.CategoryReferral, Channel: domain.SourceReferral,
		DisplayName: "old.example", URL: "https://old.example/?ref=x",
	}}}, sources)

	signInBySource(t, db, random, user)
}

// insertUserOfHost inserts a user with a source as version 4 stores them.
func insertUserOfHost(t *testing.T, direct *sql.DB, user, session string) {
	t.Helper()
	for _, s := range []struct {
		text string
		args []any
	}{
		{`INSERT INTO users (uuid, email, username, date_joined)
		  VALUES ($1, 'ada@example.com', 'ada', $2)`, []any{user, fake.Noon}},
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

// signInBySource signs the user in through another source.
func signInBySource(t *testing.T, db *DB, random *fake.Random, user string) {
	t.Helper()
	recipient, err := domain.ParseEmail("ada@example.com")
	require.NoError(t, err)
	now := fake.Noon.Add(time.Hour)
	issued, err := db.OTPSecrets().Issue(t.Context(), port.IssueRequest{
		Fresh: domain.OTPSecret{
			OTPKey:      domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: recipient},
			ChallengeID: domain.ChallengeID(random.UUID(now)), Digits: 6, MaxAttempts: 3,
			CreatedAt: now, ExpiresAt: now.Add(time.Minute),
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
