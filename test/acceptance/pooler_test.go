package acceptance_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// Two instances have 32 connections to a pooler that has 10 to the server.
func TestPooler_inTransactionMode(t *testing.T) {
	t.Parallel()
	const workers, each = 50, 10
	url := pgtest.Pooler(t, pgtest.Database(t), "pool_mode = transaction", "default_pool_size = 10")
	instances := kit.StartAll(t, kit.Database{Dialect: kit.Postgres, URL: url}, kit.Options{})
	var all sync.WaitGroup
	for worker := range workers {
		s := instances[worker%len(instances)]
		all.Go(func() {
			for n := range each {
				address := fmt.Sprintf("ada%d.%d@example.com", worker, n)
				if err := signInUnchecked(t, s, address); err != nil {
					t.Errorf("sign in %s: %v", address, err)
				}
			}
		})
	}
	all.Wait()
	for _, s := range instances {
		require.Equal(t, http.StatusOK, s.Do(t, http.MethodGet, "/readyz", nil).Status)
		require.NotContains(t, s.Log.String(), `"level":"ERROR"`)
	}
}

// signInUnchecked signs in from any goroutine and reads the profile.
func signInUnchecked(t *testing.T, s *kit.Service, address string) error {
	client := s.Unchecked()
	answer, err := client.Try(http.MethodPost, "/api/auth/otp/request/", map[string]string{"identifier": address})
	if err != nil || answer.Status != http.StatusOK {
		return fmt.Errorf("request: %v, %w", answer, err)
	}
	code := s.Inbox.Code(t, address)
	answer, err = client.Try(http.MethodPost, "/api/auth/otp/verify/",
		map[string]string{"identifier": address, "otp_code": code})
	if err != nil || answer.Status != http.StatusOK {
		return fmt.Errorf("verify: %v, %w", answer, err)
	}
	answer, err = client.Try(http.MethodGet, "/api/profile/", nil, kit.Bearer(answer.Text("tokens", "access")))
	if err != nil || answer.Status != http.StatusOK || answer.Text("email") != address {
		return fmt.Errorf("profile: %v, %w", answer, err)
	}
	return nil
}

func TestPooler_thatIsRefused(t *testing.T) {
	t.Parallel()
	url := pgtest.Pooler(t, pgtest.Database(t), "pool_mode = transaction")
	result := kit.Run(t, kit.Binary(t), t.TempDir(), []string{
		"DOORCODE_DATABASE_URL=" + url, "DOORCODE_DATABASE_POOLER=none", "DOORCODE_SECRET_KEY=" + kit.SecretKey,
	}, "serve")
	require.NotZero(t, result.Code)
	require.Contains(t, result.Err, "set database.pooler to auto, or connect to the server itself")
}
