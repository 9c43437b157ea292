package postgres

import (
	"database/sql"
	"io/fs"
	"sync"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// connect opens connections of the plain driver, without the timeouts of the stores.
func connect(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestMigrate_byManyAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	latest, err := migrations().Latest()
	require.NoError(t, err)
	var (
		all      sync.WaitGroup
		mu       sync.Mutex
		migrated int
	)
	for range 8 {
		all.Go(func() {
			from, to, err := Migrate(t.Context(), url)
			if err != nil || to != latest {
				t.Errorf("migrated to %d with %v, want %d", to, err, latest)
			}
			mu.Lock()
			defer mu.Unlock()
			if from == 0 {
				migrated++
			}
		})
	}
	all.Wait()
	require.Equal(t, 1, migrated, "instances that migrated")
	status, err := SchemaStatus(t.Context(), url)
	require.NoError(t, err)
	require.Equal(t, sqlstore.SchemaVersion{Database: latest, Binary: latest}, status)
}

func TestMigrate_afterAnInstanceThatWasKilled(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	db := connect(t, url)
	killed, err := db.Conn(t.Context())
	require.NoError(t, err)
	_, err = killed.ExecContext(t.Context(), lockMigrations)
	require.NoError(t, err)
	_, err = killed.ExecContext(t.Context(), `BEGIN; CREATE TABLE users (id bigint)`)
	require.NoError(t, err)

	done := make(chan error, 1)
	go func() {
		_, _, err := Migrate(t.Context(), url)
		done <- err
	}()
	require.Eventually(t, func() bool {
		var waiting bool
		err := db.QueryRowContext(t.Context(), `SELECT EXISTS (
			SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
			   AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&waiting)
		return err == nil && waiting
	}, 10*time.Second, 10*time.Millisecond)
	require.Empty(t, done, "it did not wait")

	var pid int
	require.NoError(t, killed.QueryRowContext(t.Context(), `SELECT pg_backend_pid()`).Scan(&pid))
	_, err = db.ExecContext(t.Context(), `SELECT pg_terminate_backend($1)`, pid)
	require.NoError(t, err)
	require.NoError(t, <-done)
	_ = killed.Close()
}

func TestSchemaStatus_ofAnEmptyDatabase_writesNothing(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	status, err := SchemaStatus(t.Context(), url)
	require.NoError(t, err)
	require.Zero(t, status.Database)
	require.Positive(t, status.Binary)
	var tables int
	const query = `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`
	require.NoError(t, connect(t, url).QueryRowContext(t.Context(), query).Scan(&tables))
	require.Zero(t, tables)
}

func TestMigrate_ofADatabaseThatIsAhead(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	_, err := connect(t, url).ExecContext(t.Context(), `
		INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
	require.NoError(t, err)
	from, to, err := Migrate(t.Context(), url)
	require.NoError(t, err)
	require.EqualValues(t, 99999, from)
	require.EqualValues(t, 99999, to)
	status, err := opener(url, nil)(t).Database.Probe(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 99999, status.SchemaVersion)
	require.Less(t, status.WantVersion, status.SchemaVersion)
}

// upTo migrates an empty database to a version.
func upTo(t *testing.T, db *sql.DB, version int64) {
	t.Helper()
	content, err := fs.Sub(files, "migrations")
	require.NoError(t, err)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, content, goose.WithDisableGlobalRegistry(true))
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), version)
	require.NoError(t, err)
}

// Sessions of the first version were never refreshed, and an instance of that version may
// still open some.
func TestMigrate_ofADatabaseWithSessions(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	direct := connect(t, url)
	upTo(t, direct, 1)
	random := &fake.Random{}
	user := random.UUID(fake.Noon)
	open := func(at time.Time) port.Rotation {
		id := random.UUID(at)
		_, err := direct.ExecContext(t.Context(), `
			INSERT INTO sessions (id, user_id, channel, amr, user_agent, address, created_at)
			SELECT $1, id, 'email', 'otp email', 'Mozilla/5.0', '192.0.2.1', $2 FROM users`, id, at)
		require.NoError(t, err)
		return port.Rotation{SessionID: id, UserUUID: user, Policy: somePolicy, Now: at.Add(time.Hour)}
	}
	_, err := direct.ExecContext(t.Context(), `
		INSERT INTO users (uuid, email, username, date_joined)
		VALUES ($1, 'ada@example.com', 'ada', $2)`, user, fake.Noon)
	require.NoError(t, err)
	before := open(fake.Noon.Add(-24 * time.Hour))

	_, _, err = Migrate(t.Context(), url)
	require.NoError(t, err)
	db, closeDB, err := Open(t.Context(), Config{URL: url})
	require.NoError(t, err)
	t.Cleanup(closeDB)
	o := &outage{DB: db}
	session, found, err := db.Sessions().Find(t.Context(), domain.Actor{UserUUID: user, SessionID: before.SessionID})
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, domain.Session{
		ID: before.SessionID, UserID: session.UserID, Channel: domain.ChannelEmail, AMR: []string{"otp", "email"},
		UserAgent: "Mozilla/5.0", Address: "192.0.2.1",
		CreatedAt: fake.Noon.Add(-24 * time.Hour), LastUsedAt: fake.Noon.Add(-24 * time.Hour),
	}, session)
	begun := time.Now().Add(-time.Minute)
	during := open(fake.Noon)
	session, _, err = db.Sessions().Find(t.Context(), domain.Actor{UserUUID: user, SessionID: during.SessionID})
	require.NoError(t, err)
	require.WithinRange(t, session.LastUsedAt, begun, time.Now().Add(time.Minute), "it would be purged as idle")
	for _, r := range []port.Rotation{before, during} {
		require.EqualValues(t, 1, o.becomes(t, domain.RefreshCurrent, r).Generation)
	}
}

// Version 4 stores only the host of a source, and no cohort of a challenge. An instance of it
// may still be running.
func TestMigrate_ofADatabaseWithSources(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	direct := connect(t, url)
	upTo(t, direct, 4)
	random := &fake.Random{}
	user, session := random.UUID(fake.Noon), random.UUID(fake.Noon)
	insertUserOfHost(t, direct, user, session)
	request := func() { // as version 4 stores one
		challenge := random.UUID(fake.Noon)
		_, err := direct.ExecContext(t.Context(), `
			INSERT INTO otp_secrets (recipient, purpose, subject, lane, recipient_kind, challenge_id, epoch, seed, digits,
			                         max_attempts, created_at, expires_at, used_at, channel, source_url, sends)
			VALUES ('ada@example.com', 'sign_in', '', '', 'email', $1, $2, $3, 6,
			        3, $4, $5, $4, 'email', '', ARRAY[$4::timestamptz])
			    ON CONFLICT (recipient, purpose, subject, lane) DO UPDATE SET challenge_id = EXCLUDED.challenge_id`,
			challenge, make([]byte, len(domain.Epoch{})), make([]byte, len(domain.Seed{})),
			fake.Noon, fake.Noon.Add(5*time.Minute))
		require.NoError(t, err)
		_, err = direct.ExecContext(t.Context(), `
			INSERT INTO deliveries (challenge_id, id, channel, provider, recipient, status, progress, result, message_id,
			                        created_at, updated_at)
			VALUES ($1, $1, 'email', 'smtp', 'ad***@example.com', 'queued', 0, '', '', $2, $2)`, challenge, fake.Noon)
		require.NoError(t, err)
	}
	request()

	_, _, err := Migrate(t.Context(), url)
	require.NoError(t, err)
	request()
	db, closeDB, err := Open(t.Context(), Config{URL: url})
	require.NoError(t, err)
	t.Cleanup(closeDB)
	sources, found, err := db.RegistrationSources().OfUser(t.Context(), domain.Actor{UserUUID: user, SessionID: session})
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, []domain.UserSource{{First: true, RegisteredAt: fake.Noon, Source: domain.RegistrationSource{
		ID: "5ab1e", Host: "old.example", Origin: "old.example",
		Category: domain.CategoryReferral, Channel: domain.SourceReferral,
		DisplayName: "old.example", URL: "https://old.example/?ref=x",
	}}}, sources)

	signInBySource(t, &outage{DB: db}, user)
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
func signInBySource(t *testing.T, o *outage, user string) {
	t.Helper()
	issued, err := o.OTPSecrets().Issue(t.Context(), o.request(t, "ada@example.com"))
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
