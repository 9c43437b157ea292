package proc

import (
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The test's own program plays the server: what it does is said by a variable.
const role = "PROC_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "":
		os.Exit(m.Run())
	case "serve":
		os.Exit(play(true))
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
		os.Exit(play(false))
	case "fail":
		os.Exit(3)
	}
}

// play answers 503 once, then 200, until it is asked to end.
func play(heed bool) int {
	asked := make(chan os.Signal, 1)
	if heed {
		signal.Notify(asked, syscall.SIGTERM)
	}
	l, err := net.Listen("tcp", os.Getenv("PROC_TEST_ADDRESS"))
	if err != nil {
		return 1
	}
	first := make(chan bool, 1)
	first <- true
	go func() {
		_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-first:
				w.WriteHeader(http.StatusServiceUnavailable)
			default:
				w.Header().Set("Home", os.Getenv("HOME"))
			}
		}))
	}()
	<-asked
	return 0
}

func start(t *testing.T, as string) *Server {
	t.Helper()
	address, err := FreeAddress()
	require.NoError(t, err)
	program, err := os.Executable()
	require.NoError(t, err)
	s, err := Start(Config{
		Program: program, Env: []string{role + "=" + as, "PROC_TEST_ADDRESS=" + address}, Address: address, Ready: "/readyz",
	})
	require.NoError(t, err)
	return s
}

func TestServer(t *testing.T) {
	t.Parallel()
	s := start(t, "serve")
	took, err := s.AwaitReady(t.Context())
	require.NoError(t, err)
	require.Greater(t, took, time.Duration(0))

	usage, err := s.Usage()
	require.NoError(t, err)
	require.Greater(t, usage.RSS, int64(1<<20))
	require.GreaterOrEqual(t, usage.Peak, usage.RSS)

	response, err := http.Get("http://" + s.config.Address)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Empty(t, response.Header.Get("Home"), "the environment is not inherited")

	require.NoError(t, s.Stop())
	require.NoFileExists(t, "/proc/"+strconv.Itoa(s.PID()))
	require.ErrorIs(t, s.Stop(), ErrEnded)
}

func TestServer_endsByItself(t *testing.T) {
	t.Parallel()
	s := start(t, "fail")
	_, err := s.AwaitReady(t.Context())
	require.ErrorIs(t, err, ErrEnded)
	require.ErrorContains(t, err, "exit status 3")
}

func TestServer_killedWhenItDoesNotListen(t *testing.T) {
	t.Parallel()
	s := start(t, "deaf")
	_, err := s.AwaitReady(t.Context())
	require.NoError(t, err)
	require.ErrorContains(t, s.stop(50*time.Millisecond), "did not end within 50ms")
	require.NoFileExists(t, "/proc/"+strconv.Itoa(s.PID()))
}
