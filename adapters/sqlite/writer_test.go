package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/domain"
)

func newTestFile(t *testing.T) (*DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "doorcode.db")
	db, _ := openTest(t, Config{Path: path})
	return db, path
}

// lease writes a row of leases, the simplest table.
func lease(name string) sqlstore.TxFunc {
	return func(ctx context.Context, q sqlstore.Queryer) error {
		_, err := q.ExecContext(ctx, `INSERT INTO leases (name, holder, until) VALUES ($1, '', 0)`, name)
		return err
	}
}

// leases is the number of committed rows.
func (db *DB) leases(t *testing.T) (n int) {
	t.Helper()
	require.NoError(t, db.Read(t.Context(), func(ctx context.Context, q sqlstore.Queryer) error {
		return q.QueryRowxContext(ctx, `SELECT count(*) FROM leases`).Scan(&n)
	}))
	return n
}

// inGroup has the writer run the functions in one group, and returns their errors.
func inGroup(t *testing.T, db *DB, functions ...sqlstore.TxFunc) []error {
	t.Helper()
	errs := make([]error, len(functions))
	goOn := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_ = db.Write(t.Context(), func(context.Context, sqlstore.Queryer) error {
			<-goOn
			return nil
		})
	})
	synctest.Wait()
	for i, f := range functions {
		all.Go(func() { errs[i] = db.Write(t.Context(), f) })
	}
	synctest.Wait()
	close(goOn)
	all.Wait()
	return errs
}

func TestWriter_commitsInGroups(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, _ := newTestFile(t)
		functions := make([]sqlstore.TxFunc, 5)
		for i := range functions {
			functions[i] = func(ctx context.Context, q sqlstore.Queryer) error {
				var within int
				require.NoError(t, q.QueryRowxContext(ctx, `SELECT count(*) FROM leases`).Scan(&within))
				if committed := db.leases(t); committed != 0 {
					t.Errorf("%d functions are committed before the group is complete", committed)
				}
				return lease(strconv.Itoa(within))(ctx, q)
			}
		}
		for _, err := range inGroup(t, db, functions...) {
			require.NoError(t, err)
		}
		require.Equal(t, 5, db.leases(t))
	})
}

func TestWriter_isolatesFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, _ := newTestFile(t)
		refused := errors.New("refused")
		errs := inGroup(t, db,
			lease("a"),
			func(ctx context.Context, q sqlstore.Queryer) error {
				return errors.Join(lease("b")(ctx, q), refused)
			},
			func(ctx context.Context, q sqlstore.Queryer) error {
				require.NoError(t, lease("c")(ctx, q))
				var f sqlstore.TxFunc
				return f(ctx, q) // panics
			},
			lease("d"),
			func(ctx context.Context, q sqlstore.Queryer) error { return lease("d")(ctx, q) },
		)
		require.NoError(t, errs[0])
		require.ErrorIs(t, errs[1], refused)
		require.ErrorContains(t, errs[2], "panicked")
		require.True(t, (errs[3] == nil) != (errs[4] == nil), "two functions with the same key: %v", errs)
		require.Equal(t, 2, db.leases(t))
	})
}

// A failed commit fails every function of the group and does not stop the writer.
func TestWriter_failedCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, _ := newTestFile(t)
		errs := inGroup(t, db, lease("a"), func(ctx context.Context, q sqlstore.Queryer) error {
			_, err := q.ExecContext(ctx, `PRAGMA defer_foreign_keys = ON`)
			if err == nil {
				_, err = q.ExecContext(ctx, insertSession, "id", 404, "", "", "", "", 0)
			}
			return err // is checked at the commit
		}, lease("b"))
		for _, err := range errs {
			require.ErrorContains(t, err, "FOREIGN KEY")
		}
		require.Zero(t, db.leases(t))
		require.NoError(t, db.Write(t.Context(), lease("c")))
		require.Equal(t, 1, db.leases(t))
	})
}

func TestWriter_finishesTheRunningGroup(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, closeDB := openTest(t, Config{Path: filepath.Join(t.TempDir(), "doorcode.db")})
		goOn := make(chan struct{})
		written := make(chan error, 1)
		go func() {
			written <- db.Write(t.Context(), func(ctx context.Context, q sqlstore.Queryer) error {
				<-goOn
				return lease("a")(ctx, q)
			})
		}()
		synctest.Wait()
		go closeDB()
		synctest.Wait()
		close(goOn)
		require.NoError(t, <-written)
		synctest.Wait()
		closed := time.Now()
		require.ErrorIs(t, db.Write(t.Context(), lease("b")), domain.ErrUnavailable)
		require.Zero(t, time.Since(closed), "it waited although the database is closed")
	})
}

// hold locks the file, for SQLite as another process would, until release is called.
func hold(t *testing.T, path string) (release func()) {
	t.Helper()
	other, err := sql.Open("sqlite", Config{Path: path}.source(0))
	require.NoError(t, err)
	other.SetMaxOpenConns(1)
	_, err = other.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)
	return sync.OnceFunc(func() { _ = other.Close() })
}

// result waits for the error of a function. Without one it releases the file, so that the
// test ends.
func result(t *testing.T, done <-chan error, release func(), missing string) error {
	t.Helper()
	watchdog := time.NewTimer(20 * time.Second)
	defer watchdog.Stop()
	select {
	case err := <-done:
		return err
	case <-watchdog.C:
		release()
		t.Fatal(missing)
		return nil
	}
}

// While another process holds the file, a function that has expired is abandoned, in the
// group that the writer is about to run and in the queue behind it, and no other is.
func TestWriter_whileTheFileIsLocked(t *testing.T) {
	t.Parallel()
	db, path := newTestFile(t)
	release := hold(t, path)
	defer release()
	type call struct {
		done   chan error
		expire context.CancelFunc
	}
	calls := make([]call, 10)
	for n := range calls {
		ctx, cancel := context.WithCancel(t.Context())
		calls[n] = call{make(chan error, 1), cancel}
		go func() { calls[n].done <- db.writer.do(ctx, lease(strconv.Itoa(n))) }()
	}
	for n, c := range calls {
		require.Zero(t, db.leases(t), "readers are not blocked")
		for _, later := range calls[n:] {
			require.Empty(t, later.done, "a function was abandoned before it expired")
		}
		c.expire()
		err := result(t, c.done, release, "a function that has expired is not abandoned")
		require.True(t, isBusy(err) || errors.Is(err, context.Canceled), "got %v", err)
	}

	done, began := make(chan error, 1), time.Now()
	go func() { done <- db.Write(t.Context(), lease("late")) }()
	require.ErrorIs(t, result(t, done, release, "Write has no timeout"), domain.ErrUnavailable)
	require.GreaterOrEqual(t, time.Since(began), queueTimeout, "Write gave up too early")

	release()
	require.NoError(t, db.Write(t.Context(), lease("a")))
	require.Equal(t, 1, db.leases(t), "an abandoned function was run")
}

// Functions that wait for another process run as soon as it releases the file.
func TestWriter_whenTheFileIsFree(t *testing.T) {
	t.Parallel()
	db, path := newTestFile(t)
	release := hold(t, path)
	defer release()
	const functions = 5
	done := make(chan error, functions)
	for n := range functions {
		go func() { done <- db.writer.do(t.Context(), lease(strconv.Itoa(n))) }()
	}
	held := time.AfterFunc(250*time.Millisecond, release) // for longer than one attempt to lock it
	defer held.Stop()
	for range functions {
		require.NoError(t, result(t, done, release, "a function does not run after the file is released"))
	}
	require.Equal(t, functions, db.leases(t))
}

func TestConnections_settings(t *testing.T) {
	t.Parallel()
	db, _ := newTestFile(t)
	pragma := func(run func(context.Context, sqlstore.TxFunc) error, name string) (value string) {
		require.NoError(t, run(t.Context(), func(ctx context.Context, q sqlstore.Queryer) error {
			return q.QueryRowxContext(ctx, "PRAGMA "+name).Scan(&value)
		}))
		return value
	}
	for name, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "query_only": "0",
		"busy_timeout": "100", // so that queueTimeout is exceeded by no more than that
	} {
		require.Equal(t, want, pragma(db.Write, name), name)
	}
	require.Equal(t, "1", pragma(db.Read, "query_only"))
	require.Error(t, db.Read(t.Context(), lease("a")), "a reader that writes")
}
