// Malformed: thousands of mutated requests. None of them is
// the service's fault, and none is half accepted.
package acceptance_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

const (
	malformedRequests = 10_000
	malformedWorkers  = 8
	malformedPatience = 8 * time.Second // less than http.read_timeout
)

func TestMalformed(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{Set: map[string]string{"log.level": "error"}})
		ada := s.SignIn(t, "ada@example.com")
		asked := s.Request(t, "eve@example.com").Want(t, http.StatusOK)
		corpus := wellFormed(ada.Access, asked.Text("challenge_id"))
		chewed := make([]chewing, malformedWorkers)
		var working sync.WaitGroup
		for i := range chewed {
			random := rand.New(rand.NewPCG(20260314, uint64(i)))
			working.Go(func() { chewed[i].run(s.URL, corpus, random, malformedRequests/malformedWorkers) })
		}
		working.Wait()
		statuses, sent := map[int]int{}, 0
		for i := range chewed {
			require.Empty(t, chewed[i].complaints)
			for status, n := range chewed[i].statuses {
				statuses[status] += n
			}
			sent += chewed[i].sent
		}
		t.Logf("answers by status, 0 for none: %v", statuses)
		require.Greater(t, statuses[http.StatusBadRequest], malformedRequests/4, "the teeth are blunt")
		require.Greater(t, statuses[http.StatusOK], malformedRequests/100, "the requests are not even similar")

		require.Empty(t, s.Log.String(), "nothing to act on has happened")
		require.Len(t, s.Inbox.Letters(), 2+sent, "a message without an answer")
		require.Equal(t, 1, db.Count(t, "SELECT count(*) FROM users"))
		require.Equal(t, 1, db.Count(t, "SELECT count(*) FROM sessions"))
		require.Zero(t, db.Count(t, "SELECT count(*) FROM registration_sources"))
		s.Profile(t, ada.Access).Want(t, http.StatusOK)
	})
}

// wellFormed are requests to start from, as they go over the wire.
func wellFormed(access, challenge string) [][]byte {
	var all [][]byte
	add := func(method, path, header, body string) {
		all = append(all, fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s",
			method, path, header, len(body), body))
	}
	for _, family := range []string{"/api/auth", "/accounts"} {
		add("POST", family+"/otp/request/", "", `{"identifier": "mallory@example.com", "channel": "email", "locale": "en"}`)
		add("POST", family+"/otp/request", "", `{"phone": "+1 (555) 123-4567", "email": null, "source_url": ""}`)
		add("POST", family+"/otp/verify/", "", `{"identifier": "eve@example.com", "otp_code": "12345"}`)
		add("POST", family+"/otp/verify", "", `{"challenge_id": "`+challenge+
			`", "otp": "1234567", "source_url": "https://example.org/?a=b"}`)
	}
	bearer := "Authorization: Bearer " + access + "\r\n"
	add("PATCH", "/api/profile/", bearer,
		`{"first_name": "Ada", "profile": {"company": "Analytical Engines", "position": ""}}`)
	add("GET", "/api/profile", bearer, "")
	add("GET", "/openapi.yaml", "Accept-Encoding: gzip\r\n", "")
	return all
}

// chewing is what one worker has seen.
type chewing struct {
	statuses   map[int]int
	sent       int // messages, as far as answers tell
	complaints []string
}

func (c *chewing) run(url string, corpus [][]byte, random *rand.Rand, n int) {
	c.statuses = map[int]int{}
	address := strings.TrimPrefix(url, "http://")
	for range n {
		request := chew(random, corpus[random.IntN(len(corpus))])
		begun := time.Now()
		status, body, err := exchangeRaw(address, request)
		took := time.Since(begun)
		c.statuses[status]++
		switch {
		case err != nil:
			c.complaints = append(c.complaints, fmt.Sprintf("%v: %q", err, request))
		case took > malformedPatience:
			c.complaints = append(c.complaints, fmt.Sprintf("after %s: %q", took, request))
		case status >= 500 && status != http.StatusNotImplemented && status != http.StatusHTTPVersionNotSupported:
			// Those two are about the transport, and are what HTTP wants.
			c.complaints = append(c.complaints, fmt.Sprintf("%d: %q", status, request))
		case status == http.StatusOK && bytes.Contains(body, []byte(`"message":"OTP sent to `)):
			c.sent++
		}
	}
}

// exchangeRaw sends bytes and reads the first answer to them, status 0 if there
// is none.
func exchangeRaw(address string, request []byte) (status int, body []byte, err error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return 0, nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(3 * malformedPatience)); err != nil {
		return 0, nil, err
	}
	_, _ = conn.Write(request) // the answer may come before all is sent
	_ = conn.(*net.TCPConn).CloseWrite()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			return 0, nil, err
		}
		return 0, nil, nil // hung up on
	}
	defer response.Body.Close()
	body, _ = io.ReadAll(response.Body) // to HEAD there is none
	return response.StatusCode, body, nil
}

// morsels are texts that are known to break parsers.
var morsels = []string{
	"", "\x00", "\\u0000", "\\ud800", "\xff", "\xc0\x80", "\u202e", "\ufeff", "０", "İ", "\r\n", "\n\n", "'", `"`, `\`,
	"--", "%00", "%s%n", "../", "//",
	"null", "true", "-0", "1e999", "123456", "[]", "{}", `["a"]`, `{"a":1}`, `,"identifier":"x@y.z"`,
	`,"otp_code":"000000"`, "\"}{\"a\":\"",
	"@", "@@", "+", "xn--", "a@[127.0.0.1]", "admin@localhost", strings.Repeat("[", 40), strings.Repeat(`{"a":`, 1000),
	strings.Repeat("x", 5000),
	strings.Repeat("9", 400), "Content-Type: text/plain\r\n", "Content-Length: 5\r\n", "X-Forwarded-For: x\r\n",
	"Expect: 100-continue\r\n", "Host: a\r\n",
	"Content-Encoding: gzip\r\n", "?identifier=a%40example.com", " HTTP/1.0", "OPTIONS", "HEAD", "TRACE",
}

// chew changes a request in one to three places. Where only its body has changed
// its length is put right most of the time, so that the body is looked at.
func chew(random *rand.Rand, request []byte) []byte {
	head, body, _ := bytes.Cut(request, []byte("\r\n\r\n"))
	head, body = bytes.Clone(head), bytes.Clone(body)
	whole := random.IntN(4) == 0
	for range 1 + random.IntN(3) {
		if whole || len(body) == 0 {
			head = bite(random, head)
		} else {
			body = bite(random, body)
		}
	}
	if !whole && random.IntN(8) > 0 {
		if at := bytes.LastIndex(head, []byte("Content-Length: ")); at >= 0 {
			head = fmt.Appendf(head[:at], "Content-Length: %d", len(body))
		}
	}
	return slices.Concat(head, []byte("\r\n\r\n"), body)
}

// bite changes one place of a text.
func bite(random *rand.Rand, text []byte) []byte {
	from := random.IntN(len(text) + 1)
	to := min(len(text), from+random.IntN(12))
	switch random.IntN(5) {
	case 0: // another byte
		if from < len(text) {
			text[from] ^= 1 << random.IntN(8)
		}
		return text
	case 1: // without some
		return slices.Concat(text[:from], text[to:])
	case 2: // cut off
		return text[:from]
	case 3: // twice
		return slices.Concat(text[:to], text[from:to], text[to:])
	default:
		return slices.Concat(text[:from], []byte(morsels[random.IntN(len(morsels))]), text[to:])
	}
}
