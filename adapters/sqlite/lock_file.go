package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
)

// LockFile makes this process the only one that serves from the file, until it calls
// release or exits, however it exits. It locks a small file beside it, so that other
// commands can still read and write the database. An in-memory database needs no lock.
//
// A file with several hard links is refused: each name would have its own lock and its own
// write-ahead log, and two processes would corrupt the database.
func LockFile(ctx context.Context, path string) (release func(), err error) {
	if path == Memory {
		return func() {}, nil
	}
	release, err = lockExclusively(ctx, resolved(path)+"-lock")
	if isBusy(err) {
		return nil, fmt.Errorf("another process serves from %s (it may be stopping): stop it, "+
			"or set DOORCODE_DATABASE_URL to another file or to PostgreSQL", path)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, explain(err))
	}
	if n := linkCount(path); n > 1 {
		release()
		return nil, fmt.Errorf("%s has %d names (hard links): remove all but one, or copy the file", path, n)
	}
	return release, nil
}

// resolved is the path without symbolic links, so that a file has one lock under all its
// paths. Of a file that does not exist yet, its folder is resolved.
func resolved(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(folder, filepath.Base(path))
	}
	return path
}

// lockExclusively creates an empty database and keeps an exclusive transaction on it open:
// a lock that works on every system and is released when the process exits.
func lockExclusively(ctx context.Context, path string) (release func(), err error) {
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

// makePrivate creates an empty file, which is an empty database, that only this user can
// access; SQLite's files beside it inherit the mode. An existing file is left alone, and
// SQLite reports the error of one that cannot be created.
//
// The file is created elsewhere and linked into place: opening and closing a file that
// SQLite has open would release the locks of this process.
func makePrivate(path string) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".doorcode-*") // with mode 0600
	if err != nil {
		return
	}
	_ = temp.Close() // nothing was written
	_ = os.Link(temp.Name(), path)
	_ = os.Remove(temp.Name())
}
