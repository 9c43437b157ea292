package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/doorcode-auth/doorcode/test/bench/shipped"
)

// mostCompared is the most connections that are compared with pgbench: the
// product shares 16 among all its clients, pgbench needs one for each.
const mostCompared = 32

// onPostgres runs all that needs PostgreSQL, on one database.
func (b *bench) onPostgres(ctx context.Context) (err error) {
	db, err := createDatabase(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.drop()) }()
	title, err := db.facts(ctx)
	if err != nil {
		return err
	}
	product := setup{program: b.program, dir: b.dir, database: db.url, name: "pg", log: b.log}
	s, err := product.open(ctx) // migrates
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if b.options.wants(partPostgres) {
		if err := b.rounds(ctx, s, db, title); err != nil {
			return err
		}
		if err := b.peak(s, "PostgreSQL"); err != nil {
			return err
		}
	}
	if err := s.close(); err != nil {
		return err
	}
	if b.options.wants(partStart) {
		if err := b.coldStarts(ctx, product, "PostgreSQL", coldStartPostgres); err != nil {
			return err
		}
	}
	if !b.options.wants(partSlow) {
		return nil
	}
	program := filepath.Join(b.dir, "slowserver")
	if err := shipped.Build(ctx, "github.com/doorcode-auth/doorcode/test/bench/slowserver", program); err != nil {
		return err
	}
	return b.slowProvider(ctx, program, db.url)
}

// onSQLite runs the product on a file of its own.
func (b *bench) onSQLite(ctx context.Context) (err error) {
	file := filepath.Join(b.dir, "doorcode.db")
	product := setup{program: b.program, dir: b.dir, database: "sqlite://" + file, name: "lite", log: b.log}
	s, err := product.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if b.options.wants(partSQLite) {
		if err := b.rounds(ctx, s, nil, "SQLite, synchronous FULL"); err != nil {
			return err
		}
		if err := b.peak(s, "SQLite"); err != nil {
			return err
		}
	}
	if err := s.close(); err != nil {
		return err
	}
	if b.options.wants(partStart) {
		return b.coldStarts(ctx, product, "SQLite", coldStartSQLite)
	}
	return nil
}

// rounds measures every cell once a round. With a database it measures pgbench
// and the stores alone right after the product.
func (b *bench) rounds(ctx context.Context, s *service, db *database, title string) (err error) {
	var rows []*row
	for _, op := range b.options.operations() {
		for _, n := range b.options.connections {
			rows = append(rows, &row{operation: op, connections: n})
		}
	}
	var beside *comparison
	if db != nil {
		if beside, err = newComparison(ctx, db); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, beside.close()) }()
	}
	for round := range b.options.rounds {
		b.strangers.look(ctx)
		if db != nil {
			if err := db.tidy(ctx); err != nil {
				return err
			}
		}
		b.say("%s, round %d of %d", title, round+1, b.options.rounds)
		for _, n := range b.options.connections {
			for _, r := range rows {
				if r.connections != n {
					continue
				}
				if err := b.cell(ctx, s, beside, r); err != nil {
					return err
				}
			}
		}
	}
	b.report.databases = append(b.report.databases, section{title: title, rows: rows})
	return nil
}

// cell measures one row of the table once.
func (b *bench) cell(ctx context.Context, s *service, beside *comparison, r *row) error {
	f, failures, err := s.measure(ctx, r.operation, r.connections, b.options.seconds)
	b.failures.Merge(failures)
	if err != nil {
		return err
	}
	r.product = append(r.product, f)
	if beside == nil || r.connections > mostCompared {
		b.say("%s on %d: %.0f/s", r.operation, r.connections, f.rate)
		return nil
	}
	limit, err := beside.limit(ctx, r.operation, r.connections, b.options.seconds)
	if err != nil {
		return fmt.Errorf("pgbench, %s on %d clients: %w", r.operation, r.connections, err)
	}
	r.limit = append(r.limit, limit)
	stores, err := beside.stores(ctx, r.operation, r.connections, b.options.seconds)
	if err != nil {
		return fmt.Errorf("the stores alone, %s on %d clients: %w", r.operation, r.connections, err)
	}
	r.stores = append(r.stores, stores)
	b.say("%s on %d: %.0f/s, pgbench %.0f/s, stores alone %.0f/s", r.operation, r.connections, f.rate, limit, stores)
	return nil
}
