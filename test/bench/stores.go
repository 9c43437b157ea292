package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/doorcode-auth/doorcode/adapters/postgres"
	"github.com/doorcode-auth/doorcode/adapters/system"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// storesAlone are the product's stores, called as its use cases call them.
type storesAlone struct {
	secrets  port.OTPSecrets
	signIns  port.SignIns
	sessions port.Sessions
	users    port.Users
	random   port.Random
	close    func()
}

// openStores opens them with the product's usual pool.
func openStores(ctx context.Context, url string) (*storesAlone, error) {
	db, closeDB, err := postgres.Open(ctx, postgres.Config{URL: url})
	if err != nil {
		return nil, err
	}
	return &storesAlone{
		secrets: db.OTPSecrets(), signIns: db.SignIns(), sessions: db.Sessions(), users: db.Users(),
		random: system.Random{}, close: closeDB,
	}, nil
}

// measure lets clients do an operation for so long and returns their rate.
func (s *storesAlone) measure(ctx context.Context, op operation, b batch, clients int, seconds float64,
) (float64, error) {
	var (
		done    atomic.Int64
		working sync.WaitGroup
		failed  = make(chan error, clients)
		begun   = time.Now()
		end     = begun.Add(time.Duration(seconds * float64(time.Second)))
	)
	for client := range clients {
		working.Go(func() {
			for i := 0; time.Now().Before(end) && ctx.Err() == nil &&
				(op == refresh || op == whoAmI || b.each == 0 || i < b.each); i++ {
				if err := s.do(ctx, op, b, client, i); err != nil {
					failed <- err
					return
				}
				done.Add(1)
			}
		})
	}
	working.Wait()
	select {
	case err := <-failed:
		return 0, err
	default:
	}
	return float64(done.Load()) / time.Since(begun).Seconds(), ctx.Err()
}

// do is one operation of a client, for the next person of its batch.
func (s *storesAlone) do(ctx context.Context, op operation, b batch, client, i int) error {
	switch op {
	case refresh: // of the client's sessions in turn
		id := b.uuid(client, i%b.each)
		return s.refresh(ctx, port.Rotation{
			SessionID: id, UserUUID: id, Generation: int64(i / b.each), Policy: refreshPolicy, Now: system.Clock{}.Now(),
		})
	case whoAmI:
		id := b.uuid(0, (client*97+i)%b.each)
		return s.whoIs(ctx, domain.Actor{UserUUID: id, SessionID: id})
	}
	l, err := newLogin(b.address(client, i), system.Clock{}.Now(), s.random)
	if err != nil {
		return err
	}
	if op == verify {
		l = l.of(domain.ChallengeID(b.uuid(client, i)))
	} else if err := s.issue(ctx, l); err != nil {
		return err
	}
	if op == request {
		return nil
	}
	if err := s.find(ctx, l); err != nil {
		return err
	}
	return s.complete(ctx, l)
}

// of is the login by a challenge that was made before.
func (l login) of(challenge domain.ChallengeID) login {
	l.ask.Fresh.ChallengeID = challenge
	l.signIn.Proof = l.ask.Fresh.ProveByCode()
	return l
}

func (s *storesAlone) issue(ctx context.Context, l login) error {
	issued, err := s.secrets.Issue(ctx, l.ask)
	if err == nil && issued.Secret.ChallengeID != l.ask.Fresh.ChallengeID {
		err = fmt.Errorf("%w: issue a new code", errNotDone)
	}
	return err
}

func (s *storesAlone) find(ctx context.Context, l login) error {
	_, found, err := s.secrets.Find(ctx, port.OTPQuery{ChallengeID: l.ask.Fresh.ChallengeID})
	if err == nil && !found {
		err = fmt.Errorf("%w: find the challenge", errNotDone)
	}
	return err
}

func (s *storesAlone) complete(ctx context.Context, l login) error {
	done, err := s.signIns.Complete(ctx, l.signIn)
	if err == nil && !done.Consumed {
		err = fmt.Errorf("%w: consume the challenge", errNotDone)
	}
	return err
}

// refreshPolicy is the usual one, as far as a store cares.
var refreshPolicy = domain.SessionPolicy{AbsoluteLifetime: 90 * 24 * time.Hour, Grace: 10 * time.Second, Rotates: true}

// refreshAny does the same work as any refresh, over and over: pgbench cannot tell
// which generation comes next, and shows the first one of a session that keeps all.
func (s *storesAlone) refreshAny(ctx context.Context, l login) error {
	policy := refreshPolicy
	policy.AcceptsOlder = true
	return s.refresh(ctx, port.Rotation{
		SessionID: l.signIn.Session.ID, UserUUID: l.signIn.NewUser.UUID, Policy: policy,
		Now: l.signIn.Now,
	})
}

func (s *storesAlone) refresh(ctx context.Context, r port.Rotation) error {
	rotated, err := s.sessions.Rotate(ctx, r)
	if err == nil && rotated.Verdict != domain.RefreshCurrent {
		err = fmt.Errorf("%w: rotate the session", errNotDone)
	}
	return err
}

func (s *storesAlone) whoAmI(ctx context.Context, l login) error {
	return s.whoIs(ctx, domain.Actor{UserUUID: l.signIn.NewUser.UUID, SessionID: l.signIn.Session.ID})
}

func (s *storesAlone) whoIs(ctx context.Context, actor domain.Actor) error {
	_, found, err := s.users.WhoAmI(ctx, actor)
	if err == nil && !found {
		err = fmt.Errorf("%w: find the user", errNotDone)
	}
	return err
}
