package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	"modernc.org/sqlite"
)

// LockFile makes this process the only one that serves from the file, until it
// calls release or ends, however it ends. It locks a small file beside it, so
// that other commands can still read and write the database. A database in
// memory needs no lock.
//
// A file with several names is refused: under each it would have another lock, and
// another log of SQLite's, by which two processes would destroy it.
func LockFile(ctx context.Context, path string) (release func(), err error) {
	if path == Memory {
		return func() {}, nil
	}
	release, err = holdFile(ctx, resolved(path)+"-lock")
	if isBusy(err) {
		return nil, fmt.Errorf("another process serves from %s (it may be stopping): stop it, or set DOORCODE_DATABASE_URL to another file or to PostgreSQL", path)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, explain(err))
	}
	if n := names(path); n > 1 {
		release()
		return nil, fmt.Errorf("%s has %d names (hard links): remove all but one, or copy the file", path, n)
	}
	return release, nil
}

// resolved is the path that links lead to, so that a file has one lock under all
// its names. A file that is not there yet is looked for in its folder.
func resolved(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(folder, filepath.Base(path))
	}
	return path
}

// holdFile makes a file, which is an empty database, and holds an exclusive
// transaction on it: a lock that every system has, and takes back from a process
// that is no more.
func holdFile(ctx context.Context, path string) (release func(), err error) {
	makePrivate(path)
	connector, err := sqlite.NewConnector(Config{Path: path}.source(0))
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err == nil {
		_, err = conn.ExecContext(ctx, "BEGIN EXCLUSIVE")
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return func() {
		_ = conn.Close()
		_ = db.Close()
	}, nil
}
