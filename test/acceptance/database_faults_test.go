// Database faults: a PostgreSQL that stands still or dies. The service says so
// soon, never exits, and works again by itself.
package acceptance_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// The time to answer a request without a database, and to recover with it. The limits of
// the store are 2 seconds; the rest is for a busy machine. Without limits a request would
// wait until the database is back.
const (
	answerWithin  = 8 * time.Second
	recoverWithin = 20 * time.Second
)

func TestDatabaseFaults_standsStill(t *testing.T) {
	t.Parallel()
	cluster := pgtest.OwnCluster(t, pgtest.Options{})
	s := kit.Start(t, kit.Database{Dialect: kit.Postgres, URL: cluster.URL("postgres")}, kit.Options{})
	ada := s.SignIn(t, "ada@example.com")
	s.Request(t, "eve@example.com").Want(t, http.StatusOK)
	eves := s.Code(t, "eve@example.com")

	require.NoError(t, cluster.Pause())
	resume := time.Now().Add(10 * time.Second)
	var asking sync.WaitGroup
	complaints := make([]error, 64)
	asked := make([]int, len(complaints))
	for i := range complaints {
		asking.Go(func() {
			for complaints[i] == nil && (asked[i] < 3 || time.Now().Before(resume)) {
				complaints[i] = requireAway(s, i+asked[i], ada.Access)
				asked[i]++
			}
		})
	}
	asking.Wait()
	for _, complaint := range complaints {
		require.NoError(t, complaint)
	}
	require.NoError(t, cluster.Resume())
	requireWell(t, s.Client, ada)
	s.Profile(t, s.Verify(t, "eve@example.com", eves).Session(t).Access).Want(t, http.StatusOK)
	s.SignIn(t, "late@example.com")
}

// requireAway makes one of the requests that need a database and is told that
// there is none.
func requireAway(s *kit.Service, turn int, access string) error {
	var answer kit.Answer
	var err error
	c := s.Unchecked()
	switch turn % 4 {
	case 0:
		answer, err = c.Try(http.MethodPost, kit.RequestPath, kit.JSON{"identifier": person(turn)})
	case 1:
		answer, err = c.Try(http.MethodPost, kit.VerifyPath, kit.JSON{"identifier": person(turn), "otp_code": "123456"})
	case 2:
		answer, err = c.Try(http.MethodGet, kit.ProfilePath, nil, kit.Bearer(access))
	default:
		answer, err = c.Try(http.MethodGet, "/readyz", nil)
	}
	switch {
	case err != nil:
		return err
	case answer.Status != http.StatusServiceUnavailable, answer.Text("code") != "unavailable",
		answer.Header.Get("Retry-After") == "":
		return fmt.Errorf("request %d: %s", turn, answer)
	case answer.Took > answerWithin:
		return fmt.Errorf("request %d was answered after %s", turn, answer.Took)
	}
	return nil
}

// requireWell waits until the service is well, which must be soon, and then
// wants no more hiccups.
func requireWell(t *testing.T, c kit.Client, ada kit.Session) {
	t.Helper()
	require.Eventually(t, func() bool {
		answer, err := c.Try(http.MethodGet, kit.ProfilePath, nil, kit.Bearer(ada.Access))
		return err == nil && answer.Status == http.StatusOK
	}, recoverWithin, 10*time.Millisecond)
	var asking sync.WaitGroup
	answers, errs := make([]kit.Answer, 64), make([]error, 64)
	for i := range answers {
		asking.Go(func() { answers[i], errs[i] = c.Try(http.MethodGet, kit.ProfilePath, nil, kit.Bearer(ada.Access)) })
	}
	asking.Wait()
	for i, answer := range answers {
		require.NoError(t, errs[i])
		require.Equal(t, ada.UserUUID, answer.Want(t, http.StatusOK).Text("uuid"))
		require.Less(t, answer.Took, answerWithin)
	}
}

func TestDatabaseFaults_dies(t *testing.T) {
	t.Parallel()
	cluster := pgtest.OwnCluster(t, pgtest.Options{Fsync: true})
	p := kit.Serve(t, kit.ProcessOptions{Env: []string{"DOORCODE_DATABASE_URL=" + cluster.URL("postgres")}})
	var all []kit.Session
	for round := range 3 {
		who := person(round)
		p.Request(t, who).Want(t, http.StatusOK)
		all = append(all, p.Verify(t, who, p.Code(t, who)).Session(t))
		require.NoError(t, cluster.Kill())
		for range 5 {
			away := p.Profile(t, all[0].Access).Refused(t, http.StatusServiceUnavailable, "unavailable")
			require.Less(t, away.Took, answerWithin)
			late := p.Request(t, "late@example.com").Refused(t, http.StatusServiceUnavailable, "unavailable")
			require.Less(t, late.Took, answerWithin)
			p.Do(t, http.MethodGet, "/readyz", nil).Want(t, http.StatusServiceUnavailable)
			p.Do(t, http.MethodGet, "/healthz", nil).Want(t, http.StatusOK)
		}
		require.NoError(t, cluster.Restart())
		requireWell(t, p.Client, all[0])
		for _, session := range all {
			p.Profile(t, session.Access).Want(t, http.StatusOK)
		}
		p.Do(t, http.MethodGet, "/readyz", nil).Want(t, http.StatusOK)
		require.False(t, p.Ended())
	}
	exit, _ := p.Terminate(t)
	require.Zero(t, exit, p.Log)
}

// A database that is not there at the start is told, and ends the program.
func TestDatabaseFaults_atTheStart(t *testing.T) {
	t.Parallel()
	cluster := pgtest.OwnCluster(t, pgtest.Options{})
	url := cluster.URL("postgres")
	require.NoError(t, cluster.Kill())
	p := kit.Launch(t, kit.ProcessOptions{Env: []string{"DOORCODE_DATABASE_URL=" + url}})
	require.Equal(t, 1, p.Wait(t))
	require.Contains(t, p.Log.String(), "database")
}
