package postgres

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// BenchmarkHotPaths runs the store operations of a sign-in. The names have the number of
// concurrent clients:
//
//	go test -run '^$' -bench HotPaths ./adapters/postgres
func BenchmarkHotPaths(b *testing.B) {
	for _, clients := range []int{8, 32} {
		b.Run(fmt.Sprintf("issue/%d", clients), func(b *testing.B) { benchIssue(b, clients) })
		b.Run(fmt.Sprintf("complete/%d", clients), func(b *testing.B) { benchComplete(b, clients, false) })
		b.Run(fmt.Sprintf("complete_with_source/%d", clients), func(b *testing.B) { benchComplete(b, clients, true) })
		b.Run(fmt.Sprintf("count_wrong/%d", clients), func(b *testing.B) { benchCountWrong(b, clients) })
		b.Run(fmt.Sprintf("find/%d", clients), func(b *testing.B) { benchFind(b, clients) })
		b.Run(fmt.Sprintf("rotate/%d", clients), func(b *testing.B) { benchRotate(b, clients) })
		b.Run(fmt.Sprintf("who_am_i/%d", clients), func(b *testing.B) { benchWhoAmI(b, clients) })
	}
}

// bench is a database, and makes the operations on it.
type bench struct {
	*DB
	random fake.Random
	now    time.Time
}

func newBench(b *testing.B) *bench {
	db, closeDB, err := Open(b.Context(), Config{URL: migrated(b)})
	require.NoError(b, err)
	b.Cleanup(closeDB)
	return &bench{DB: db, now: fake.Noon}
}

func (s *bench) request(n int) port.IssueRequest {
	recipient, _ := domain.ParseEmail(fmt.Sprintf("user-%d@example.com", n))
	return port.IssueRequest{
		Fresh: domain.OTPSecret{
			OTPKey:      domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: recipient},
			ChallengeID: domain.ChallengeID(s.random.UUID(s.now)), Seed: s.random.Seed(), Digits: 6, MaxAttempts: 3,
			CreatedAt: s.now, ExpiresAt: s.now.Add(5 * time.Minute), Channel: domain.ChannelEmail,
		},
		Epochs: []domain.Epoch{{}},
		Limit:  port.SendLimit{Sends: 3, Window: time.Hour},
		Delivery: domain.Delivery{
			ID: s.random.UUID(s.now), Channel: domain.ChannelEmail, Provider: "smtp", Recipient: recipient.Masked(),
		},
		Cohort: domain.Cohort{Category: domain.CategoryDirect, Channel: domain.SourceDirect},
		Now:    s.now,
	}
}

// signIns are sign-ins whose challenges are issued.
func (s *bench) signIns(b *testing.B, n int) []port.SignIn {
	b.StopTimer()
	defer b.StartTimer()
	all := make([]port.SignIn, n)
	s.run(b, 16, n, func(ctx context.Context, k int) error {
		issued, err := s.OTPSecrets().Issue(ctx, s.request(k))
		all[k] = port.SignIn{
			Proof: issued.Secret.ProveByCode(), Now: s.now,
			NewUser: port.NewUser{UUID: s.random.UUID(s.now), Username: "user-" + s.random.Suffix(12)},
			Session: domain.Session{
				ID: s.random.UUID(s.now), Channel: domain.ChannelEmail, AMR: []string{"otp", "email"},
				UserAgent: "Mozilla/5.0", Address: "192.0.2.1",
			},
		}
		return err
	})
	return all
}

// run calls do n times in total, by concurrent clients.
func (s *bench) run(b *testing.B, clients, n int, do func(ctx context.Context, k int) error) {
	var next atomic.Int64
	done := make(chan error, clients)
	for range clients {
		go func() {
			for {
				k := int(next.Add(1)) - 1
				if k >= n {
					done <- nil
					return
				}
				if err := do(b.Context(), k); err != nil {
					done <- err
					return
				}
			}
		}()
	}
	for range clients {
		require.NoError(b, <-done)
	}
}

func (s *bench) measure(b *testing.B, clients int, do func(ctx context.Context, k int) error) {
	b.ReportAllocs()
	b.ResetTimer()
	s.run(b, clients, b.N, do)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "/s")
}

func benchIssue(b *testing.B, clients int) {
	s := newBench(b)
	store := s.OTPSecrets()
	s.measure(b, clients, func(ctx context.Context, k int) error {
		_, err := store.Issue(ctx, s.request(k))
		return err
	})
}

func benchComplete(b *testing.B, clients int, sourced bool) {
	s := newBench(b)
	store, all := s.SignIns(), s.signIns(b, b.N)
	for k := range all {
		if sourced {
			all[k].Source, _ = domain.SourceRules{}.Parse(fmt.Sprintf("https://source-%d.example/?utm_source=news", k%100))
		}
	}
	s.measure(b, clients, func(ctx context.Context, k int) error {
		_, err := store.Complete(ctx, all[k])
		return err
	})
}

func benchCountWrong(b *testing.B, clients int) {
	s := newBench(b)
	store, all := s.OTPSecrets(), s.signIns(b, b.N)
	s.measure(b, clients, func(ctx context.Context, k int) error {
		_, _, err := store.CountWrong(ctx, all[k].Proof.ChallengeID, s.now)
		return err
	})
}

func benchFind(b *testing.B, clients int) {
	s := newBench(b)
	store, all := s.OTPSecrets(), s.signIns(b, 1000)
	s.measure(b, clients, func(ctx context.Context, k int) error {
		_, _, err := store.Find(ctx, port.OTPQuery{ChallengeID: all[k%1000].Proof.ChallengeID})
		return err
	})
}

// signedIn are completed sign-ins.
func (s *bench) signedIn(b *testing.B, n int) []port.SignIn {
	all := s.signIns(b, n)
	s.run(b, 16, n, func(ctx context.Context, k int) error {
		_, err := s.SignIns().Complete(ctx, all[k])
		return err
	})
	return all
}

// benchRotate accepts older generations, so that every token of a session is current: the
// work is the same.
func benchRotate(b *testing.B, clients int) {
	s := newBench(b)
	store, all, policy := s.Sessions(), s.signedIn(b, 1000), somePolicy
	policy.AcceptsOlder = true
	s.measure(b, clients, func(ctx context.Context, k int) error {
		in := all[k%1000]
		r := port.Rotation{SessionID: in.Session.ID, UserUUID: in.NewUser.UUID, Policy: policy, Now: s.now}
		rotated, err := store.Rotate(ctx, r)
		if err == nil && rotated.Verdict != domain.RefreshCurrent {
			err = errContention
		}
		return err
	})
}

func benchWhoAmI(b *testing.B, clients int) {
	s := newBench(b)
	store, all := s.Users(), s.signedIn(b, 1000)
	s.measure(b, clients, func(ctx context.Context, k int) error {
		in := all[k%1000]
		_, _, err := store.WhoAmI(ctx, domain.Actor{UserUUID: in.NewUser.UUID, SessionID: in.Session.ID})
		return err
	})
}
