package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

//go:embed migrations/*.sql
var files embed.FS

// migrationWait is how long a process waits for another one that migrates.
const migrationWait = 5 * time.Minute

func migrations() sqlstore.Migrations {
	return sqlstore.Migrations{Dialect: goose.DialectSQLite3, Files: files, Begun: versionTableExists}
}

// Migrate migrates a file to the schema version of this binary and returns the version
// before and after. Any number of processes may call it at once: one migrates, the others
// wait. All pending migrations are one transaction, in which foreign keys are not enforced:
// a migration may rebuild a table. An in-memory database is migrated by Open.
func Migrate(ctx context.Context, path string) (from, to int64, err error) {
	if status, err := SchemaStatus(ctx, path); err == nil && status.Database >= status.Binary {
		return status.Database, status.Database, nil
	}
	makePrivate(path)
	source := Config{Path: path}.source(migrationWait, "journal_mode(WAL)", "synchronous(FULL)")
	err = withConnection(source, func(db *sql.DB) error {
		from, to, err = migrations().Up(ctx, db, goose.WithSessionLocker(migrationLock{}))
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("migrate database: %w", explain(err))
	}
	return from, to, nil
}

// SchemaStatus returns the schema version of a file. It does not create the file.
func SchemaStatus(ctx context.Context, path string) (status sqlstore.SchemaVersion, err error) {
	cfg := Config{Path: path}
	if _, err := os.Stat(path); cfg.inMemory() || errors.Is(err, fs.ErrNotExist) {
		status.Binary, err = migrations().Latest()
		return status, err
	}
	err = withConnection(cfg.source(busyTimeout, "query_only(1)"), func(db *sql.DB) error {
		status, err = migrations().Status(ctx, db)
		return err
	})
	if err != nil {
		return sqlstore.SchemaVersion{}, fmt.Errorf("look at database: %w", explain(err))
	}
	return status, nil
}

// withConnection calls do with a connection of its own.
func withConnection(source string, do func(*sql.DB) error) (err error) {
	connector, err := sqlite.NewConnector(source)
	if err != nil {
		return err
	}
	db := sql.OpenDB(nestingConnector{connector})
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db)
}

// migrationLock is a transaction around all migrations: SQLite admits one writing process
// at a time, and a process that exits before the commit has written nothing.
type migrationLock struct{}

func (migrationLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("wait for other processes: %w", err)
	}
	return nil
}

func (migrationLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit the migrations: %w", err)
	}
	return nil
}

// nestingConnector makes connections whose transactions are savepoints, so that they nest
// inside that of migrationLock.
type nestingConnector struct{ driver.Connector }

func (n nestingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := n.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return nestingConn{conn}, nil
}

// nestingConn is a connection and its one transaction.
type nestingConn struct{ driver.Conn }

// BeginTx implements driver.ConnBeginTx.
func (c nestingConn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	return c, c.exec("SAVEPOINT nested")
}

// Commit implements driver.Tx.
func (c nestingConn) Commit() error { return c.exec("RELEASE nested") }

// Rollback implements driver.Tx.
func (c nestingConn) Rollback() error {
	return errors.Join(c.exec("ROLLBACK TO nested"), c.exec("RELEASE nested"))
}

func (c nestingConn) exec(text string) error {
	conn, ok := c.Conn.(driver.ExecerContext)
	if !ok {
		return errors.New("the driver has changed")
	}
	_, err := conn.ExecContext(context.Background(), text, nil)
	return err
}

const versionTableExists = `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '` + sqlstore.VersionTable + `')`
