package contract

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Funnel proves the contract of port.Funnel.
func Funnel(t *testing.T, open OpenStores) {
	t.Helper()
	prove(t, open, funnelPromises())
}

func funnelPromises() []promise[OpenStores] {
	return []promise[OpenStores]{
		{
			"It must count every sign-in challenge once in every stage that it reaches, on the day (UTC) of the " +
				"challenge, however often it runs.",
			countsHistories,
		},
		{"Each stage of a challenge must be counted by one of any number of parallel runs.", countsInParallel},
		{"It must count a challenge that was verified and then replaced by the next request.", countsWhatWasReplaced},
		{"It must count reports of a delivery long after its send.", countsLateReports},
		{
			"A source without a registration must count as other, and a counted challenge must stay in its group.",
			unknownSourcesAreOther,
		},
		{"A failed run must have counted nothing, or be continued by the next.", failedRunsAreContinued},
		{
			"CountedUntil must return the time until which every stored row has been counted; the zero time before " +
				"the first run.",
			countedUntil,
		},
	}
}

// direct is the cohort of those without a source.
var direct = domain.Cohort{Category: domain.CategoryDirect, Channel: domain.SourceDirect}

// cohortOf is the cohort of a host.
func cohortOf(host string) domain.Cohort {
	s := sourceOf(host)
	return domain.Cohort{SourceID: s.ID, Category: s.Category, Channel: s.Channel, Country: "DE"}
}

// requestOf is a request that counts under a cohort, and has no limit.
func (i *instances) requestOf(t testing.TB, recipient string, cohort domain.Cohort) port.IssueRequest {
	t.Helper()
	req := i.request(t, recipient)
	req.Cohort, req.Limit = cohort, noLimit
	return req
}

// groupOf is what a challenge that is made now counts under.
func (i *instances) groupOf(cohort domain.Cohort) FunnelGroup {
	return FunnelGroup{Day: i.clock.Now().Format(time.DateOnly), Cohort: cohort}
}

// count counts now, by either instance.
func (i *instances) count(t testing.TB) int {
	t.Helper()
	counted, err := i.other.Funnel.Count(t.Context(), i.clock.Now())
	require.NoError(t, err)
	return counted
}

// stages is the funnel of n challenges that have come so far.
func stages(n int64, reached int) domain.Funnel {
	var f domain.Funnel
	for _, stage := range []*int64{&f.Requested, &f.Sent, &f.Delivered, &f.Verified, &f.Registered}[:reached] {
		*stage = n
	}
	return f
}

// How many stages a challenge has reached.
const (
	requested = iota + 1
	sent
	delivered
	verified
	registered
)

// countsInParallel counts while challenges progress, more often than in operation.
func countsInParallel(t testing.TB, open OpenStores) {
	const people, rounds = 12, 8
	i := openInstances(t, open)
	stop := make(chan struct{})
	var counting sync.WaitGroup
	for n := range 4 {
		counting.Go(func() {
			for going := true; going; {
				select {
				case <-stop:
					going = false
				default:
				}
				if _, err := i.either(n).Funnel.Count(context.Background(), i.clock.Now()); err != nil {
					t.Errorf("count: %v", err)
				}
			}
		})
	}
	inParallel(people, func(n int) {
		for range rounds {
			if err := i.signInOnce(i.either(n), i.requestOf(t, fmt.Sprintf("user-%d@example.com", n), direct)); err != nil {
				t.Errorf("sign in: %v", err)
			}
		}
	})
	close(stop)
	counting.Wait()
	i.count(t)
	want := stages(people*rounds, verified)
	want.Registered = people
	require.Equal(t, map[FunnelGroup]domain.Funnel{i.groupOf(direct): want}, i.FunnelOf(t))
}

// signInOnce asks for a code, has it delivered and signs in with it.
func (i *instances) signInOnce(s Stores, req port.IssueRequest) error {
	ctx := context.Background()
	issued, err := s.OTPSecrets.Issue(ctx, req)
	if err != nil {
		return err
	}
	d := req.Delivery
	d.ChallengeID = issued.Secret.ChallengeID
	if err := s.Deliveries.Report(ctx, []domain.DeliveryReport{report(d, domain.DeliveryDelivered)}); err != nil {
		return err
	}
	done, err := s.SignIns.Complete(ctx, i.signIn(issued.Secret))
	if err == nil && !done.Consumed {
		err = fmt.Errorf("challenge %s was not consumed", issued.Secret.ChallengeID)
	}
	return err
}

func countsWhatWasReplaced(t testing.TB, open OpenStores) {
	for _, between := range []time.Duration{0, 4 * time.Minute, 3 * time.Hour} {
		i := openInstances(t, open)
		group := i.groupOf(direct)
		replaced := func() { // and that one again, before a count
			used := i.issue(t, i.requestOf(t, "ada@example.com", direct)).Secret
			done, err := i.SignIns.Complete(t.Context(), i.signIn(used))
			require.NoError(t, err)
			require.True(t, done.Consumed)
			i.clock.Advance(between)
		}
		replaced()
		replaced()
		i.issue(t, i.requestOf(t, "ada@example.com", direct))
		i.issue(t, i.requestOf(t, "ada@example.com", direct)) // the same
		i.clock.Advance(someLifetime)
		i.issue(t, i.requestOf(t, "ada@example.com", direct)) // which replaces one that was not used
		want := stages(2, verified)
		want.Registered, want.Requested = 1, 4
		for range 3 {
			i.count(t)
			require.Equal(t, map[FunnelGroup]domain.Funnel{group: want}, i.FunnelOf(t), "after %s", between)
		}
	}
}

func countsLateReports(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	group := i.groupOf(direct)
	req := i.requestOf(t, "ada@example.com", direct)
	id := i.issue(t, req).Secret.ChallengeID
	again := i.requestOf(t, "ada@example.com", direct)
	i.issue(t, again)
	wantStage := func(reached int, counted int) {
		t.Helper()
		require.Equal(t, counted, i.count(t))
		require.Equal(t, map[FunnelGroup]domain.Funnel{group: stages(1, reached)}, i.FunnelOf(t))
	}
	wantStage(requested, 1)
	i.clock.Advance(2 * time.Hour)
	wantStage(requested, 0)

	outcome := again.Delivery // of an instance that could not reach the store when it was new
	outcome.ChallengeID, outcome.Status, outcome.Result = id, domain.DeliverySent, domain.SendAccepted
	require.NoError(t, i.Deliveries.Record(t.Context(), []domain.Delivery{outcome}))
	wantStage(sent, 1)
	i.clock.Advance(5 * 24 * time.Hour)
	wantStage(sent, 0)
	first := req.Delivery
	first.ChallengeID = id
	late := report(first, domain.DeliveryDelivered)
	late.At = i.clock.Now()
	i.report(t, late)

	removed, err := i.Deliveries.Purge(t.Context(), i.clock.Now(), 10)
	require.NoError(t, err)
	require.Zero(t, removed, "before it is counted")
	wantStage(delivered, 1)
	late.Status = domain.DeliveryRead
	i.report(t, late)
	wantStage(delivered, 0)
	removed, err = i.Deliveries.Purge(t.Context(), i.clock.Now(), 10)
	require.NoError(t, err)
	require.Equal(t, 2, removed)
	wantStage(delivered, 0)
}

func unknownSourcesAreOther(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	unknown, other := cohortOf("unknown.example"), cohortOf("unknown.example")
	other.SourceID = domain.SourceOther
	ada := i.issue(t, i.requestOf(t, "ada@example.com", unknown)).Secret
	bob := i.issue(t, i.requestOf(t, "bob@example.com", unknown)).Secret
	i.issue(t, i.requestOf(t, "bob@example.com", direct)) // the same, which counts where it began
	i.count(t)
	want := map[FunnelGroup]domain.Funnel{i.groupOf(other): stages(2, requested)}
	require.Equal(t, want, i.FunnelOf(t))

	for _, secret := range []domain.OTPSecret{ada, bob} {
		in := i.signIn(secret)
		from(t, "unknown.example")(&in)
		_, err := i.SignIns.Complete(t.Context(), in)
		require.NoError(t, err)
	}
	i.issue(t, i.requestOf(t, "eve@example.com", unknown))
	i.issue(t, i.requestOf(t, "joe@example.com", cohortOf("other.example")))
	i.issue(t, i.requestOf(t, "joe@example.com", unknown)) // the same
	i.issue(t, i.requestOf(t, "sue@example.com", direct))
	i.issue(t, i.requestOf(t, "tom@example.com", domain.Cohort{})) // is not counted
	i.count(t)
	all := stages(2, registered)
	all.Requested++ // joe
	require.Equal(t, map[FunnelGroup]domain.Funnel{
		i.groupOf(other): all, i.groupOf(unknown): stages(1, requested), i.groupOf(direct): stages(1, requested),
	}, i.FunnelOf(t))
}

// endingContext ends after it has been asked some times whether it has ended.
type endingContext struct {
	context.Context
	asked *int
}

func (c endingContext) Err() error {
	*c.asked--
	if *c.asked < 0 {
		return context.Canceled
	}
	return nil
}

func failedRunsAreContinued(t testing.TB, open OpenStores) {
	const challenges = 1100
	i := openInstances(t, open)
	inParallel(8, func(n int) {
		for k := n; k < challenges; k += 8 {
			if _, err := i.either(n).OTPSecrets.Issue(context.Background(),
				i.requestOf(t, fmt.Sprintf("user-%d@example.com", k), direct)); err != nil {
				t.Errorf("issue: %v", err)
			}
		}
	})
	failed := 0
	for {
		checks := failed
		_, err := i.Funnel.Count(endingContext{t.Context(), &checks}, i.clock.Now())
		if err == nil {
			break
		}
		require.ErrorIs(t, err, context.Canceled)
		failed++
		until, err := i.Funnel.CountedUntil(t.Context())
		require.NoError(t, err)
		require.Zero(t, until, "not all is counted")
	}
	require.NotZero(t, failed)
	require.Equal(t, map[FunnelGroup]domain.Funnel{i.groupOf(direct): stages(challenges, requested)}, i.FunnelOf(t))
}

func countedUntil(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	wantUntil := func(want time.Time) {
		t.Helper()
		until, err := i.Funnel.CountedUntil(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, until)
	}
	wantUntil(time.Time{})
	require.Zero(t, i.count(t))
	wantUntil(i.clock.Now())
	i.issue(t, i.requestOf(t, "ada@example.com", direct))
	i.clock.Advance(time.Hour)
	require.Equal(t, 1, i.count(t))
	last := i.clock.Now()
	wantUntil(last)
	i.clock.Advance(-30 * time.Minute)
	require.Zero(t, i.count(t))
	wantUntil(last)
}
