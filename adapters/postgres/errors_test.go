package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

func TestTranslate(t *testing.T) {
	t.Parallel()
	server := func(code pqerror.Code) error { return &pq.Error{Code: code, Message: "x"} }
	for _, err := range []error{
		server("08006"), server("53300"), server("53100"), server("57014"), server("57P01"), server("57P03"), server("58030"),
		server("40001"), server("40P01"), server("55P03"), server("25006"),
		server("42501"), server("42P01"), server("42703"), server("3F000"), server("XX001"), server("XX002"),
		&connectError{server("28P01")}, &connectError{server("3D000")}, &connectError{errors.New("x509: unknown authority")},
		errUnknownOutcome, driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, context.DeadlineExceeded,
		os.ErrDeadlineExceeded, &net.OpError{Op: "read", Err: errors.New("reset")},
	} {
		translated := translate(fmt.Errorf("x: %w", err))
		require.ErrorIs(t, translated, domain.ErrUnavailable, "%v", err)
		require.ErrorIs(t, translated, err, "the cause must not get lost")
	}
	for _, err := range []error{
		server("23505"), server("23503"), server("22P02"), server("42601"), server("42804"), server("25P02"),
		server("P0001"), server("XX000"),
		&pq.Error{Code: "23505", Constraint: "users_email_key"}, errors.New("x"), sql.ErrNoRows,
	} {
		require.Equal(t, domain.Internal, domain.AsError(translate(err)).Kind, "%v", err)
	}
	taken := &pq.Error{Code: "23505", Constraint: "users_username_key"}
	require.ErrorIs(t, translate(taken), port.ErrUsernameTaken)
	require.ErrorIs(t, translate(port.ErrUsernameTaken), port.ErrUsernameTaken)
	require.NoError(t, translate(nil))
}

// A misconfigured server is the operator's to repair: the request is valid, and a retry may
// succeed.
func TestServer_thatIsMisconfigured(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		session, change string
		readOnly        bool // and a probe reports it
	}{
		"read-only":              {session: "&default_transaction_read_only=on", readOnly: true},
		"insufficient privilege": {session: "&role=pg_monitor"},
		"another schema":         {session: "&search_path=elsewhere"},
		"a missing table":        {change: `DROP TABLE otp_secrets`},
		"a missing column":       {change: `ALTER TABLE otp_secrets DROP COLUMN secret_sends`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := migrated(t)
			_, err := openPlain(t, url).ExecContext(t.Context(), row.change)
			require.NoError(t, err)
			db, closeDB, err := Open(t.Context(), Config{URL: url + row.session})
			require.NoError(t, err)
			t.Cleanup(closeDB)
			o := &outage{DB: db}
			_, err = o.OTPSecrets().Issue(t.Context(), o.request(t, "ada@example.com"))
			require.ErrorIs(t, err, domain.ErrUnavailable)
			if _, err = o.Database().Probe(t.Context()); row.readOnly {
				require.ErrorIs(t, err, domain.ErrUnavailable)
				require.ErrorContains(t, err, "name the primary")
			}
		})
	}
}

// The server cancels a statement that waits too long, before its caller gives up.
func TestStatement_thatWaitsTooLong(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	db, closeDB, err := Open(t.Context(), Config{URL: url})
	require.NoError(t, err)
	t.Cleanup(closeDB)
	o := &outage{DB: db}
	issued, err := o.OTPSecrets().Issue(t.Context(), o.request(t, "ada@example.com"))
	require.NoError(t, err)
	id := issued.Secret.ChallengeID

	other, err := sql.Open("postgres", url)
	require.NoError(t, err)
	defer other.Close()
	tx, err := other.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), `SELECT FROM otp_secrets WHERE challenge_id = $1 FOR UPDATE`, string(id))
	require.NoError(t, err)
	begun := time.Now()
	_, _, err = o.OTPSecrets().CountWrong(t.Context(), id, fake.Noon)
	require.ErrorIs(t, err, domain.ErrUnavailable)
	require.Less(t, time.Since(begun), patience)
	require.NoError(t, tx.Rollback())
	left, counted, err := o.OTPSecrets().CountWrong(t.Context(), id, fake.Noon)
	require.NoError(t, err)
	require.True(t, counted)
	require.Equal(t, 9, left, "the guess that failed was counted later")

	begun = time.Now()
	err = db.Read(t.Context(), func(ctx context.Context, q sqlstore.Queryer) error {
		_, err := q.ExecContext(ctx, `SELECT pg_sleep(10)`)
		return err
	})
	require.ErrorIs(t, err, domain.ErrUnavailable)
	require.NotNil(t, pq.As(err, pqerror.QueryCanceled), "%v", err)
	require.Less(t, time.Since(begun), patience)
}

// Schema changes and poolers that reset sessions invalidate prepared statements.
func TestStatement_thatTheServerHasDropped(t *testing.T) {
	t.Parallel()
	db, closeDB, err := Open(t.Context(), Config{URL: migrated(t), MaxConnections: 1})
	require.NoError(t, err)
	t.Cleanup(closeDB)
	o := &outage{DB: db}
	o.allWork(t, 2)
	for _, change := range []string{
		`DEALLOCATE ALL`,
		`ALTER TABLE users ALTER company TYPE varchar(500)`,
		`ALTER TABLE otp_secrets ALTER lane TYPE varchar(500)`,
		`ALTER TABLE users ADD newer text`,
	} {
		_, err := db.pool.ExecContext(t.Context(), change)
		require.NoError(t, err)
		o.allWork(t, 2)
	}
}

// A send may be refunded between the refusal of a request and the query for the wait.
func TestIssue_limitedByARefundedSend(t *testing.T) {
	t.Parallel()
	db, closeDB, err := Open(t.Context(), Config{URL: migrated(t)})
	require.NoError(t, err)
	t.Cleanup(closeDB)
	o := &outage{DB: db}
	req := o.request(t, "ada@example.com")
	req.Limit = port.SendLimit{Sends: 1, Window: time.Hour}
	require.NoError(t, db.Read(t.Context(), func(ctx context.Context, q sqlstore.Queryer) error {
		wait, err := retryAfter(ctx, q, req)
		require.Equal(t, time.Microsecond, wait)
		return err
	}))
}
