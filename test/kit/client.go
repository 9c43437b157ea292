package kit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/acceptance"
)

// Client speaks to a service as its clients do. Every exchange is held against
// openapi.yaml, unless it is Unchecked.
type Client struct {
	URL       string
	transport *http.Transport
	exchange  http.RoundTripper // the transport, and what looks at what goes through
}

// What a client of a test may take: connections at once, and time for an answer.
const (
	maxConnections = 128
	answerTimeout  = 30 * time.Second
)

func newClient(t testing.TB, url string) Client {
	t.Helper()
	transport := &http.Transport{
		MaxConnsPerHost: maxConnections, MaxIdleConnsPerHost: maxConnections, IdleConnTimeout: answerTimeout,
		DisableCompression: true,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return Client{URL: url, transport: transport, exchange: acceptance.OpenAPI(t).Transport(t, transport)}
}

// Unchecked is the client for floods: looking at an exchange takes longer than
// the exchange.
func (c Client) Unchecked() Client {
	c.exchange = c.transport
	return c
}

// Header is one line of a header.
type Header struct{ Name, Value string }

// From makes a request come from a client address.
func From(address string) Header { return Header{"X-Forwarded-For", address} }

// Bearer shows an access token.
func Bearer(token string) Header { return Header{"Authorization", "Bearer " + token} }

// Do makes one request. The body is a string of JSON or anything that can be
// encoded as JSON; nil is none.
func (c Client) Do(t testing.TB, method, path string, body any, headers ...Header) Answer {
	t.Helper()
	answer, err := c.Try(method, path, body, headers...)
	require.NoError(t, err)
	return answer
}

// Post makes a POST request.
func (c Client) Post(t testing.TB, path string, body any, headers ...Header) Answer {
	t.Helper()
	return c.Do(t, http.MethodPost, path, body, headers...)
}

// Try is Do for goroutines, and for services that may be gone.
func (c Client) Try(method, path string, body any, headers ...Header) (Answer, error) {
	return c.TryContext(context.Background(), method, path, body, headers...)
}

// TryContext is Try for clients that hang up.
func (c Client) TryContext(ctx context.Context, method, path string, body any, headers ...Header) (Answer, error) {
	data, err := encode(body)
	if err != nil {
		return Answer{}, err
	}
	request, err := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader(data))
	if err != nil {
		return Answer{}, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		request.Header.Set(h.Name, h.Value)
	}
	begun := time.Now()
	client := http.Client{Transport: c.exchange, Timeout: answerTimeout}
	response, err := client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	answer := Answer{Status: response.StatusCode, Header: response.Header}
	if answer.Body, err = io.ReadAll(response.Body); err != nil {
		return Answer{}, err
	}
	answer.Took = time.Since(begun)
	_ = json.Unmarshal(answer.Body, &answer.members) // not every answer is an object
	return answer, nil
}

func encode(body any) ([]byte, error) {
	switch body := body.(type) {
	case nil:
		return nil, nil
	case string:
		return []byte(body), nil
	default:
		return json.Marshal(body)
	}
}

// Answer is what a service answers.
type Answer struct {
	Status  int
	Header  http.Header
	Body    []byte
	Took    time.Duration
	members map[string]any
}

// Want fails the test unless the answer has this status, and returns the answer.
func (a Answer) Want(t testing.TB, status int) Answer {
	t.Helper()
	require.Equal(t, status, a.Status, a)
	return a
}

// Refused fails the test unless the answer is a problem with this status and
// code.
func (a Answer) Refused(t testing.TB, status int, code string) Answer {
	t.Helper()
	a.Want(t, status)
	require.Equal(t, code, a.Text("code"), a)
	return a
}

// Member is a member of the answer, or of an object in it: Member("user", "id").
// It is nil if there is none.
func (a Answer) Member(path ...string) any {
	var value any = a.members
	for _, name := range path {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[name]
	}
	return value
}

// Text is a member that is a string, "" if it is none.
func (a Answer) Text(path ...string) string {
	text, _ := a.Member(path...).(string)
	return text
}

// Number is a member that is a number, -1 if it is none.
func (a Answer) Number(path ...string) int {
	if number, ok := a.Member(path...).(float64); ok {
		return int(number)
	}
	return -1
}

// String is the answer for the report of a failed test.
func (a Answer) String() string { return fmt.Sprintf("%d %s", a.Status, a.Body) }

// Members is the whole answer.
func (a Answer) Members() map[string]any { return a.members }
