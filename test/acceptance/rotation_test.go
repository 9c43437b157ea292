// Rotation: docs/rotating-keys.md, done over two instances under load.
package acceptance_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/jwt"
	"github.com/doorcode-auth/doorcode/adapters/system"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit"
)

// fleet is two instances behind a balancer, and clients that use them all the time
// with every token that is still good.
type fleet struct {
	db      kit.Database
	inbox   *fake.Inbox
	mu      sync.Mutex
	members [2]*kit.Service
	tokens  []string
	people  int

	done    [4]atomic.Int64 // answers that each client has had
	refused atomic.Int64    // 401 among them
	stop    chan struct{}
	working sync.WaitGroup
}

func startFleet(t *testing.T, set map[string]string) *fleet {
	t.Helper()
	f := &fleet{db: kit.OnPostgres(t), inbox: fake.NewInbox(), stop: make(chan struct{})}
	for i := range f.members {
		f.members[i] = f.start(t, set)
	}
	f.signIn(t)
	for n := range f.done {
		f.working.Go(func() { f.use(n) })
	}
	t.Cleanup(f.end)
	return f
}

func (f *fleet) start(t *testing.T, set map[string]string) *kit.Service {
	t.Helper()
	return kit.Start(t, f.db, kit.Options{Set: set, Inbox: f.inbox})
}

// end waits for the clients to go.
func (f *fleet) end() {
	select {
	case <-f.stop:
	default:
		close(f.stop)
	}
	f.working.Wait()
}

// use requests the profile, again and again, of one instance and the other, with one token
// and the next.
func (f *fleet) use(n int) {
	for i := n; ; i++ {
		select {
		case <-f.stop:
			return
		default:
		}
		f.mu.Lock()
		member, token := f.members[i%len(f.members)], f.tokens[i/len(f.members)%len(f.tokens)]
		f.mu.Unlock()
		answer, err := member.Unchecked().Try(http.MethodGet, kit.ProfilePath, nil, kit.Bearer(token))
		if err != nil {
			continue // it has just been stopped; a balancer would ask the other one
		}
		if answer.Status == http.StatusUnauthorized {
			f.refused.Add(1)
		}
		f.done[n].Add(1)
	}
}

// signIn signs a new user in at each instance; from now on their tokens are used.
func (f *fleet) signIn(t *testing.T) {
	t.Helper()
	for _, member := range f.members {
		f.people++
		session := member.SignIn(t, fmt.Sprintf("p%d@example.com", f.people))
		f.mu.Lock()
		f.tokens = append(f.tokens, session.Access)
		f.mu.Unlock()
	}
}

// settle waits until every client has tried every token on every instance.
func (f *fleet) settle(t *testing.T) {
	t.Helper()
	f.mu.Lock()
	rounds := int64(2 * len(f.members) * (len(f.tokens) + 1))
	f.mu.Unlock()
	for n := range f.done {
		want := f.done[n].Load() + rounds
		require.Eventually(t, func() bool { return f.done[n].Load() >= want }, time.Minute, time.Millisecond)
	}
}

// roll replaces one instance after the other, and people sign in all the while.
func (f *fleet) roll(t *testing.T, set map[string]string) {
	t.Helper()
	for i := range f.members {
		next := f.start(t, set)
		f.mu.Lock()
		before := f.members[i]
		f.members[i] = next
		f.mu.Unlock()
		before.Stop(t)
		f.signIn(t)
		f.settle(t)
	}
}

// forget lets the tokens end that were signed before: their time is over.
func (f *fleet) forget(t *testing.T) {
	t.Helper()
	f.mu.Lock()
	f.tokens = nil
	f.tokens = append(f.tokens, f.members[0].SignIn(t, "last@example.com").Access)
	f.mu.Unlock()
	f.settle(t)
}

// newKey is a key pair in files.
func newKey(t *testing.T, algorithm string) (private, public string) {
	t.Helper()
	made, err := jwt.GenerateKey(algorithm, system.Random{})
	require.NoError(t, err)
	private = filepath.Join(t.TempDir(), "key.pem")
	public = private + ".pub"
	require.NoError(t, os.WriteFile(private, made.Private, 0o600))
	require.NoError(t, os.WriteFile(public, made.Public, 0o600))
	return private, public
}

func signing(algorithm, private string, publics ...string) map[string]string {
	return map[string]string{
		"jwt.algorithm": algorithm, "jwt.private_key_file": private, "jwt.public_key_files": strings.Join(publics, ","),
	}
}

func TestKeysOfTokens_rotateWithoutARefusal(t *testing.T) {
	t.Parallel()
	oldKey, oldPublic := newKey(t, "RS256")
	nextKey, nextPublic := newKey(t, "ES256")
	f := startFleet(t, signing("RS256", oldKey))
	f.settle(t)
	kids := func() []any {
		return f.members[0].Do(t, http.MethodGet, "/.well-known/jwks.json", nil).Want(t, http.StatusOK).
			Members()["keys"].([]any)
	}
	require.Len(t, kids(), 1)

	f.roll(t, signing("RS256", oldKey, nextPublic)) // publish
	require.Len(t, kids(), 2)
	f.roll(t, signing("ES256", nextKey, oldPublic)) // switch
	require.Len(t, kids(), 2)
	f.forget(t)
	f.roll(t, signing("ES256", nextKey)) // retire
	require.Len(t, kids(), 1)
	f.end()
	var answers int64
	for n := range f.done {
		answers += f.done[n].Load()
	}
	require.Zero(t, f.refused.Load(), "refused, of %d", answers)
	t.Logf("0 of %d refused", answers)
}

// Without the first step some are refused, so the test above can see it.
func TestKeysOfTokens_switchedAtOnce(t *testing.T) {
	t.Parallel()
	oldKey, oldPublic := newKey(t, "ES256")
	nextKey, _ := newKey(t, "ES256")
	f := startFleet(t, signing("ES256", oldKey))
	after := signing("ES256", nextKey, oldPublic)
	maps.Copy(after, map[string]string{"log.level": "error"})
	f.roll(t, after)
	f.end()
	require.Positive(t, f.refused.Load())
}
