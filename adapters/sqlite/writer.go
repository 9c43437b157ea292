package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// maxGroup bounds how many acts share a commit, and so how long the first of
// them waits for the last.
const maxGroup = 256

// writer is the only one who writes: a goroutine with a connection. Acts that
// wait while it commits are done together and share the next commit, which is
// what a disk is slow at.
type writer struct {
	conn    *sqlx.Conn
	waiting chan *pending
	stop    chan struct{}
	stopped chan struct{}
}

// pending is an act that waits for its commit.
type pending struct {
	act  sqlstore.Act
	late <-chan struct{} // closed when it has waited long enough to be begun
	err  error
	done chan struct{} // closed when err is final
}

var errClosed = errors.New("the database is closed")

// shortWait is how long SQLite waits at a time for another process that writes:
// between one time and the next the writer lets go of the acts that are late.
const shortWait = "PRAGMA busy_timeout = 100"

// startWriter starts the goroutine; close ends it.
func startWriter(conn *sqlx.Conn) *writer {
	w := &writer{conn: conn, waiting: make(chan *pending), stop: make(chan struct{}), stopped: make(chan struct{})}
	_ = w.exec(context.Background(), shortWait) // without it acts are let go of later
	go w.run()
	return w
}

// close waits for the acts under way. What comes later is refused.
func (w *writer) close() error {
	close(w.stop)
	<-w.stopped
	return w.conn.Close()
}

// do has an act done, and returns when it is committed or has failed. Once it is
// begun, nothing stops it; ctx bounds how long it waits for that.
func (w *writer) do(ctx context.Context, act sqlstore.Act) error {
	p := &pending{act: act, late: ctx.Done(), done: make(chan struct{})}
	select {
	case w.waiting <- p:
		<-p.done
		return p.err
	case <-w.stopped:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writer) run() {
	defer close(w.stopped)
	for {
		select {
		case p := <-w.waiting:
			w.commit(context.Background(), w.group(p))
		case <-w.stop:
			return
		}
	}
}

// group is an act and those that wait with it.
func (w *writer) group(first *pending) []*pending {
	group := []*pending{first}
	for len(group) < maxGroup {
		select {
		case p := <-w.waiting:
			group = append(group, p)
		default:
			return group
		}
	}
	return group
}

// commit does a group of acts in one transaction. An act that fails is undone
// and hurts no other; when the transaction fails, all have.
func (w *writer) commit(ctx context.Context, group []*pending) {
	group, err := w.begin(ctx, group)
	if err == nil {
		err = w.doAll(ctx, group)
		if err == nil {
			err = w.exec(ctx, "COMMIT")
		}
		if err != nil {
			_ = w.exec(ctx, "ROLLBACK") // which SQLite may have done already
		}
	}
	for _, p := range group {
		p.finish(err)
	}
}

// begin begins the transaction, as soon as no other process writes, and returns
// the acts that were not late by then.
func (w *writer) begin(ctx context.Context, group []*pending) ([]*pending, error) {
	for {
		err := w.exec(ctx, "BEGIN IMMEDIATE")
		if !isBusy(err) {
			return group, err
		}
		group = slices.DeleteFunc(group, func(p *pending) bool { return p.giveUp(err) })
		if len(group) == 0 {
			return nil, err
		}
	}
}

// giveUp fails the act if it is late, and reports whether it is.
func (p *pending) giveUp(err error) bool {
	select {
	case <-p.late:
		p.finish(err)
		return true
	default:
		return false
	}
}

// finish answers the act, with its own failure or that of the transaction.
func (p *pending) finish(err error) {
	if p.err == nil {
		p.err = err
	}
	close(p.done)
}

// doAll does the acts one after the other. It fails when the transaction is
// lost, as SQLite ends one itself when the disk is full or broken.
func (w *writer) doAll(ctx context.Context, group []*pending) error {
	for _, p := range group {
		if err := w.exec(ctx, "SAVEPOINT act"); err != nil {
			return err
		}
		if p.err = w.doOne(ctx, p.act); p.err != nil {
			if err := w.exec(ctx, "ROLLBACK TO act"); err != nil {
				return errors.Join(p.err, err)
			}
		}
		if err := w.exec(ctx, "RELEASE act"); err != nil {
			return err
		}
	}
	return nil
}

// doOne does an act. One that panics has failed like any other: the goroutine
// is everybody's.
func (w *writer) doOne(ctx context.Context, act sqlstore.Act) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the act panicked: %v", p)
		}
	}()
	return act(ctx, w.conn)
}

func (w *writer) exec(ctx context.Context, statement string) error {
	_, err := w.conn.ExecContext(ctx, statement)
	return err
}
