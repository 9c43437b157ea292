// Races: many at once, over all the instances that a store allows, and exactly as
// many winners as there may be.
package acceptance_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit"
)

// atOnce posts n bodies at once, in turn to each instance, and returns the
// answers.
func atOnce(t *testing.T, instances []*kit.Service, n int, path string, body func(i int) any) []kit.Answer {
	t.Helper()
	answers, errs := make([]kit.Answer, n), make([]error, n)
	start := make(chan struct{})
	var racing sync.WaitGroup
	for i := range n {
		racing.Go(func() {
			<-start
			answers[i], errs[i] = instances[i%len(instances)].Unchecked().Try(http.MethodPost, path, body(i))
		})
	}
	close(start)
	racing.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	return answers
}

// abreast makes guesses wait for one another, a hundred at a time, between reading
// a secret and deciding on it: the worst moment for all of them.
type abreast struct {
	mu      sync.Mutex
	waiting int
	gate    chan struct{} // closed when the hundredth has come; nil for no more waiting
}

const rank = 100

func newAbreast() *abreast { return &abreast{gate: make(chan struct{})} }

// plug makes the guesses of a service wait.
func (a *abreast) plug(ports *bootstrap.Ports) {
	ports.OTPSecrets = abreastSecrets{ports.OTPSecrets, a}
}

// dismiss lets everybody pass from now on.
func (a *abreast) dismiss() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.gate = nil
}

func (a *abreast) wait() {
	a.mu.Lock()
	gate := a.gate
	if gate == nil {
		a.mu.Unlock()
		return
	}
	if a.waiting++; a.waiting == rank {
		close(gate)
		a.gate, a.waiting = make(chan struct{}), 0
	}
	a.mu.Unlock()
	select {
	case <-gate:
	case <-time.After(20 * time.Second): // the test fails by what it counts
	}
}

type abreastSecrets struct {
	port.OTPSecrets
	abreast *abreast
}

func (s abreastSecrets) Find(ctx context.Context, q port.OTPQuery) (domain.OTPSecret, bool, error) {
	secret, found, err := s.OTPSecrets.Find(ctx, q)
	s.abreast.wait()
	return secret, found, err
}

// count tells how many answers there are of each status.
func count(answers []kit.Answer) map[int]int {
	statuses := map[int]int{}
	for _, a := range answers {
		statuses[a.Status]++
	}
	return statuses
}

// requireCount wants exactly so many of each or, when a busy machine had some
// turned away with 503 (which tell nothing: -1), at most so many.
func requireCount(t *testing.T, want, got map[int]int) {
	t.Helper()
	away := got[http.StatusServiceUnavailable] + got[-1]
	delete(got, http.StatusServiceUnavailable)
	delete(got, -1)
	if away == 0 {
		require.Equal(t, want, got)
	}
	for what, n := range got {
		require.LessOrEqual(t, n, want[what], "%d, of %v", what, got)
	}
}

// Of a thousand wrong guesses three are counted. Each of the three is told so,
// and the others are told what they would be told of a challenge that is not
// there.
func TestRaces_wrongGuesses(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		together := newAbreast()
		instances := kit.StartAll(t, db, kit.Options{Swap: together.plug})
		id := instances[0].Request(t, "ada@example.com").Want(t, http.StatusOK).Text("challenge_id")
		code := instances[0].Code(t, "ada@example.com")
		wrong := kit.WrongCodes(code, 9)
		answers := atOnce(t, instances, 1000, kit.VerifyPath, func(i int) any {
			return kit.JSON{"challenge_id": id, "otp_code": wrong[i%len(wrong)]}
		})
		left := map[int]int{}
		for _, a := range answers {
			left[a.Number("attempts_left")]++
		}
		requireCount(t, map[int]int{http.StatusBadRequest: 1000}, count(answers))
		requireCount(t, map[int]int{2: 1, 1: 1, 0: 998}, left)
		require.Equal(t, 3, db.Count(t, "SELECT attempts FROM otp_secrets"))
		together.dismiss()
		requireRefused(t, instances[0].VerifyChallenge(t, id, code), 0)
	})
}

// An attacker with a thousand parallel guesses has three attempts: the right code
// among them counts only if it comes while there is one left.
func TestRaces_guessing(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		together := newAbreast()
		instances := kit.StartAll(t, db, kit.Options{Swap: together.plug})
		for round := range 5 {
			who := person(round)
			id := instances[0].Request(t, who).Want(t, http.StatusOK).Text("challenge_id")
			code := instances[0].Code(t, who)
			guesses := append(kit.WrongCodes(code, 9), code)
			answers := atOnce(t, instances, rank, kit.VerifyPath, func(i int) any {
				return kit.JSON{"challenge_id": id, "otp_code": guesses[i%len(guesses)]}
			})
			won, told := count(answers)[http.StatusOK], 0
			for _, a := range answers {
				if a.Number("attempts_left") > 0 {
					told++
				}
			}
			require.LessOrEqual(t, won, 1)
			require.LessOrEqual(t, won+told, 3, "more guesses got an answer that depends on the code")
			require.LessOrEqual(t, won, db.Count(t, "SELECT count(*) FROM users WHERE email = $1", who))
			require.LessOrEqual(t, db.Count(t, "SELECT attempts FROM otp_secrets WHERE recipient = $1", who), 3)
		}
	})
}

func TestRaces_rightCodes(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		together := newAbreast()
		instances := kit.StartAll(t, db, kit.Options{Swap: together.plug})
		id := instances[0].Request(t, "ada@example.com").Want(t, http.StatusOK).Text("challenge_id")
		code := instances[0].Code(t, "ada@example.com")
		answers := atOnce(t, instances, 200, kit.VerifyPath, func(i int) any {
			if i%4 < 2 {
				return kit.JSON{"challenge_id": id, "otp_code": code}
			}
			return kit.JSON{"identifier": "ada@example.com", "otp_code": code}
		})
		requireCount(t, map[int]int{http.StatusOK: 1, http.StatusBadRequest: 199}, count(answers))
		for _, table := range []string{"users", "sessions"} {
			require.Equal(t, 1, db.Count(t, "SELECT count(*) FROM "+table), table)
		}
	})
}

// Ten spellings of one number are one person, however many sign in at once.
func TestRaces_firstSignIns(t *testing.T) {
	t.Parallel()
	spelt := []string{
		"+15551234567", "+1 555 123 4567", "+1-555-123-4567", "+1 (555) 123-4567", "+1(555)1234567",
		" +15551234567", "+15551234567\t", "+1 5 5 5 1 2 3 4 5 6 7", "+1--555--1234567", "+(1)5551234567",
	}
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		instances := kit.StartAll(t, db, kit.Options{Set: map[string]string{"ratelimit.identifier_requests": "0"}})
		codes := sync.Map{} // by challenge
		start := make(chan struct{})
		sessions, errs := make([]kit.Answer, 100), make([]error, 100)
		var racing sync.WaitGroup
		for i := range sessions {
			s, who := instances[i%len(instances)], spelt[i%len(spelt)]
			source := referer(fmt.Sprintf("https://s%d.example/", i))
			racing.Go(func() {
				<-start
				sessions[i], errs[i] = signInSomehow(s, who, source, &codes)
			})
		}
		close(start)
		racing.Wait()
		user := db.Count(t, "SELECT max(id) FROM users")
		isNew, signedIn := 0, 0
		for i, a := range sessions {
			require.NoError(t, errs[i])
			if a.Status == http.StatusOK {
				signedIn++
				require.Equal(t, user, a.Number("user", "id"))
			}
			if a.Member("is_new_user") == true {
				isNew++
			}
		}
		t.Logf("%d of 100 are signed in", signedIn)
		require.LessOrEqual(t, isNew, 1)
		require.Positive(t, signedIn)
		require.LessOrEqual(t, signedIn, db.Count(t, "SELECT count(*) FROM sessions"))
		require.Equal(t, 1, db.Count(t, "SELECT count(*) FROM users"))
		require.LessOrEqual(t, db.Count(t, "SELECT count(*) FROM user_registration_sources"),
			db.Count(t, "SELECT count(*) FROM sessions"), "one a sign-in")
		require.Equal(t, 1, db.Count(t, "SELECT count(*) FROM user_registration_sources WHERE first_registration"))
	})
}

// signInSomehow asks for a code and gives it back, a few times while another client
// is first with it. codes are those of all challenges so far.
func signInSomehow(s *kit.Service, who string, source kit.Header, codes *sync.Map) (verified kit.Answer, err error) {
	client := s.Unchecked()
	for range 5 {
		asked, err := client.Try(http.MethodPost, kit.RequestPath, kit.JSON{"phone": who}, source)
		if err != nil || asked.Status != http.StatusOK {
			return asked, err
		}
		id := asked.Text("challenge_id")
		code, known := codes.Load(id)
		if !known {
			letters := s.Inbox.Letters()
			i := slices.IndexFunc(letters, func(l fake.Letter) bool { return string(l.ChallengeID) == id })
			code = letters[i].Code
			codes.Store(id, code)
		}
		verified, err = client.Try(http.MethodPost, kit.VerifyPath, kit.JSON{"challenge_id": id, "otp_code": code}, source)
		if err != nil || verified.Status == http.StatusOK {
			return verified, err
		}
	}
	return verified, nil
}

// A thousand requests for one person are three messages, and after a restart
// still three.
func TestRaces_requestsOfOnePerson(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		inbox := fake.NewInbox()
		instances := kit.StartAll(t, db, kit.Options{Inbox: inbox})
		flood := func(n int) map[int]int {
			return count(atOnce(t, instances, n, kit.RequestPath,
				func(int) any { return kit.JSON{"identifier": "ada@example.com"} }))
		}
		requireCount(t, map[int]int{http.StatusOK: 3, http.StatusTooManyRequests: 997}, flood(1000))
		for _, s := range instances {
			s.Stop(t)
		}
		instances = kit.StartAll(t, db, kit.Options{Inbox: inbox})
		requireCount(t, map[int]int{http.StatusTooManyRequests: 100}, flood(100))
		codes := map[string]int{}
		for _, letter := range inbox.Letters() {
			codes[letter.Code]++
		}
		require.Len(t, codes, 1)
		require.LessOrEqual(t, len(inbox.Letters()), 3)
	})
}

// However many ask at once, they have one challenge and one code, after a
// challenge that has just been used up too.
func TestRaces_requestsGetOneChallenge(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		instances := kit.StartAll(t, db, kit.Options{Set: map[string]string{"ratelimit.identifier_requests": "0"}})
		for round := range 3 {
			before := len(instances[0].Inbox.Letters())
			answers := atOnce(t, instances, 100, kit.RequestPath,
				func(int) any { return kit.JSON{"identifier": "ada@example.com"} })
			ids, codes := map[string]bool{}, map[string]bool{}
			for _, a := range answers {
				ids[a.Want(t, http.StatusOK).Text("challenge_id")] = true
			}
			for _, letter := range instances[0].Inbox.Wait(t, before+100)[before:] {
				codes[letter.Code] = true
				require.True(t, ids[string(letter.ChallengeID)])
			}
			require.Len(t, ids, 1, "round %d", round)
			require.Len(t, codes, 1, "round %d", round)
			instances[0].Verify(t, "ada@example.com", instances[0].Code(t, "ada@example.com")).Want(t, http.StatusOK)
		}
	})
}

// More clients than there are connections wait their turn: none is refused, and
// none hangs.
func TestRaces_moreClientsThanConnections(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{Set: map[string]string{"database.max_connections": "16"}})
		var busy sync.WaitGroup
		const clients, each = 64, 5
		answers, errs := make([]kit.Answer, clients*each), make([]error, clients*each)
		for i := range clients {
			busy.Go(func() {
				for n := i * each; n < (i+1)*each; n++ {
					answers[n], errs[n] = signInOnce(s, person(n))
				}
			})
		}
		busy.Wait()
		for i := range answers {
			require.NoError(t, errs[i])
			answers[i].Want(t, http.StatusOK)
		}
		require.Equal(t, clients*each, db.Count(t, "SELECT count(*) FROM sessions"))
	})
}

// signInOnce signs in a user without other requests in flight.
func signInOnce(s *kit.Service, who string) (kit.Answer, error) {
	client := s.Unchecked()
	asked, err := client.Try(http.MethodPost, kit.RequestPath, kit.JSON{"identifier": who})
	if err != nil || asked.Status != http.StatusOK {
		return asked, err
	}
	letters := s.Inbox.Letters()
	i := slices.IndexFunc(letters, func(l fake.Letter) bool { return l.To == who })
	return client.Try(http.MethodPost, kit.VerifyPath, kit.JSON{"identifier": who, "otp_code": letters[i].Code})
}
