package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// maxGroup bounds the number of transaction functions that share a commit, and so how long
// the first of them waits for the last.
const maxGroup = 256

// writer is the only one that writes: a goroutine with a connection. It commits in groups:
// functions that arrive during a commit run one after the other in the next transaction,
// since an fsync costs more than they do.
type writer struct {
	conn    *sqlx.Conn
	queue   chan *pending
	stop    chan struct{}
	stopped chan struct{}
}

// pending is a transaction function that waits for its commit.
type pending struct {
	f       sqlstore.TxFunc
	expired <-chan struct{} // closed when it has waited too long to be started
	err     error
	done    chan struct{} // closed when err is final
}

var errClosed = errors.New("the database is closed")

// shortBusyTimeout bounds one attempt to lock the file against other processes. Between
// attempts the writer abandons the functions that have expired.
const shortBusyTimeout = "PRAGMA busy_timeout = 100"

// startWriter starts the goroutine; close stops it.
func startWriter(conn *sqlx.Conn) *writer {
	w := &writer{conn: conn, queue: make(chan *pending), stop: make(chan struct{}), stopped: make(chan struct{})}
	_ = w.exec(context.Background(), shortBusyTimeout) // without it functions are abandoned later
	go w.loop()
	return w
}

// close waits for the running group. Later functions are refused.
func (w *writer) close() error {
	close(w.stop)
	<-w.stopped
	return w.conn.Close()
}

// do runs a transaction function and returns when it is committed or has failed. ctx
// bounds the time until it starts; nothing interrupts it afterwards.
func (w *writer) do(ctx context.Context, f sqlstore.TxFunc) error {
	p := &pending{f: f, expired: ctx.Done(), done: make(chan struct{})}
	select {
	case w.queue <- p:
		<-p.done
		return p.err
	case <-w.stopped:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writer) loop() {
	defer close(w.stopped)
	for {
		select {
		case p := <-w.queue:
			w.commit(context.Background(), w.group(p))
		case <-w.stop:
			return
		}
	}
}

// group is the first function and those that wait behind it.
func (w *writer) group(first *pending) []*pending {
	group := []*pending{first}
	for len(group) < maxGroup {
		select {
		case p := <-w.queue:
			group = append(group, p)
		default:
			return group
		}
	}
	return group
}

// commit runs a group in one transaction. A function that fails is rolled back and affects
// no other; when the transaction fails, all functions fail.
func (w *writer) commit(ctx context.Context, group []*pending) {
	group, err := w.begin(ctx, group)
	if err == nil {
		err = w.runGroup(ctx, group)
		if err == nil {
			err = w.exec(ctx, "COMMIT")
		}
		if err != nil {
			_ = w.exec(ctx, "ROLLBACK") // SQLite may have rolled back already
		}
	}
	for _, p := range group {
		p.finish(err)
	}
}

// begin begins the transaction as soon as no other process writes, and returns the
// functions that have not expired by then.
func (w *writer) begin(ctx context.Context, group []*pending) ([]*pending, error) {
	for {
		err := w.exec(ctx, "BEGIN IMMEDIATE")
		if !isBusy(err) {
			return group, err
		}
		group = slices.DeleteFunc(group, func(p *pending) bool { return p.abandon(err) })
		if len(group) == 0 {
			return nil, err
		}
	}
}

// abandon fails the function if it has expired, and reports whether it has.
func (p *pending) abandon(err error) bool {
	select {
	case <-p.expired:
		p.finish(err)
		return true
	default:
		return false
	}
}

// finish reports the function's own error, or else that of the transaction.
func (p *pending) finish(err error) {
	if p.err == nil {
		p.err = err
	}
	close(p.done)
}

// runGroup runs the functions one after the other. It fails when the transaction is lost:
// SQLite ends one itself when the disk is full or broken.
func (w *writer) runGroup(ctx context.Context, group []*pending) error {
	for _, p := range group {
		if err := w.exec(ctx, "SAVEPOINT f"); err != nil {
			return err
		}
		if p.err = w.run(ctx, p.f); p.err != nil {
			if err := w.exec(ctx, "ROLLBACK TO f"); err != nil {
				return errors.Join(p.err, err)
			}
		}
		if err := w.exec(ctx, "RELEASE f"); err != nil {
			return err
		}
	}
	return nil
}

// run runs one function. A panic is its failure, since the goroutine serves all others.
func (w *writer) run(ctx context.Context, f sqlstore.TxFunc) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the transaction function panicked: %v", p)
		}
	}()
	return f(ctx, w.conn)
}

func (w *writer) exec(ctx context.Context, statement string) error {
	_, err := w.conn.ExecContext(ctx, statement)
	return err
}
