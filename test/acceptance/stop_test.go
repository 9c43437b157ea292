// Stop: a service that is told to end under load loses no client that honours its
// readiness.
package acceptance_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

func TestStop_underLoad(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{"sqlite": "sqlite://doorcode.db", "postgres": pgtest.Database(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := kit.Serve(t, kit.ProcessOptions{Env: []string{
				"DOORCODE_DATABASE_URL=" + url, "DOORCODE_HTTP_DRAIN=1s",
				"DOORCODE_LOG_LEVEL=error",
			}})
			const clients = 8
			var (
				working  sync.WaitGroup
				signedIn atomic.Int64
				lost     [clients]error
			)
			for i := range clients {
				working.Go(func() { lost[i] = signInWhileReady(p, i, &signedIn) })
			}
			require.Eventually(t, func() bool { return signedIn.Load() >= 5*clients }, 20*time.Second, time.Millisecond)
			exit, took := p.Terminate(t)
			working.Wait()
			require.Zero(t, exit, p.Log)
			require.Less(t, took, 15*time.Second)
			for _, err := range lost {
				require.NoError(t, err)
			}
			t.Logf("%d sign-ins, the end took %s", signedIn.Load(), took)
		})
	}
}

// signInWhileReady signs people in as long as the service says that it is ready.
// Each sign-in is begun and finished within one such word, and none may fail.
func signInWhileReady(p *kit.Process, client int, signedIn *atomic.Int64) error {
	c := p.Unchecked()
	for n := 0; ; n++ {
		ready, err := c.Try(http.MethodGet, "/readyz", nil)
		if err != nil {
			return fmt.Errorf("the socket was closed before anybody was told: %w", err)
		}
		if ready.Status != http.StatusOK {
			return nil
		}
		who := fmt.Sprintf("c%d-%d@example.com", client, n)
		asked, err := c.Try(http.MethodPost, kit.RequestPath, kit.JSON{"identifier": who})
		if err != nil || asked.Status != http.StatusOK {
			return fmt.Errorf("ask for %s: %s: %w", who, asked, err)
		}
		code, err := p.Codes.Newest(who)
		if err != nil {
			return err
		}
		verified, err := c.Try(http.MethodPost, kit.VerifyPath, kit.JSON{"identifier": who, "otp_code": code})
		if err != nil || verified.Status != http.StatusOK {
			return fmt.Errorf("verify %s: %s: %w", who, verified, err)
		}
		signedIn.Add(1)
	}
}
