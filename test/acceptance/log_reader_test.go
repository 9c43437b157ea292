// Log reader: a log without a reader is the reader's affair. The service goes on,
// ends when it is told to, and tells later what is missing.
package acceptance_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
	"github.com/doorcode-auth/doorcode/test/kit/proc"
)

// serveWithLog starts the program with its log in a pipe, and gives the end of the
// pipe that a reader reads.
func serveWithLog(t *testing.T, env ...string) (server *proc.Server, url string, log *os.File) {
	t.Helper()
	log, in, err := os.Pipe()
	require.NoError(t, err)
	defer in.Close()
	t.Cleanup(func() { log.Close() })
	dir, out := t.TempDir(), &kit.Journal{}
	server, err = proc.Start(proc.Config{
		Program: kit.Binary(t), Dir: dir, Args: []string{"serve"}, Out: out, Log: in,
		Env: append([]string{
			"DOORCODE_HTTP_ADDR=127.0.0.1:0", "DOORCODE_HTTP_DRAIN=0", "DOORCODE_SECRET_KEY=" + kit.SecretKey,
			"DOORCODE_DATABASE_URL=sqlite://" + filepath.Join(dir, "doorcode.db"),
		}, env...),
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, server.Signal(os.Kill))
		<-server.Ended()
	})
	listens := regexp.MustCompile(`listens on (http://\S+)`)
	require.Eventually(t, func() bool {
		found := listens.FindStringSubmatch(out.String())
		if found != nil {
			url = found[1]
		}
		return found != nil
	}, 15*time.Second, time.Millisecond)
	return server, url, log
}

// ask makes requests with ids of their own, from one number to another.
func ask(t *testing.T, url string, from, to int) {
	t.Helper()
	client := &http.Client{Timeout: 5 * time.Second}
	defer client.CloseIdleConnections()
	for i := from; i < to; i++ {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/healthz", http.NoBody)
		require.NoError(t, err)
		request.Header.Set("X-Request-Id", fmt.Sprintf("ask-%d", i))
		response, err := client.Do(request)
		require.NoError(t, err, "request %d", i)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode)
	}
}

// One line takes about 150 bytes: so many fill a pipe of 64 KiB twice.
const linesOfAPipe = 1000

func TestLogReader_thatStandsStill(t *testing.T) {
	t.Parallel()
	server, url, _ := serveWithLog(t)
	ask(t, url, 0, linesOfAPipe)
	begun := time.Now()
	require.NoError(t, server.Signal(syscall.SIGTERM))
	select {
	case <-server.Ended():
	case <-time.After(10 * time.Second):
		t.Fatal("the log holds the end up")
	}
	require.Zero(t, server.ExitCode())
	t.Logf("the end took %s", time.Since(begun))
}

// What was said while the reader stood still is there, in its order, up to the last
// line; what found no room is counted.
func TestLogReader_thatComesBack(t *testing.T) {
	t.Parallel()
	const rooms = 1<<20 + 64<<10 // the service's own, and the pipe's
	server, url, log := serveWithLog(t, "DOORCODE_LOG_LEVEL=info")
	asked := 3 * rooms / 150 / 2
	ask(t, url, 0, asked)
	read, caughtUp := make(chan []string, 1), make(chan struct{})
	go func() {
		var lines []string
		for scanner := bufio.NewScanner(log); scanner.Scan(); {
			lines = append(lines, scanner.Text())
			if strings.Contains(scanner.Text(), `msg="log lines dropped"`) {
				close(caughtUp)
			}
		}
		read <- lines
	}()
	select {
	case <-caughtUp: // and so there is room again for what the end says
	case <-time.After(30 * time.Second):
		t.Fatal("nothing is told of the lines that were dropped")
	}
	require.NoError(t, server.Signal(syscall.SIGTERM))
	<-server.Ended()
	require.Zero(t, server.ExitCode())

	lines, seen, told := <-read, 0, 0
	for _, line := range lines {
		if found := regexp.MustCompile(`request_id=ask-(\d+)`).FindStringSubmatch(line); found != nil {
			require.Equal(t, fmt.Sprint(seen+told), found[1], "out of its place: %s", line)
			seen++
		}
		if found := regexp.MustCompile(`level=WARN msg="log lines dropped" count=(\d+)`).
			FindStringSubmatch(line); found != nil {
			require.Zero(t, told, "told twice")
			_, err := fmt.Sscan(found[1], &told)
			require.NoError(t, err)
		}
	}
	require.NotZero(t, told)
	require.Equal(t, asked, seen+told)
	require.Contains(t, lines[len(lines)-1], "msg=stopped")
	t.Logf("%d lines read, %d dropped", seen, told)
}

// Without haste nothing is lost.
func TestLogReader_thatReads(t *testing.T) {
	t.Parallel()
	p := kit.Serve(t, kit.ProcessOptions{})
	ask(t, p.URL, 0, linesOfAPipe)
	exit, _ := p.Terminate(t)
	require.Zero(t, exit)
	last := -1
	for line := range strings.Lines(p.Log.String()) {
		if found := regexp.MustCompile(`request_id=ask-(\d+)`).FindStringSubmatch(line); found != nil {
			require.Equal(t, fmt.Sprint(last+1), found[1])
			last++
		}
	}
	require.Equal(t, linesOfAPipe-1, last)
	require.True(t, strings.HasSuffix(p.Log.String(), "msg=stopped\n"), p.Log)
}
