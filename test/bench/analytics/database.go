package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/lib/pq"

	"github.com/doorcode-auth/doorcode/adapters/postgres"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// database is one of the benchmark's own on the test server.
type database struct {
	url         string
	name        string
	maintenance *sql.DB // to a database that stays
	db          *sql.DB
}

// createDatabase makes a database with the product's schema.
func createDatabase(ctx context.Context) (*database, error) {
	server, err := url.Parse(os.Getenv(pgtest.EnvURL))
	if err != nil || server.Host == "" {
		return nil, fmt.Errorf("%s names no server: type make bench-analytics", pgtest.EnvURL)
	}
	if ip := net.ParseIP(server.Hostname()); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("%s names a server at %q: the benchmark loads only 127.0.0.1",
			pgtest.EnvURL, server.Hostname())
	}
	maintenance, err := sql.Open("postgres", server.String())
	if err != nil {
		return nil, err
	}
	d := &database{name: "analytics_" + strings.ToLower(rand.Text()[:12]), maintenance: maintenance}
	if _, err := maintenance.ExecContext(ctx, "CREATE DATABASE "+pq.QuoteIdentifier(d.name)); err != nil {
		return nil, errors.Join(fmt.Errorf("create a database: %w", err), maintenance.Close())
	}
	server.Path = "/" + d.name
	d.url = server.String()
	if _, _, err = postgres.Migrate(ctx, d.url); err == nil {
		d.db, err = sql.Open("postgres", d.url)
	}
	if err != nil {
		return nil, errors.Join(err, d.drop())
	}
	d.db.SetMaxOpenConns(1) // what is set in one statement holds in the next
	return d, nil
}

// drop closes and removes the database.
func (d *database) drop() error {
	var errs []error
	if d.db != nil {
		errs = append(errs, d.db.Close())
	}
	_, err := d.maintenance.ExecContext(context.Background(), "DROP DATABASE "+pq.QuoteIdentifier(d.name)+" WITH (FORCE)")
	return errors.Join(append(errs, err, d.maintenance.Close())...)
}

// world is how much there is. The last user has joined yesterday.
type world struct{ users, sources int }

// end is when the last user has joined.
func (world) end() time.Time { return time.Now().UTC().Truncate(24 * time.Hour) }

// fill makes the data, and says how much it is.
func (d *database) fill(ctx context.Context, w world) (facts string, err error) {
	begin := w.end().AddDate(0, 0, -days)
	for _, step := range []struct {
		statement string
		args      []any
	}{
		{"SELECT setseed(0.5)", nil},
		{makeSources, []any{w.sources}},
		{makeUsers, []any{w.users, begin, days}},
		{makeLinks, []any{w.sources}},
		{makeFunnel, nil},
		{"VACUUM (ANALYZE)", nil}, // test servers have autovacuum off
	} {
		if _, err := d.db.ExecContext(ctx, step.statement, step.args...); err != nil {
			return "", fmt.Errorf("%s: %w", strings.TrimSpace(step.statement), err)
		}
	}
	var users, direct, sources, funnel int
	var version string
	if err := d.db.QueryRowContext(ctx, countWorld).Scan(&users, &direct, &sources, &funnel, &version); err != nil {
		return "", fmt.Errorf("count what was made: %w", err)
	}
	return fmt.Sprintf("PostgreSQL %s: %d users (%d direct) in %d days from %d sources, %d rows in the funnel",
		version, users, direct, days, sources, funnel), nil
}

const makeSources = `
INSERT INTO registration_sources (id, host, created_at, origin, category, channel, display_name,
                                  utm_source, utm_medium, utm_campaign)
SELECT md5('source' || n), 'h' || n % 3000 || '.example', now(), 'h' || n % 3000 || '.example',
       (ARRAY['campaign', 'referral', 'website', 'dashboard'])[1 + n % 4],
       (ARRAY['organic_search', 'paid_search', 'organic_social', 'paid_social', 'video', 'email', 'affiliate',
              'referral', 'ai', 'direct'])[1 + n % 10],
       'Source ' || n, 'source' || n % 50, 'cpc', CASE WHEN n % 4 = 0 THEN 'campaign ' || n % 900 ELSE '' END
  FROM generate_series(1, $1::int) AS n`

// makeUsers spreads users evenly over the days, and gives each a UUID of version 7 of
// that time.
const makeUsers = `
INSERT INTO users (uuid, email, email_verified, username, date_joined, direct)
SELECT (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3)
       || '8' || substr(md5(n::text), 4, 15))::uuid,
       'person' || n || '@example.com', true, 'person' || n || '-abcdef', at, n % 10 = 9
  FROM (SELECT n, $2::timestamptz + n * interval '1 day' * $3::int / $1::int AS at
          FROM generate_series(0, $1::int - 1) AS n) AS people`

// makeLinks gives nine of ten users a source, the k-th of which has 1/k of what the
// first has (Zipf).
const makeLinks = `
INSERT INTO user_registration_sources (user_id, source_id, url, first_registration, registered_at)
SELECT id, md5('source' || greatest(1, least($1::int, ceil(exp(random() * (ln($1::int) + 0.5772) - 0.5772)))::int)),
       'https://h.example/?utm_source=source&utm_medium=cpc', true, date_joined
  FROM users
 WHERE id % 10 <> 0`

// makeFunnel has a challenge that came to nothing for each one that made a user. A
// third of people have a phone, and so a country.
const makeFunnel = `
INSERT INTO funnel (day, source_id, category, channel, country, requested, sent, delivered, verified, registered)
SELECT (date_joined AT TIME ZONE 'UTC')::date, COALESCE(s.id, ''), COALESCE(s.category, 'direct'),
       COALESCE(s.channel, 'direct'),
       CASE WHEN u.id % 3 = 0
            THEN (ARRAY['US', 'DE', 'GB', 'FR', 'BR', 'IN', 'JP', 'ES', 'IT', 'NL', 'PL'])[1 + u.id * 7919 % 11]
            ELSE '' END,
       2 * count(*), 2 * count(*), count(*) + count(*) / 2, count(*), count(*)
  FROM users AS u
  LEFT JOIN user_registration_sources AS l ON l.user_id = u.id
  LEFT JOIN registration_sources AS s ON s.id = l.source_id
 GROUP BY 1, 2, 3, 4, 5
 ORDER BY 1`

const countWorld = `
SELECT (SELECT count(*) FROM users),
       (SELECT count(*) FROM users) - (SELECT count(*) FROM user_registration_sources),
       (SELECT count(DISTINCT source_id) FROM user_registration_sources),
       (SELECT count(*) FROM funnel),
       current_setting('server_version')`
