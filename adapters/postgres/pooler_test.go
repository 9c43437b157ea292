package postgres

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

const transactionMode = "pool_mode = transaction"

// behindPooler runs a suite through PgBouncer with a process for each transaction.
func behindPooler(t testing.TB) func(t testing.TB) contract.Stores {
	return opener(pgtest.Pooler(t, migrated(t), transactionMode, "default_pool_size = 5"), nil)
}

func TestOpen_behindAPooler(t *testing.T) {
	t.Parallel()
	direct := migrated(t)
	for mode, url := range map[string]string{
		"transaction": pgtest.Pooler(t, direct, transactionMode),
		"session":     pgtest.Pooler(t, direct),
	} {
		for pooler, pooled := range map[Pooler]bool{"": true, PoolerAuto: true, PoolerTransaction: true} {
			db, closeDB, err := Open(t.Context(), Config{URL: url, Pooler: pooler})
			require.NoError(t, err, mode)
			require.Equal(t, pooled, db.pooled, mode)
			closeDB()
		}
		_, _, err := Open(t.Context(), Config{URL: url, Pooler: PoolerNone})
		require.ErrorContains(t, err, "set database.pooler to auto", mode)
	}
	for pooler, pooled := range map[Pooler]bool{"": false, PoolerNone: false, PoolerTransaction: true} {
		db, closeDB, err := Open(t.Context(), Config{URL: direct, Pooler: pooler})
		require.NoError(t, err)
		require.Equal(t, pooled, db.pooled, pooler)
		closeDB()
	}
}

// Statements of a connection reach any of the server processes, whose number is less than that
// of the connections.
func TestPooler_atOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.Pooler(t, migrated(t), transactionMode, "default_pool_size = 3")
	db, closeDB, err := Open(t.Context(), Config{URL: url})
	require.NoError(t, err)
	t.Cleanup(closeDB)
	o := &outage{DB: db}
	var all sync.WaitGroup
	for worker := range 16 {
		all.Go(func() {
			for n := range 8 {
				recipient := fmt.Sprintf("ada%d.%d@example.com", worker, n)
				issued, err := o.OTPSecrets().Issue(t.Context(), o.request(t, recipient))
				if err != nil {
					t.Errorf("issue: %v", err)
					continue
				}
				done, err := o.SignIns().Complete(t.Context(), o.signIn(issued.Secret))
				if err != nil || !done.Consumed || done.User.Email != recipient {
					t.Errorf("sign in %s: %+v, %v", recipient, done, err)
				}
			}
		})
	}
	all.Wait()
}

// The server ends a statement that waits for a lock before its caller gives up, and with the
// next transaction the timeouts are gone from the process.
func TestPooler_statementsHaveTimeouts(t *testing.T) {
	t.Parallel()
	direct := migrated(t)
	url := pgtest.Pooler(t, direct, transactionMode, "default_pool_size = 1")
	db, closeDB, err := Open(t.Context(), Config{URL: url})
	require.NoError(t, err)
	t.Cleanup(closeDB)
	o := &outage{DB: db}
	issued, err := o.OTPSecrets().Issue(t.Context(), o.request(t, "ada@example.com"))
	require.NoError(t, err)
	locking, err := openPlain(t, direct).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = locking.ExecContext(t.Context(), `SELECT FROM otp_secrets FOR UPDATE`)
	require.NoError(t, err)
	_, err = o.SignIns().Complete(t.Context(), o.signIn(issued.Secret))
	require.ErrorIs(t, err, domain.ErrUnavailable)
	require.ErrorContains(t, err, "lock timeout")
	require.NoError(t, locking.Rollback())

	var timeout string
	require.NoError(t, openPlain(t, url+"&binary_parameters=yes").
		QueryRowContext(t.Context(), `SELECT current_setting('lock_timeout')`).Scan(&timeout))
	require.Equal(t, "0", timeout)
}

func TestMigrate_throughAPooler(t *testing.T) {
	t.Parallel()
	url := pgtest.Pooler(t, pgtest.Database(t), transactionMode, "default_pool_size = 4")
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if _, to, err := Migrate(t.Context(), url); err != nil || to != 1 {
				t.Errorf("migrated to %d with %v, want 1", to, err)
			}
		})
	}
	all.Wait()
	from, _, err := migrate(t.Context(), url, migrationsWith(t, "Up\nSELECT 1;"))
	require.NoError(t, err, "the lock was not released")
	require.EqualValues(t, 1, from)
}

// A pooler whose connections look like those of a server: statements of others are in the
// same process.
func TestStatement_thatIsInAnotherProcess(t *testing.T) {
	t.Parallel()
	db, closeDB, err := Open(t.Context(), Config{URL: migrated(t), MaxConnections: 1})
	require.NoError(t, err)
	t.Cleanup(closeDB)
	o := &outage{DB: db}
	find := func() error {
		id := domain.ChallengeID(o.random.UUID(fake.Noon))
		_, _, err := o.OTPSecrets().Find(t.Context(), port.OTPQuery{ChallengeID: id})
		return err
	}
	require.NoError(t, find())
	_, err = db.pool.ExecContext(t.Context(), "DEALLOCATE ALL")
	require.NoError(t, err)
	require.NoError(t, find(), "it is prepared again, on another connection")

	_, err = db.pool.ExecContext(t.Context(), `PREPARE "3" AS SELECT $1::int, $2::int`)
	require.NoError(t, err)
	actor := domain.Actor{UserUUID: o.random.UUID(fake.Noon), SessionID: o.random.UUID(fake.Noon)}
	_, _, err = o.Users().WhoAmI(t.Context(), actor)
	require.ErrorIs(t, err, domain.ErrUnavailable)
	require.ErrorContains(t, err, "set database.pooler to auto or transaction")
}

// silentServer accepts connections and never answers.
func silentServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, conn) }()
		}
	}()
	return l.Addr().String()
}

func TestServers_silentOnesLeaveTimeForTheOthers(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(pgtest.Database(t))
	require.NoError(t, err)
	u.Host = silentServer(t) + "," + u.Host + "," + silentServer(t)
	address := u.String()
	_, _, err = Migrate(t.Context(), address)
	require.NoError(t, err)
	c, err := NewConnector(Config{URL: address})
	require.NoError(t, err)
	open := func() time.Duration {
		begun := time.Now()
		conn, err := c.Connect(context.Background())
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		return time.Since(begun)
	}
	require.Less(t, open(), defaultTimeout)
	require.Less(t, open(), defaultTimeout/3, "it begins with the server that accepted last")

	both, err := NewConnector(Config{URL: "postgres://" + silentServer(t) + "," + silentServer(t) + "/x"})
	require.NoError(t, err)
	begun := time.Now()
	_, err = both.Connect(context.Background())
	require.ErrorIs(t, translate(err), domain.ErrUnavailable)
	require.Less(t, time.Since(begun), patience)
}

func TestServers_ofTheWantedKind(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(migrated(t))
	require.NoError(t, err)
	u.Host = "[::1]:1," + u.Host + ",127.0.0.1:1"
	for attributes, accepted := range map[string]bool{
		"any": true, "read-write": true, "primary": true, "prefer-standby": true, "standby": false, "read-only": false,
	} {
		for _, balance := range []string{"disable", "random"} {
			address := u.String() + "&target_session_attrs=" + attributes + "&load_balance_hosts=" + balance
			_, closeDB, err := Open(t.Context(), Config{URL: address})
			require.Equal(t, accepted, err == nil, "%s: %v", attributes, err)
			if err == nil {
				closeDB()
			}
		}
	}
}
