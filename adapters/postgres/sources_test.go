package postgres

import (
	"database/sql"
	"io/fs"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// The version before knew of a source its host alone, and of a challenge not what it
// counts under. An instance of it may go on for a while.
func TestMigrate_ofADatabaseWithSources(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	direct := connect(t, url)
	content, err := fs.Sub(files, "migrations")
	require.NoError(t, err)
	provider, err := goose.NewProvider(goose.DialectPostgres, direct, content, goose.WithDisableGlobalRegistry(true))
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), 4)
	require.NoError(t, err)
	random := &fake.Random{}
	user, session := random.UUID(fake.Noon), random.UUID(fake.Noon)
	comeFromAHost(t, direct, user, session)
	request := func() { // as the version before stores one
		challenge := random.UUID(fake.Noon)
		_, err := direct.ExecContext(t.Context(), `
			INSERT INTO otp_secrets (recipient, purpose, subject, lane, recipient_kind, challenge_id, epoch, seed, digits, max_attempts,
			                         created_at, expires_at, used_at, channel, source_url, sends)
			VALUES ('ada@example.com', 'sign_in', '', '', 'email', $1, $2, $3, 6, 3, $4, $5, $4, 'email', '', ARRAY[$4::timestamptz])
			    ON CONFLICT (recipient, purpose, subject, lane) DO UPDATE SET challenge_id = EXCLUDED.challenge_id`,
			challenge, make([]byte, len(domain.Epoch{})), make([]byte, len(domain.Seed{})), fake.Noon, fake.Noon.Add(5*time.Minute))
		require.NoError(t, err)
		_, err = direct.ExecContext(t.Context(), `
			INSERT INTO deliveries (challenge_id, id, channel, provider, recipient, status, progress, result, message_id, created_at, updated_at)
			VALUES ($1, $1, 'email', 'smtp', 'ad***@example.com', 'queued', 0, '', '', $2, $2)`, challenge, fake.Noon)
		require.NoError(t, err)
	}
	request()

	_, _, err = Migrate(t.Context(), url)
	require.NoError(t, err)
	request()
	db, closeDB, err := Open(t.Context(), Config{URL: url})
	require.NoError(t, err)
	t.Cleanup(closeDB)
	sources, found, err := db.RegistrationSources().OfUser(t.Context(), domain.Actor{UserUUID: user, SessionID: session})
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, []domain.UserSource{{First: true, RegisteredAt: fake.Noon, Source: domain.RegistrationSource{
		ID: "5ab1e", Host: "old.example", Origin: "old.example", Category: domain.CategoryReferral, Channel: domain.SourceReferral,
		DisplayName: "old.example", URL: "https://old.example/?ref=x",
	}}}, sources)

	secondSource(t, &outage{DB: db}, user)
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
func secondSource(t *testing.T, o *outage, user string) {
	t.Helper()
	issued, err := o.OTPSecrets().Issue(t.Context(), o.ask(t, "ada@example.com"))
	require.NoError(t, err)
	in := o.signIn(issued.Secret)
	in.Source, err = domain.SourceRules{}.Parse("https://new.example")
	require.NoError(t, err)
	done, err := o.SignIns().Complete(t.Context(), in)
	require.NoError(t, err)
	require.False(t, done.IsNew)
	sources, _, err := o.RegistrationSources().OfUser(t.Context(), domain.Actor{UserUUID: user, SessionID: in.Session.ID})
	require.NoError(t, err)
	require.Equal(t, domain.UserSource{Source: in.Source, RegisteredAt: in.Now}, sources[1])
	secret, found, err := o.OTPSecrets().Find(t.Context(), port.OTPQuery{ChallengeID: issued.Secret.ChallengeID})
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, in.Now, secret.UsedAt)
}
