package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// batch are people with numbers, so many to each client: what pgbench and the
// stores alone work on. Everything of one has its number in it, so that pgbench
// can name it too, which knows only numbers. Two batches share no user.
type batch struct {
	prefix  string // of all UUIDs: the time and the version, 13 hexadecimal digits
	suffix  string // of all addresses
	clients int
	each    int // people to a client
}

// The number of a person, of 19 digits so that it ends a UUID of version 7. Its
// fourth digit is the UUID's variant.
const (
	firstNumber     = 1_008_000_000_000_000_000
	numbersOfClient = 1_000_000_000
)

// newBatch makes a batch; none of its users is in the database yet.
func newBatch(now time.Time, clients, each int) batch {
	return batch{
		prefix:  fmt.Sprintf("%012x7", now.UnixMilli()),
		suffix:  fmt.Sprintf("-%x@bench.example", now.UnixNano()),
		clients: clients, each: each,
	}
}

func (b batch) number(client, i int) string {
	return strconv.Itoa(firstNumber + client*numbersOfClient + i)
}

func (b batch) address(client, i int) string { return b.number(client, i) + b.suffix }

func (b batch) uuid(client, i int) string {
	hex := b.prefix + b.number(client, i)
	return hex[:8] + "-" + hex[8:12] + "-" + hex[12:16] + "-" + hex[16:20] + "-" + hex[20:]
}

// The same for a script of pgbench: what it finds set, and what it says.

func (b batch) variables() map[string]string {
	return map[string]string{"prefix": b.prefix, "suffix": b.suffix, "i": "0", "each": strconv.Itoa(b.each)}
}

const (
	nextNumber   = "\\set n 1008000000000000000 + :client_id * 1000000000 + :i\n\\set i :i + 1\n"
	anyNumber    = "\\set n 1008000000000000000 + random(0, %d)\n"
	anyOfClient  = "\\set n 1008000000000000000 + :client_id * 1000000000 + random(0, :each - 1)\n"
	numberUUID   = `(:prefix::text || :n::text)::uuid`
	numberEmail  = `:n::text || :suffix::text`
	numberUnique = `:prefix::text || :n::text`
)

// fill makes the rows of everybody in a batch, as copies of the rows of a
// pattern in which only what must differ does. A challenge that is open has not
// been used; a known one has.
type fill struct {
	db      *database
	pattern pattern
}

// pattern are the rows of a user that has signed in once.
type pattern struct{ address, challenge, session string }

func (f fill) openChallenges(ctx context.Context, b batch) error {
	return f.db.run(ctx, f.db.db, copySecret, f.pattern.challenge, b.prefix, b.suffix, b.clients, b.each, nil)
}

func (f fill) knownPeople(ctx context.Context, b batch, now time.Time) error {
	earlier := newBatch(now.Add(-time.Second), b.clients, b.each).prefix
	args := []any{f.pattern.challenge, earlier, b.suffix, b.clients, b.each, now}
	if err := f.db.run(ctx, f.db.db, copySecret, args...); err != nil {
		return err
	}
	return f.users(ctx, b)
}

func (f fill) signedInPeople(ctx context.Context, b batch) error {
	if err := f.users(ctx, b); err != nil {
		return err
	}
	return f.sessions(ctx, b)
}

func (f fill) users(ctx context.Context, b batch) error {
	return f.db.run(ctx, f.db.db, copyUser, f.pattern.address, b.prefix, b.suffix, b.clients, b.each)
}

func (f fill) sessions(ctx context.Context, b batch) error {
	return f.db.run(ctx, f.db.db, copySession, f.pattern.session, b.suffix)
}

const (
	numbers = `
  FROM generate_series(0, $4::bigint - 1) AS client,
       generate_series(0, $5::bigint - 1) AS i,
       LATERAL (SELECT (1008000000000000000 + client * 1000000000 + i)::text) AS number (n),`

	copySecret = `
INSERT INTO otp_secrets
SELECT made.*` + numbers + `
       otp_secrets AS pattern,
       LATERAL jsonb_populate_record(pattern, jsonb_build_object(
           'recipient', n || $3::text, 'challenge_id', ($2::text || n)::uuid,
           'used_at', $6::timestamptz, 'expires_at', now() + interval '10 minutes')) AS made
 WHERE pattern.challenge_id = $1::uuid`

	copyUser = `
INSERT INTO users
SELECT made.*` + numbers + `
       users AS pattern,
       LATERAL jsonb_populate_record(pattern, jsonb_build_object(
           'id', nextval(pg_get_serial_sequence('users', 'id')), 'uuid', ($2::text || n)::uuid,
           'email', n || $3::text, 'username', $2::text || n)) AS made
 WHERE pattern.email = $1::text`

	copySession = `
INSERT INTO sessions (id, user_id, channel, amr, user_agent, address, created_at, last_used_at)
SELECT users.uuid, users.id, pattern.channel, pattern.amr, pattern.user_agent, pattern.address,
       pattern.created_at, pattern.created_at
  FROM users, sessions AS pattern
 WHERE pattern.id = $1::uuid AND users.email LIKE '%' || $2::text`
)
