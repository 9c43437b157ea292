package contract

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Sessions proves the contract of port.Sessions.
func Sessions(t *testing.T, open OpenStores) {
	t.Helper()
	prove(t, open, sessionPromises())
}

func sessionPromises() []promise[OpenStores] {
	return append(rotationPromises(), sessionListPromises()...)
}

func rotationPromises() []promise[OpenStores] {
	return []promise[OpenStores]{
		{"It must judge the generation as the policy does, by the session as last committed.", rotationIsJudged},
		{
			"A current one must set the last use to r.Now, and add one generation if the policy rotates, and change " +
				"nothing else.",
			currentOnesRotate,
		},
		{"A repeat must change nothing, and return the session as it is.", repeatsChangeNothing},
		{"A reused one must end the session.", reuseEnds},
		{
			"Of any number of parallel rotations of one generation exactly one must be current, and the others " +
				"repeats, by a policy that rotates, accepts no older ones and has a grace period.",
			parallelRotations,
		},
		{
			"It must return and change nothing when the user is disabled, or the session is another user's or " +
				"missing, whatever the text of the ids.",
			rotationByStrangers,
		},
		{
			"After the end of a session every rotation must find it ended, whatever runs in parallel.",
			endWinsAgainstRotation,
		},
		{"Its effect must be durable when it returns, even if ctx is cancelled.", rotationIsDurable},
	}
}

// somePolicy is one that differs in every duration.
var somePolicy = domain.SessionPolicy{
	AccessLifetime: 15 * time.Minute, RefreshLifetime: 7 * 24 * time.Hour, AbsoluteLifetime: 90 * 24 * time.Hour,
	Grace: 10 * time.Second, Rotates: true,
}

// rotation shows the refresh token of a generation, now.
func (i *instances) rotation(actor domain.Actor, generation int64) port.Rotation {
	return port.Rotation{
		SessionID: actor.SessionID, UserUUID: actor.UserUUID, Generation: generation, Policy: somePolicy, Now: i.clock.Now(),
	}
}

func rotate(t testing.TB, s Stores, r port.Rotation) port.RotationResult {
	t.Helper()
	rotated, err := s.Sessions.Rotate(t.Context(), r)
	require.NoError(t, err)
	return rotated
}

// session is one that is there.
func (i *instances) session(t testing.TB, actor domain.Actor) domain.Session {
	t.Helper()
	session, found, err := i.other.Sessions.Find(t.Context(), actor)
	require.NoError(t, err)
	require.True(t, found)
	return session
}

func (i *instances) noSession(t testing.TB, actor domain.Actor) {
	t.Helper()
	session, found, err := i.other.Sessions.Find(t.Context(), actor)
	require.NoError(t, err)
	require.False(t, found)
	require.Zero(t, session)
}

// rotatedSession is one of the generation 3, which was used just now.
func (i *instances) rotatedSession(t testing.TB, recipient string) (domain.Session, domain.Actor) {
	t.Helper()
	_, actor := i.complete(t, recipient)
	for generation := range int64(3) {
		i.clock.Advance(time.Hour)
		rotated := rotate(t, i.either(int(generation)), i.rotation(actor, generation))
		require.Equal(t, domain.RefreshCurrent, rotated.Verdict)
	}
	return i.session(t, actor), actor
}

// showing is a refresh token of a session that was rotated three times.
type showing struct {
	name       string
	generation int64
	after      time.Duration // the last use
	policy     func(p *domain.SessionPolicy)
	verdict    domain.RefreshVerdict
}

func showings() []showing {
	as := func(p *domain.SessionPolicy) {}
	keepsOlder := func(p *domain.SessionPolicy) { p.AcceptsOlder = true }
	stays := func(p *domain.SessionPolicy) { p.Rotates = false }
	staysAndKeeps := func(p *domain.SessionPolicy) { p.Rotates, p.AcceptsOlder = false, true }
	noGrace := func(p *domain.SessionPolicy) { p.Grace = 0 }
	rest := somePolicy.AbsoluteLifetime - 3*time.Hour // of such a session
	const tick = time.Microsecond
	return []showing{
		{"the current one", 3, 0, as, domain.RefreshCurrent},
		{"the current one, long after", 3, rest - tick, as, domain.RefreshCurrent},
		{"the current one, at the end of the absolute lifetime", 3, rest, as, domain.RefreshEnded},
		{"an older one, at the end of the absolute lifetime", 1, rest, as, domain.RefreshEnded},
		{"one that is kept, at the end of the absolute lifetime", 1, rest, keepsOlder, domain.RefreshEnded},
		{"the direct predecessor, at once", 2, 0, as, domain.RefreshRepeat},
		{"the direct predecessor, as the grace ends", 2, somePolicy.Grace - tick, as, domain.RefreshRepeat},
		{"the direct predecessor, after the grace", 2, somePolicy.Grace, as, domain.RefreshReused},
		{"the direct predecessor, without a grace", 2, 0, noGrace, domain.RefreshReused},
		{"an older ancestor, within the grace", 1, 0, as, domain.RefreshReused},
		{"the first, long after", 0, 24 * time.Hour, as, domain.RefreshReused},
		{"one before the first", -1, 0, as, domain.RefreshReused},
		{"the least", math.MinInt64, 0, as, domain.RefreshReused},
		{"one of the future", 4, 0, as, domain.RefreshEnded},
		{"the greatest", math.MaxInt64, 0, as, domain.RefreshEnded},
		{"one of the future, where older ones are kept", 4, 0, keepsOlder, domain.RefreshEnded},
		{"the predecessor, where older ones are kept", 2, time.Hour, keepsOlder, domain.RefreshCurrent},
		{"the first, where older ones are kept", 0, 0, keepsOlder, domain.RefreshCurrent},
		{"the current one, where nothing rotates", 3, time.Hour, stays, domain.RefreshCurrent},
		{"the predecessor, where nothing rotates", 2, time.Second, stays, domain.RefreshReused},
		{"the predecessor, where nothing rotates any more", 2, time.Hour, stays, domain.RefreshReused},
		{"the first, where nothing rotates and all are kept", 0, time.Hour, staysAndKeeps, domain.RefreshCurrent},
	}
}

// shown is what became of a refresh token, and its session before and afterwards.
type shown struct {
	showing
	rotation port.Rotation
	rotated  port.RotationResult
	before   domain.Session
	after    domain.Session
	isThere  bool // afterwards
}

// showAll shows a refresh token of each kind with one of the verdicts, to one
// instance and the other in turn.
func (i *instances) showAll(t testing.TB, verdicts ...domain.RefreshVerdict) (all []shown) {
	t.Helper()
	for n, kind := range showings() {
		wanted := len(verdicts) == 0
		for _, verdict := range verdicts {
			wanted = wanted || kind.verdict == verdict
		}
		if !wanted {
			continue
		}
		s := shown{showing: kind}
		var actor domain.Actor
		s.before, actor = i.rotatedSession(t, "ada@example.com")
		i.clock.Advance(kind.after)
		s.rotation = i.rotation(actor, kind.generation)
		kind.policy(&s.rotation.Policy)
		s.rotated = rotate(t, i.either(n), s.rotation)
		var err error
		s.after, s.isThere, err = i.either(n+1).Sessions.Find(t.Context(), actor)
		require.NoError(t, err)
		all = append(all, s)
	}
	return all
}

func rotationIsJudged(t testing.TB, open OpenStores) {
	for _, s := range openInstances(t, open).showAll(t) {
		require.Equal(t, s.verdict, s.rotated.Verdict, s.name)
		require.Equal(t, s.rotation.Policy.Judge(s.before, s.generation, s.rotation.Now), s.rotated.Verdict, s.name)
		require.Equal(t, s.verdict != domain.RefreshReused, s.isThere, s.name)
		if s.verdict == domain.RefreshEnded {
			require.Zero(t, s.rotated.Session, s.name)
			require.Equal(t, s.before, s.after, s.name)
		}
	}
}

func currentOnesRotate(t testing.TB, open OpenStores) {
	for _, s := range openInstances(t, open).showAll(t, domain.RefreshCurrent) {
		want := s.before
		want.LastUsedAt = s.rotation.Now
		if s.rotation.Policy.Rotates {
			want.Generation++
		}
		require.Equal(t, want, s.rotated.Session, s.name)
		require.Equal(t, want, s.after, s.name)
	}
}

func repeatsChangeNothing(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	for _, s := range i.showAll(t, domain.RefreshRepeat) {
		require.Equal(t, domain.RefreshRepeat, s.rotated.Verdict, s.name)
		require.Equal(t, s.before, s.rotated.Session, s.name)
		require.Equal(t, s.before, s.after, s.name)
	}

	before, actor := i.rotatedSession(t, "ada@example.com")
	i.clock.Advance(somePolicy.Grace / 2)
	for n := range 3 {
		repeat := rotate(t, i.either(n), i.rotation(actor, before.Generation-1))
		require.Equal(t, port.RotationResult{Verdict: domain.RefreshRepeat, Session: before}, repeat)
	}
	i.clock.Advance(somePolicy.Grace / 2)
	require.Equal(t, domain.RefreshReused, rotate(t, i.Stores, i.rotation(actor, before.Generation-1)).Verdict,
		"a repeat has made the grace longer")
}

func reuseEnds(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	_, bystander := i.complete(t, "ada@example.com")
	for _, s := range i.showAll(t, domain.RefreshReused) {
		require.Equal(t, port.RotationResult{Verdict: domain.RefreshReused}, s.rotated, s.name)
		require.False(t, s.isThere, s.name)
		actor := domain.Actor{UserUUID: s.rotation.UserUUID, SessionID: s.rotation.SessionID}
		i.noUser(t, actor)
		for generation := range s.before.Generation + 2 {
			require.Equal(t, port.RotationResult{Verdict: domain.RefreshEnded},
				rotate(t, i.Stores, i.rotation(actor, generation)), s.name)
		}
	}
	i.session(t, bystander)

	for range 20 {
		_, actor := i.complete(t, "ada@example.com")
		verdicts := i.rotateTogether(t, 50, func(int) port.Rotation {
			r := i.rotation(actor, 0)
			r.Policy.Grace = 0
			return r
		})
		require.Len(t, verdicts[domain.RefreshCurrent], 1)
		require.NotEmpty(t, verdicts[domain.RefreshReused], "no rotation has ended it")
		require.Empty(t, verdicts[domain.RefreshRepeat])
		i.noSession(t, actor)
	}
}

// rotateTogether rotates n times at once, over both instances, and returns the
// answers by what they say.
func (i *instances) rotateTogether(
	t testing.TB, n int, rotation func(n int) port.Rotation,
) map[domain.RefreshVerdict][]port.RotationResult {
	t.Helper()
	answers := make([]port.RotationResult, n)
	inParallel(n, func(n int) {
		var err error
		if answers[n], err = i.either(n).Sessions.Rotate(context.Background(), rotation(n)); err != nil {
			t.Errorf("rotate: %v", err)
		}
	})
	verdicts := map[domain.RefreshVerdict][]port.RotationResult{}
	for _, answer := range answers {
		verdicts[answer.Verdict] = append(verdicts[answer.Verdict], answer)
	}
	return verdicts
}

// parallelRotations gives each rotation a time of its own: all answers have the
// same one, that of the winner.
func parallelRotations(t testing.TB, open OpenStores) {
	const rotations = 50
	i := openInstances(t, open)
	for range 20 {
		_, actor := i.complete(t, "ada@example.com")
		for generation := range int64(2) {
			verdicts := i.rotateTogether(t, rotations, func(n int) port.Rotation {
				r := i.rotation(actor, generation)
				r.Now = r.Now.Add(time.Duration(n) * time.Millisecond)
				return r
			})
			require.Len(t, verdicts[domain.RefreshCurrent], 1)
			require.Len(t, verdicts[domain.RefreshRepeat], rotations-1)
			want := verdicts[domain.RefreshCurrent][0].Session
			require.Equal(t, generation+1, want.Generation)
			require.Equal(t, want, i.session(t, actor))
			for _, repeat := range verdicts[domain.RefreshRepeat] {
				require.Equal(t, want, repeat.Session)
			}
			i.clock.Advance(time.Hour)
		}
	}
}
