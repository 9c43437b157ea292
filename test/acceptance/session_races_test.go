// Session races: many refreshes of one token at once, logout against refresh, and
// answers that are lost, with their server or without.
package acceptance_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/kit"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// refreshAtOnce shows one refresh token n times at once, and returns the refresh
// tokens that were answered, and how many others had another answer.
func refreshAtOnce(t *testing.T, instances []*kit.Service, n int, token string) (successors []string,
	statuses map[int]int,
) {
	t.Helper()
	answers := atOnce(t, instances, n, kit.RefreshPath, func(int) any { return kit.JSON{"refresh": token} })
	for _, a := range answers {
		if a.Status == http.StatusOK {
			require.NotEmpty(t, a.Text("access"))
			successors = append(successors, a.Text("refresh"))
		}
	}
	return successors, count(answers)
}

const tabs = 50 // that refresh one token at once

// Fifty tabs refresh one token: it has one successor, and all of them are told which.
func TestSessionRaces_oneSuccessor(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		instances := kit.StartAll(t, db, kit.Options{Set: rotating("jwt.refresh_grace", "1m")})
		ada := instances[0].SignIn(t, "ada@example.com")
		const rounds = 20
		forks := 0
		for round := range rounds {
			successors, statuses := refreshAtOnce(t, instances, tabs, ada.Refresh)
			requireCount(t, map[int]int{http.StatusOK: tabs}, statuses)
			slices.Sort(successors)
			successors = slices.Compact(successors)
			forks += len(successors) - 1
			require.Len(t, successors, 1)
			require.NotEqual(t, ada.Refresh, successors[0])
			require.Equal(t, round+1, db.Count(t, "SELECT generation FROM sessions"))
			ada.Refresh = successors[0]
		}
		requireStands(t, instances, next(t, instances[0], ada))
		require.Zero(t, events(instances, "token_refresh", "reused"))
		t.Logf("%d refreshes, %d at once: %d forks", rounds*tabs, tabs, forks)
	})
}

// Without grace exactly one of them wins, and since an attacker may have the token too,
// the session ends.
func TestSessionRaces_withoutGrace(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		instances := kit.StartAll(t, db, kit.Options{Set: rotating("jwt.refresh_grace", "0")})
		eve := instances[0].SignIn(t, "eve@example.com")
		const rounds = 20
		for round := range rounds {
			ada := instances[0].SignIn(t, person(round))
			successors, statuses := refreshAtOnce(t, instances, tabs, ada.Refresh)
			requireCount(t, map[int]int{http.StatusOK: 1, http.StatusUnauthorized: tabs - 1}, statuses)
			won := ada
			if len(successors) > 0 {
				won.Refresh = successors[0]
			}
			requireEnded(t, instances, ada, won)
		}
		requireStands(t, instances, eve)
		require.Equal(t, 1, db.Count(t, "SELECT count(*) FROM sessions"))
		t.Logf("%d rounds of %d at once: 1 winner each, 0 sessions left", rounds, tabs)
	})
}

// browser is the tabs of one user, which refresh one session together for as long as
// that works, and keep every token that they are given.
type browser struct {
	instances []*kit.Service
	tokens    chan string // all of them
}

func (b browser) refresh(token string) error {
	const tabs = 4
	for working := true; working; {
		answers, errs := make([]kit.Answer, tabs), make([]error, tabs)
		var racing sync.WaitGroup
		for i := range tabs {
			racing.Go(func() {
				client := b.instances[i%len(b.instances)].Unchecked()
				answers[i], errs[i] = client.Try(http.MethodPost, kit.RefreshPath, kit.JSON{"refresh": token})
			})
		}
		racing.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
		for _, a := range answers {
			switch a.Status {
			case http.StatusOK:
				token = a.Text("refresh")
				b.tokens <- a.Text("access")
				b.tokens <- token
			case http.StatusUnauthorized:
				working = false
			case http.StatusServiceUnavailable:
			default:
				return fmt.Errorf("a refresh: %s", a)
			}
		}
	}
	return nil
}

// A user logs out while their tabs refresh. After the 204 nothing of the session
// works, whatever was under way.
func TestSessionRaces_logoutAgainstRefresh(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		instances := kit.StartAll(t, db, kit.Options{Set: rotating("jwt.refresh_grace", "1m")})
		_, kills := chaos(t)
		rounds, shown := 2*kills, 0
		for round := range rounds {
			shown += logOutWhileRefreshing(t, instances, round)
		}
		require.Zero(t, db.Count(t, "SELECT count(*) FROM sessions"))
		require.Zero(t, events(instances, "token_refresh", "reused"))
		t.Logf("%d logouts against refreshes, %d tokens shown afterwards on %d instances: 0 worked", rounds, shown,
			len(instances))
	})
}

func logOutWhileRefreshing(t *testing.T, instances []*kit.Service, round int) (shown int) {
	t.Helper()
	ada := instances[round%len(instances)].SignIn(t, person(round))
	tabs, done := browser{instances: instances, tokens: make(chan string, 100_000)}, make(chan error, 1)
	go func() { done <- tabs.refresh(ada.Refresh) }()
	var given []string
	for range 2 + 5*(round%7) { // some way into it
		given = append(given, <-tabs.tokens)
	}
	last := instances[(round+1)%len(instances)]
	last.LogOut(t, ada.Access, []string{"local", "global"}[round%2]).Want(t, http.StatusNoContent)
	requireEnded(t, instances, ada)
	require.NoError(t, <-done)
	close(tabs.tokens)
	for token := range tabs.tokens {
		given = append(given, token)
	}
	for _, token := range given {
		for _, instance := range instances {
			s := instance.Unchecked()
			s.VerifyToken(t, token).Refused(t, http.StatusUnauthorized, "token_not_valid")
			s.Refresh(t, token).Refused(t, http.StatusUnauthorized, "token_not_valid")
			s.Profile(t, token).Refused(t, http.StatusUnauthorized, "token_not_valid")
		}
	}
	return len(given)
}

// deafSessions commit a rotation, and then hold its answer back until the client has
// hung up.
type deafSessions struct {
	port.Sessions
	deaf     *atomic.Bool
	rotated  chan struct{}
	released chan struct{}
}

func (s deafSessions) Rotate(ctx context.Context, r port.Rotation) (port.RotationResult, error) {
	rotated, err := s.Sessions.Rotate(ctx, r)
	if s.deaf.CompareAndSwap(true, false) {
		s.rotated <- struct{}{}
		<-s.released
	}
	return rotated, err
}

// The rotation is committed, and its response is lost. A client that retries with the
// token they have, on any instance, is let in.
func TestSessionRaces_lostAnswer(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		var deaf atomic.Bool
		rotated, released := make(chan struct{}), make(chan struct{})
		instances := kit.StartAll(t, db,
			kit.Options{Set: rotating("jwt.refresh_grace", "1m"), Swap: func(ports *bootstrap.Ports) {
				ports.Sessions = deafSessions{ports.Sessions, &deaf, rotated, released}
			}})
		one, other := instances[0], instances[len(instances)-1]
		ada := one.SignIn(t, "ada@example.com")
		for n := range 10 {
			ctx, hangUp := context.WithCancel(t.Context())
			deaf.Store(true)
			go func() {
				<-rotated
				hangUp()
			}()
			_, err := one.TryContext(ctx, http.MethodPost, kit.RefreshPath, kit.JSON{"refresh": ada.Refresh})
			released <- struct{}{}
			require.ErrorIs(t, err, context.Canceled)
			require.Equal(t, n+1, db.Count(t, "SELECT generation FROM sessions"), "not committed: this tests nothing")
			ada = next(t, other, ada)
			require.Equal(t, n+1, db.Count(t, "SELECT generation FROM sessions"), "a repeat must write nothing")
		}
		requireStands(t, instances, ada)
		require.Eventually(t, func() bool { return events(instances, "token_refresh", string(domain.RefreshRepeat)) == 10 },
			5*time.Second, time.Millisecond)
	})
}

// The server is killed again and again while clients refresh. No user is logged out,
// and no token that they were given is lost.
func TestSessionRaces_kill(t *testing.T) {
	t.Parallel()
	for _, dialect := range []kit.Dialect{kit.SQLite, kit.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			db := kit.Database{Dialect: kit.SQLite, URL: "sqlite://" + filepath.Join(dir, "doorcode.db")}
			if dialect == kit.Postgres {
				db = kit.Database{Dialect: kit.Postgres, URL: pgtest.OwnCluster(t, pgtest.Options{Fsync: true}).URL("postgres")}
			}
			killWhilePeopleRefresh(t, dir, db)
		})
	}
}

// household is clients that refresh, each its own session.
type household struct {
	*town

	want      int64
	refreshed atomic.Int64
	grown     chan struct{} // receives after each refresh
	lostCalls atomic.Int64
}

func killWhilePeopleRefresh(t *testing.T, dir string, db kit.Database) {
	t.Helper()
	_, kills := chaos(t)
	const each = 100 // refreshes between two kills
	h := &household{town: newTown(0), want: int64((kills + 1) * each), grown: make(chan struct{}, 1)}
	options := kit.ProcessOptions{Dir: dir, Env: []string{
		"DOORCODE_DATABASE_URL=" + db.URL, "DOORCODE_LOG_FORMAT=json", "DOORCODE_JWT_REFRESH_GRACE=60",
		"DOORCODE_JWT_REFRESH_TOKEN_LIFETIME_DAYS=1",
	}}
	first := kit.Serve(t, options)
	h.move(first)
	const people = 8
	sessions, errs := make([]kit.Session, people), make([]error, people)
	for i := range sessions {
		first.Request(t, person(i)).Want(t, http.StatusOK)
		sessions[i] = first.Verify(t, person(i), first.Code(t, person(i))).Session(t)
	}
	var working sync.WaitGroup
	for i := range people {
		working.Go(func() { sessions[i].Refresh, errs[i] = h.live(sessions[i].Refresh) })
	}
	logs := []*kit.Journal{first.Log}
	for n := range kills {
		h.await(t, int64((n+1)*each))
		h.server().Kill(t)
		again := kit.Serve(t, options)
		logs = append(logs, again.Log)
		h.move(again)
	}
	working.Wait()
	require.NoError(t, errors.Join(errs...))
	repeats := 0
	for _, log := range logs {
		require.NotContains(t, log.String(), `"reason":"reused"`)
		repeats += strings.Count(log.String(), `"reason":"repeat"`)
	}
	for _, s := range sessions {
		h.server().Refresh(t, s.Refresh).Want(t, http.StatusOK)
	}
	require.Equal(t, people, db.Count(t, "SELECT count(*) FROM sessions"))
	t.Logf("%d refreshes, %d kills, %d answers lost, %d of them after the commit: 0 people logged out",
		h.refreshed.Load(), kills, h.lostCalls.Load(), repeats)
}

func (h *household) await(t *testing.T, n int64) {
	t.Helper()
	late := time.After(time.Minute)
	for h.refreshed.Load() < n {
		select {
		case <-h.grown:
		case <-late:
			t.Fatal("nobody refreshes any more")
		}
	}
}

// live refreshes until all have done so often enough. Whenever no server answers, it
// shows the next server the token that it has.
func (h *household) live(refresh string) (string, error) {
	for h.refreshed.Load() < h.want {
		p := h.server()
		answer, err := p.Unchecked().Try(http.MethodPost, kit.RefreshPath, kit.JSON{"refresh": refresh})
		if err != nil {
			h.lostCalls.Add(1)
			h.after(p)
			continue
		}
		if answer.Status != http.StatusOK {
			return refresh, fmt.Errorf("a refresh: %s", answer)
		}
		refresh = answer.Text("refresh")
		h.refreshed.Add(1)
		select {
		case h.grown <- struct{}{}:
		default:
		}
	}
	return refresh, nil
}
