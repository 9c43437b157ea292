// Kill: the server is killed again and again while people sign in. What they were
// told has happened, and no code has opened two sessions.
package acceptance_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// envChaos makes the tests of kills so many times as long: 10 is 10,000 sign-ins
// and 200 kills on each store.
const envChaos = "DOORCODE_TEST_CHAOS"

// chaos is how long the tests of kills are.
func chaos(t *testing.T) (signIns, kills int) {
	t.Helper()
	times, text := 1, os.Getenv(envChaos)
	if text != "" {
		var err error
		times, err = strconv.Atoi(text)
		require.NoError(t, err, envChaos)
	}
	return 1000 * times, 20 * times
}

func TestKill_losesNothing(t *testing.T) {
	t.Parallel()
	for _, dialect := range []kit.Dialect{kit.SQLite, kit.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			db := kit.Database{Dialect: kit.SQLite, URL: "sqlite://" + filepath.Join(dir, "doorcode.db")}
			if dialect == kit.Postgres {
				db = kit.Database{Dialect: kit.Postgres, URL: pgtest.OwnCluster(t, pgtest.Options{Fsync: true}).URL("postgres")}
			}
			killWhilePeopleSignIn(t, dir, db)
		})
	}
}

func killWhilePeopleSignIn(t *testing.T, dir string, db kit.Database) {
	t.Helper()
	options := kit.ProcessOptions{Dir: dir, Env: []string{"DOORCODE_DATABASE_URL=" + db.URL, "DOORCODE_LOG_LEVEL=error"}}
	signIns, kills := chaos(t)
	town := newTown(signIns)
	town.move(kit.Serve(t, options))
	var working sync.WaitGroup
	const people = 8
	for i := range people {
		working.Go(func() { town.live(i) })
	}
	var slowest time.Duration
	for n := range kills {
		town.await(t, signIns*(n+1)/(kills+1))
		town.server().Kill(t)
		next := kit.Serve(t, options)
		slowest = max(slowest, next.ReadyIn)
		town.move(next)
	}
	working.Wait()
	require.Empty(t, town.complaints)
	last := town.server()
	for _, ada := range town.sessions[:10] {
		last.Profile(t, ada.Access).Want(t, http.StatusOK)
	}
	exit, _ := last.Terminate(t)
	require.Zero(t, exit, last.Log)
	town.audit(t, db)
	t.Logf("%d sign-ins, %d kills, %d answers lost, ready after %s at most", len(town.sessions), kills, town.lost, slowest)
}

// town is clients that sign in, over and over, each time as a new user.
type town struct {
	want int

	mu         sync.Mutex
	process    *kit.Process
	moved      chan struct{} // closed when there is another process
	grown      chan struct{} // closed when there is another session
	sessions   []acknowledged
	lost       int // verifies whose answer never came
	complaints []string
}

// acknowledged is a session that a client has received.
type acknowledged struct{ who, id, Access string }

func newTown(want int) *town {
	return &town{want: want, moved: make(chan struct{}), grown: make(chan struct{})}
}

func (w *town) move(p *kit.Process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.process = p
	close(w.moved)
	w.moved = make(chan struct{})
}

func (w *town) server() *kit.Process {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.process
}

// after waits for another server than p, which has hung up: it has been killed.
func (w *town) after(p *kit.Process) {
	w.mu.Lock()
	moved, same := w.moved, w.process == p
	w.mu.Unlock()
	if same {
		<-moved
	}
}

// await waits until there are n sessions.
func (w *town) await(t *testing.T, n int) {
	t.Helper()
	late := time.After(time.Minute)
	for {
		w.mu.Lock()
		done, grown, complaints := len(w.sessions) >= n, w.grown, w.complaints
		w.mu.Unlock()
		require.Empty(t, complaints)
		if done {
			return
		}
		select {
		case <-grown:
		case <-late:
			t.Fatal("nobody signs in any more")
		}
	}
}

func (w *town) note(do func()) (done bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
	close(w.grown)
	w.grown = make(chan struct{})
	return len(w.sessions) >= w.want
}

// live signs people in until there are enough.
func (w *town) live(street int) {
	for n := 0; ; n++ {
		who := fmt.Sprintf("s%d-%d@example.com", street, n)
		session, err := w.signIn(who)
		done := w.note(func() {
			switch {
			case err != nil:
				w.complaints = append(w.complaints, who+": "+err.Error())
			case session != acknowledged{}:
				w.sessions = append(w.sessions, session)
			}
		})
		if done || err != nil {
			return
		}
	}
}

// signIn signs a user in, and retries when no server answers. It returns no
// session when an answer is lost and what was done is done.
func (w *town) signIn(who string) (acknowledged, error) {
	asked, err := w.insist(kit.RequestPath, kit.JSON{"identifier": who})
	if err != nil || asked.Status != http.StatusOK {
		return acknowledged{}, errors.Join(err, unless(asked.Status == http.StatusTooManyRequests, "asking: %s", asked))
	}
	code, err := w.server().Codes.Newest(who)
	if err != nil {
		return acknowledged{}, err
	}
	verify := kit.JSON{"challenge_id": asked.Text("challenge_id"), "otp_code": code}
	p := w.server()
	verified, err := p.Unchecked().Try(http.MethodPost, kit.VerifyPath, verify)
	if err != nil {
		w.note(func() { w.lost++ })
		w.after(p)
		if verified, err = w.insist(kit.VerifyPath, verify); err != nil || verified.Status == http.StatusBadRequest {
			return acknowledged{}, err // it had happened
		}
	}
	if verified.Status != http.StatusOK {
		return acknowledged{}, fmt.Errorf("giving back the right code: %s", verified)
	}
	again, err := w.insist(kit.VerifyPath, verify)
	if err != nil || again.Status != http.StatusBadRequest {
		return acknowledged{}, fmt.Errorf("giving it back once more: %s: %w", again, err)
	}
	return acknowledged{who, verified.Text("session_id"), verified.Text("tokens", "access")}, nil
}

func unless(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// insist posts until a server answers.
func (w *town) insist(path string, body any) (answer kit.Answer, err error) {
	for range 10 {
		p := w.server()
		if answer, err = p.Unchecked().Try(http.MethodPost, path, body); err == nil {
			return answer, nil
		}
		w.after(p)
	}
	return answer, err
}

// audit holds what people were told against what is stored.
func (w *town) audit(t *testing.T, db kit.Database) {
	t.Helper()
	conn := db.Open(t)
	stored := map[string]string{} // session -> user
	for _, row := range column(t, conn,
		"SELECT CAST(s.id AS text) || ' ' || u.email FROM sessions s JOIN users u ON u.id = s.user_id") {
		stored[row[:36]] = row[37:]
	}
	for _, session := range w.sessions {
		require.Equal(t, session.who, stored[session.id], "a session was lost, or is somebody else's")
	}
	people := map[string]bool{}
	for _, who := range stored {
		require.False(t, people[who], "%s has two sessions of one code", who)
		people[who] = true
	}
	require.Empty(t, column(t, conn, "SELECT email FROM users WHERE id NOT IN (SELECT user_id FROM sessions)"))
}
