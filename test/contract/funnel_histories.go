package contract

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/domain"
)

// funnelModel is the funnel in its simplest form, which keeps every challenge.
type funnelModel struct {
	*instances
	t          testing.TB
	rt         *rapid.T
	challenges []*challengeModel
	secrets    map[string]domain.OTPSecret // of each recipient, the last one
	known      map[string]bool             // sources with a sign-in
}

type challengeModel struct {
	id         domain.ChallengeID
	group      FunnelGroup
	reached    int
	begun      bool // it was counted, and so stays in its group
	deliveries []*deliveryModel
}

type deliveryModel struct {
	domain.Delivery
	reported bool
}

// countsHistories holds the stores against the model: whatever happens in whatever
// order, with runs of one instance and of both at once in between.
func countsHistories(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		m := &funnelModel{instances: i, t: t, rt: rt, secrets: map[string]domain.OTPSecret{}, known: map[string]bool{}}
		i.clock.Advance(30 * 24 * time.Hour) // past the run before, which may have failed with challenges not counted
		m.count()
		before := i.FunnelOf(t)
		hosts := []string{"", "one.example", "two.example", i.random.Suffix(8) + ".example"}
		for n := range hosts[1:3] { // without a registration in this history
			hosts[n+1] = i.random.Suffix(8) + hosts[n+1]
		}
		people := []string{i.random.Suffix(12) + "@example.com", i.random.Suffix(12) + "@example.com"}
		steps := []func(){
			func() { m.advance() },
			func() { m.request(people, hosts) },
			func() { m.request(people, hosts) },
			func() { m.verify(people, hosts) },
			func() { m.verify(people, hosts) },
			func() { m.outcome() },
			func() { m.report() },
			func() { m.report() },
			func() { m.count() },
			func() { m.purge() },
		}
		for range rapid.IntRange(5, 60).Draw(rt, "steps") {
			steps[rapid.IntRange(0, len(steps)-1).Draw(rt, "step")]()
		}
		m.count()
		require.Equal(rt, m.expected(before), i.FunnelOf(t))
	})
	require.Positive(t, run)
}

// expected adds all challenges to what was counted before.
func (m *funnelModel) expected(before map[FunnelGroup]domain.Funnel) map[FunnelGroup]domain.Funnel {
	all := maps.Clone(before)
	for _, c := range m.challenges {
		f, one := all[c.group], stages(1, c.reached)
		f.Requested += one.Requested
		f.Sent += one.Sent
		f.Delivered += one.Delivered
		f.Verified += one.Verified
		f.Registered += one.Registered
		all[c.group] = f
	}
	return all
}

func (m *funnelModel) advance() {
	m.clock.Advance(rapid.SampledFrom([]time.Duration{
		time.Millisecond, time.Second, time.Minute, someLifetime, 12 * time.Minute, 16 * time.Minute, 2 * time.Hour,
		26 * time.Hour,
	}).Draw(m.rt, "pause"))
}

func (m *funnelModel) cohort(hosts []string) domain.Cohort {
	cohort := direct
	if host := rapid.SampledFrom(hosts).Draw(m.rt, "host"); host != "" {
		cohort = cohortOf(host)
	}
	cohort.Country = rapid.SampledFrom([]string{"", "DE"}).Draw(m.rt, "country")
	return cohort
}

func (m *funnelModel) request(people, hosts []string) {
	recipient := rapid.SampledFrom(people).Draw(m.rt, "recipient")
	req := m.requestOf(m.t, recipient, m.cohort(hosts))
	issued, err := m.either(rapid.IntRange(0, 1).Draw(m.rt, "instance")).OTPSecrets.Issue(m.t.Context(), req)
	require.NoError(m.rt, err)
	id := issued.Secret.ChallengeID
	if id == req.Fresh.ChallengeID {
		m.challenges = append(m.challenges, &challengeModel{id: id, group: m.groupOf(req.Cohort), reached: requested})
	}
	d := req.Delivery
	d.ChallengeID = id
	c := m.challenge(id)
	c.deliveries = append(c.deliveries, &deliveryModel{Delivery: d})
	m.secrets[recipient] = issued.Secret
}

func (m *funnelModel) challenge(id domain.ChallengeID) *challengeModel {
	return m.challenges[slices.IndexFunc(m.challenges, func(c *challengeModel) bool { return c.id == id })]
}

func (m *funnelModel) verify(people, hosts []string) {
	secret, asked := m.secrets[rapid.SampledFrom(people).Draw(m.rt, "recipient")]
	if !asked {
		return
	}
	in := m.signIn(secret)
	if host := rapid.SampledFrom(hosts).Draw(m.rt, "host"); host != "" {
		in.Source = sourceOf(host)
	}
	done, err := m.SignIns.Complete(m.t.Context(), in)
	require.NoError(m.rt, err)
	c := m.challenge(secret.ChallengeID)
	require.Equal(m.rt, c.reached < verified && in.Now.Before(secret.ExpiresAt), done.Consumed)
	if !done.Consumed {
		return
	}
	c.reached = verified
	if done.IsNew {
		c.reached = registered
	}
	if !in.Source.IsZero() {
		m.known[in.Source.ID] = true
	}
}

// message is any that was sent and is not purged.
func (m *funnelModel) message() (*challengeModel, *deliveryModel) {
	if len(m.challenges) == 0 {
		return nil, nil
	}
	c := rapid.SampledFrom(m.challenges).Draw(m.rt, "challenge")
	if len(m.deliveriesOf(m.t, c.id)) == 0 {
		return nil, nil
	}
	return c, rapid.SampledFrom(c.deliveries).Draw(m.rt, "delivery")
}

// outcome is what a provider answers, told at once or when the store was away for
// long; or what another one answers that was asked instead.
func (m *funnelModel) outcome() {
	c, d := m.message()
	if c == nil || d.Result != "" { // a message has one outcome
		return
	}
	results := []domain.SendResult{domain.SendAccepted}
	if !d.reported { // a provider does not report on what it has refused
		results = domain.SendResults
	}
	told := d.Delivery
	told.Result = rapid.SampledFrom(results).Draw(m.rt, "result")
	told.Status = told.Result.Status()
	if rapid.Bool().Draw(m.rt, "late") {
		told.UpdatedAt = m.clock.Now()
	}
	if rapid.IntRange(0, 3).Draw(m.rt, "another provider") == 0 {
		d = &deliveryModel{Delivery: told}
		d.ID, d.Status, d.Result = m.random.UUID(told.CreatedAt), domain.DeliveryQueued, ""
		told.ID = d.ID
		c.deliveries = append(c.deliveries, d)
	}
	require.NoError(m.rt, m.Deliveries.Record(m.t.Context(), []domain.Delivery{told}))
	d.Result = told.Result
	if told.Status.Progress() > d.Status.Progress() {
		d.Status = told.Status
	}
	if told.Result.Accepted() {
		c.reached = max(c.reached, sent)
	}
}

// report is what a provider tells later of a message that it has taken.
func (m *funnelModel) report() {
	c, d := m.message()
	if c == nil || d.Result.Refused() {
		return
	}
	told := report(d.Delivery, rapid.SampledFrom([]domain.DeliveryStatus{
		domain.DeliverySent, domain.DeliveryFailed, domain.DeliveryDelivered, domain.DeliveryRead,
	}).Draw(m.rt, "status"))
	if rapid.Bool().Draw(m.rt, "late") {
		told.At = m.clock.Now()
	}
	require.NoError(m.rt, m.other.Deliveries.Report(m.t.Context(), []domain.DeliveryReport{told}))
	d.reported = true
	if told.Status.Progress() <= d.Status.Progress() {
		return
	}
	d.Status = told.Status
	reached := sent
	if told.Status.Progress() >= domain.DeliveryDelivered.Progress() {
		reached = delivered
	}
	c.reached = max(c.reached, reached)
}

// count counts by one instance or by both at once.
func (m *funnelModel) count() {
	now := m.clock.Now()
	inParallel(rapid.SampledFrom([]int{1, 2, 4}).Draw(m.rt, "counters"), func(n int) {
		if _, err := m.either(n+1).Funnel.Count(context.Background(), now); err != nil {
			m.t.Errorf("count: %v", err)
		}
	})
	for _, c := range m.challenges {
		if id := c.group.SourceID; !c.begun && id != "" && !m.known[id] {
			c.group.SourceID = domain.SourceOther
		}
		c.begun = true
	}
}

// purge removes what upkeep would.
func (m *funnelModel) purge() {
	counted, err := m.Funnel.CountedUntil(m.t.Context())
	require.NoError(m.rt, err)
	counted, now := counted.Add(-time.Minute), m.clock.Now()
	due := func(age time.Duration) time.Time {
		if before := now.Add(-age); before.Before(counted) {
			return before
		}
		return counted
	}
	for _, purge := range []func() (int, error){
		func() (int, error) { return m.OTPSecrets.Purge(m.t.Context(), due(noLimit.Window), 3) },
		func() (int, error) { return m.Deliveries.Purge(m.t.Context(), due(7*24*time.Hour), 3) },
	} {
		for removed := -1; removed != 0; {
			removed, err = purge()
			require.NoError(m.rt, err)
		}
	}
}
