package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/adapters/postgres"
	"github.com/doorcode-auth/doorcode/adapters/system"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/bench/pgbench"
)

// comparison measures, on the product's database, what the product is compared
// with: pgbench with its statements, and its stores without HTTP.
type comparison struct {
	db        *database
	fill      fill
	program   string // pgbench
	scripts   map[operation]string
	variables map[string]string // of all scripts
	alone     *storesAlone
	supply    map[operation]float64 // open challenges, or known people, a second
}

// population is the number of users in the database before anything is measured.
const population = 20_000

// newComparison signs a user in through the stores, and learns of it what
// the statements are and what the rows look like. Then it fills the database: a
// server plans a kept statement once, and what it plans for an empty table is
// not what it does in service.
func newComparison(ctx context.Context, db *database) (c *comparison, err error) {
	c = &comparison{
		db: db, scripts: map[operation]string{}, variables: map[string]string{},
		supply: map[operation]float64{verify: 15_000, returning: 8_000},
	}
	if c.program, err = pgbench.Find(); err != nil {
		return nil, err
	}
	if err := c.learn(ctx); err != nil {
		return nil, fmt.Errorf("learn the statements: %w", err)
	}
	if err := c.populate(ctx); err != nil {
		return nil, fmt.Errorf("fill the database: %w", err)
	}
	c.alone, err = openStores(ctx, db.url)
	return c, err
}

func (c *comparison) close() error {
	c.alone.close()
	return nil
}

// learn signs a user in through a recorder and makes the scripts of what the
// stores have sent.
func (c *comparison) learn(ctx context.Context) error {
	config := postgres.Config{URL: c.db.url}
	connector, err := postgres.NewConnector(config)
	if err != nil {
		return err
	}
	recorder := &recorder{Connector: connector}
	pool := sql.OpenDB(recorder)
	defer pool.Close()
	db, err := postgres.New(pool, config)
	if err != nil {
		return err
	}
	stores := &storesAlone{
		secrets: db.OTPSecrets(), signIns: db.SignIns(), sessions: db.Sessions(), users: db.Users(),
		random: system.Random{},
	}
	now := system.Clock{}.Now()
	somebody, err := newLogin("pattern@bench.example", now, stores.random)
	if err != nil {
		return err
	}
	personal := map[string]string{
		somebody.ask.Fresh.Recipient.Value():   numberEmail,
		string(somebody.ask.Fresh.ChallengeID): numberUUID,
		somebody.ask.Delivery.ID:               numberUUID,
		somebody.signIn.NewUser.UUID:           numberUUID,
		somebody.signIn.NewUser.Username:       numberUnique,
		somebody.signIn.Session.ID:             numberUUID,
	}
	var texts [5]string
	for i, act := range []func(context.Context, login) error{
		stores.issue, stores.find, stores.complete, stores.whoAmI,
		stores.refreshAny,
	} {
		if err := act(ctx, somebody); err != nil {
			return err
		}
		sent, err := recorder.take()
		if err != nil {
			return err
		}
		if texts[i], err = sent.script(fmt.Sprintf("s%d", i), personal, c.variables, now); err != nil {
			return err
		}
	}
	c.scripts[request] = nextNumber + texts[0]
	c.scripts[verify] = nextNumber + texts[1] + texts[2]
	c.scripts[newcomer] = nextNumber + strings.Join(texts[:3], "")
	c.scripts[returning] = c.scripts[newcomer]
	c.scripts[refresh] = anyOfClient + texts[4]
	c.scripts[whoAmI] = fmt.Sprintf(anyNumber, audience-1) + texts[3]
	c.fill = fill{db: c.db, pattern: pattern{
		address: somebody.ask.Fresh.Recipient.Value(), challenge: string(somebody.ask.Fresh.ChallengeID),
		session: somebody.signIn.Session.ID,
	}}
	return nil
}

// populate inserts users that have signed in and may do so again.
func (c *comparison) populate(ctx context.Context) error {
	now := time.Now()
	b := newBatch(now, 1, population)
	if err := c.fill.knownPeople(ctx, b, now); err != nil {
		return err
	}
	if err := c.fill.sessions(ctx, b); err != nil {
		return err
	}
	return c.db.tidy(ctx)
}

// prepare makes the people that an operation needs to exist before.
func (c *comparison) prepare(ctx context.Context, op operation, clients int, seconds float64) (batch, error) {
	now := time.Now()
	switch op {
	case verify:
		b := newBatch(now, clients, c.each(op, clients, seconds))
		return b, c.fill.openChallenges(ctx, b)
	case returning:
		b := newBatch(now, clients, c.each(op, clients, seconds))
		return b, c.fill.knownPeople(ctx, b, now)
	case refresh:
		b := newBatch(now, clients, audience/clients)
		return b, c.fill.signedInPeople(ctx, b)
	case whoAmI:
		b := newBatch(now, 1, audience)
		return b, c.fill.signedInPeople(ctx, b)
	default:
		return newBatch(now, clients, 0), nil
	}
}

// each is how many people a client needs.
func (c *comparison) each(op operation, clients int, seconds float64) int {
	return int(math.Ceil(c.supply[op] * seconds / float64(clients)))
}

// limit is the rate of pgbench.
func (c *comparison) limit(ctx context.Context, op operation, clients int, seconds float64) (float64, error) {
	whole := int(math.Ceil(seconds))
	for {
		b, err := c.prepare(ctx, op, clients, float64(whole))
		if err != nil {
			return 0, err
		}
		before, err := c.written(ctx, op)
		if err != nil {
			return 0, err
		}
		variables := maps.Clone(c.variables)
		maps.Copy(variables, b.variables())
		result, err := pgbench.Run(ctx, pgbench.Options{
			Program: c.program, URL: c.db.url, Script: c.scripts[op], Variables: variables,
			Clients: clients, Seconds: whole,
		})
		if err != nil {
			return 0, err
		}
		after, err := c.written(ctx, op)
		switch {
		case err != nil:
			return 0, err
		case op == whoAmI || after-before == result.Transactions:
			return result.Rate, nil
		case op != verify || c.supply[op] > 1e6:
			return 0, fmt.Errorf("%d transactions have written %d rows", result.Transactions, after-before)
		}
		c.supply[op] *= 2 // some have found nothing left to verify, which is no work
	}
}

// written counts what an operation adds one of each time it has done its work: rows,
// or generations of a session.
func (c *comparison) written(ctx context.Context, op operation) (int, error) {
	switch op {
	case request:
		return c.db.count(ctx, `SELECT count(*) FROM otp_secrets`)
	case refresh:
		return c.db.count(ctx, `SELECT sum(generation) FROM sessions`)
	case whoAmI:
		return 0, nil
	default:
		return c.db.count(ctx, `SELECT count(*) FROM sessions`)
	}
}

// stores is the rate of the stores alone.
func (c *comparison) stores(ctx context.Context, op operation, clients int, seconds float64) (float64, error) {
	b, err := c.prepare(ctx, op, clients, seconds)
	if err != nil {
		return 0, err
	}
	return c.alone.measure(ctx, op, b, clients, seconds)
}

// login is one sign-in, as the stores see it.
type login struct {
	ask    port.IssueRequest
	signIn port.SignIn
}

// newLogin makes what the use cases would make of a request and a verify.
func newLogin(address string, now time.Time, random port.Random) (login, error) {
	recipient, err := domain.ParseEmail(address)
	if err != nil {
		return login{}, fmt.Errorf("%s: %w", address, err)
	}
	secret := domain.OTPSecret{
		OTPKey:      domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: recipient},
		ChallengeID: domain.ChallengeID(random.UUID(now)), Epoch: domain.Epoch{1}, Seed: random.Seed(),
		Digits: 6, MaxAttempts: 3, CreatedAt: now, ExpiresAt: now.Add(domain.MaxOTPLifetime), Channel: domain.ChannelEmail,
	}
	return login{
		ask: port.IssueRequest{
			Fresh: secret, Epochs: []domain.Epoch{secret.Epoch}, Limit: port.SendLimit{Sends: 3, Window: time.Hour}, Now: now,
			Delivery: domain.Delivery{
				ID: random.UUID(now), Channel: domain.ChannelEmail, Provider: "console", Recipient: recipient.Masked(),
				Status: domain.DeliveryQueued, CreatedAt: now, UpdatedAt: now,
			},
		},
		signIn: port.SignIn{
			Proof: secret.ProveByCode(), Now: now,
			NewUser: port.NewUser{UUID: random.UUID(now), Username: domain.Username(recipient, random.Suffix(6))},
			Session: domain.Session{
				ID: random.UUID(now), Channel: domain.ChannelEmail, AMR: []string{"otp", "email"},
				UserAgent: "doorcode-bench", Address: "127.0.0.1", CreatedAt: now,
			},
		},
	}, nil
}

var errNotDone = errors.New("the store did not do what it was asked to")
