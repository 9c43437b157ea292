package acceptance

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	challengeJSON = `{"success":true,"message":"OTP sent to email","challenge_id":"019a2f6e-7c1b-7a44-9a53-2f1f6f0f9a11","channel":"email",` +
		`"recipient":"ad***@example.com","code_length":6,"expires_at":"2026-03-01T12:05:00Z","expires_in":300,"attempts":3}`
	problemJSON = `{"type":"urn:doorcode:problem:$CODE","title":"T","status":$STATUS,"detail":"D","code":"$CODE","error":"D","request_id":"r","success":false}`
	profileJSON = `{"id":1,"uuid":"019a2f6e-7c1b-7a44-9a53-2f1f6f0f9a11","email":"ada@example.com","email_verified":true,"phone":"","phone_verified":false,` +
		`"username":"ada","first_name":"","last_name":"","full_name":"","is_staff":false,"date_joined":"2026-03-01T12:05:00Z","last_login":null,` +
		`"profile":{"company":"","position":""}}`
)

func problemJSONOf(code, status string) string {
	return strings.NewReplacer("$CODE", code, "$STATUS", status).Replace(problemJSON)
}

// exchange is a request and the response to it.
type exchange struct {
	method, path, body string
	header             http.Header // of the request
	status             int
	answer             http.Header
	answerBody         string
}

func (e exchange) validate(t *testing.T) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), e.method, "http://127.0.0.1:8000"+e.path,
		strings.NewReader(e.body))
	require.NoError(t, err)
	req.Header = e.header.Clone()
	resp := httptest.NewRecorder()
	for name, values := range e.answer {
		resp.Header()[name] = values
	}
	resp.WriteHeader(e.status)
	_, _ = resp.WriteString(e.answerBody)
	result := resp.Result()
	err = OpenAPI(t).Validate(req, result)
	left, readErr := io.ReadAll(result.Body)
	require.NoError(t, readErr)
	require.Equal(t, e.answerBody, string(left), "the body must still be there to be read")
	return err
}

func goodRequest() exchange {
	return exchange{
		method: http.MethodPost, path: "/api/auth/otp/request/", body: `{"identifier":"ada@example.com"}`,
		header: http.Header{"Content-Type": {"application/json"}}, status: http.StatusOK,
		answer: http.Header{
			"Content-Type": {"application/json; charset=utf-8"}, "X-Request-Id": {"r"},
			"Cache-Control": {"no-store"},
		},
		answerBody: challengeJSON,
	}
}

func goodRefusal(code, status string, statusCode int) exchange {
	e := goodRequest()
	e.status, e.answerBody = statusCode, problemJSONOf(code, status)
	e.answer.Set("Content-Type", "application/problem+json")
	return e
}

func goodProfile() exchange {
	e := goodRequest()
	e.method, e.path, e.body, e.answerBody = http.MethodGet, "/api/profile", "", profileJSON
	e.header = http.Header{"Authorization": {"Bearer x"}}
	return e
}

func TestValidate_accepts(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]exchange{
		"what is described": goodRequest(),
		"without a slash":   changed(goodRequest(), func(e *exchange) { e.path = "/api/auth/otp/request" }),
		"HEAD":              changed(goodProfile(), func(e *exchange) { e.method, e.answerBody = http.MethodHead, "" }),
		"a schema of two":   goodProfile(),
		"a bad request that is refused": changed(goodRefusal("rate_limited", "429", 429), func(e *exchange) {
			e.body, e.answerBody = `{"identifier":1}`,
				strings.Replace(e.answerBody, `}`, `,"retry_after":2,"limit":"ip_request"}`, 1)
			e.answer["Retry-After"], e.answer["Ratelimit"] = []string{"2"}, []string{`"ip_request";r=0;t=2`}
		}),
		"an unknown path": changed(goodRefusal("not_found", "404", 404), func(e *exchange) { e.path = "/nothing" }),
		"another spelling": changed(goodRefusal("not_found", "404", 404),
			func(e *exchange) { e.path = "/api/auth/otp/%72equest" }),
		"two slashes at the end": changed(goodRefusal("not_found", "404", 404),
			func(e *exchange) { e.path = "/api/auth/otp/request//" }),
		"another method": changed(goodRefusal("method_not_allowed", "405", 405), func(e *exchange) {
			e.method, e.answer["Allow"] = http.MethodPut, []string{"POST, OPTIONS"}
		}),
		"another method, with a parameter": changed(goodRefusal("method_not_allowed", "405", 405), func(e *exchange) {
			e.path, e.answer["Allow"] = "/api/auth/sessions/x", []string{"DELETE, OPTIONS"}
		}),
		"a method that only the path below has": changed(goodRefusal("method_not_allowed", "405", 405), func(e *exchange) {
			e.method, e.path, e.answer["Allow"] = http.MethodDelete, "/api/auth/sessions/", []string{"GET, HEAD, OPTIONS"}
		}),
		"OPTIONS": changed(goodRequest(), func(e *exchange) {
			e.method, e.status, e.answerBody = http.MethodOptions, http.StatusNoContent, ""
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, e.validate(t))
		})
	}
}

// rejected are exchanges that are not as described: a valid one, what is changed in it, and a part of the error.
var rejected = []struct {
	name string
	of   exchange
	with func(e *exchange)
	want string
}{
	{
		"a member that is not described", goodRequest(),
		func(e *exchange) { e.answerBody = strings.Replace(challengeJSON, `{`, `{"code":"123456",`, 1) },
		"member /code is not described",
	},
	{
		"one deep inside", goodProfile(),
		func(e *exchange) {
			e.answerBody = strings.Replace(profileJSON, `{"company"`, `{"salary":1,"company"`, 1)
		},
		"member /profile/salary is not described",
	},
	{"one in an array", goodRefusal("invalid_phone", "400", 400), func(e *exchange) {
		e.answerBody = strings.Replace(e.answerBody, `}`, `,"errors":[{"pointer":"/a","detail":"d","value":"x"}]}`, 1)
	}, "member /errors/0/value is not described"},
	{
		"a member that is missing", goodRequest(),
		func(e *exchange) {
			e.answerBody = strings.Replace(challengeJSON, `"attempts":3`, `"attempts_left":3`, 1)
		},
		"attempts",
	},
	{
		"a wrong type", goodRequest(),
		func(e *exchange) { e.answerBody = strings.Replace(challengeJSON, `:300`, `:"300"`, 1) },
		"expires_in",
	},
	{
		"an invalid time", goodRequest(),
		func(e *exchange) { e.answerBody = strings.Replace(challengeJSON, `12:05:00Z`, `25:05:00Z`, 1) }, "expires_at",
	},
	{
		"an address in full", goodRequest(),
		func(e *exchange) { e.answerBody = strings.Replace(challengeJSON, `ad***@`, `ada@`, 1) }, "recipient",
	},
	{"a status that is not described", goodRefusal("conflict", "409", 409), func(*exchange) {}, "status is not supported"},
	{"a code of another status", goodRefusal("invalid_otp", "400", 400), func(*exchange) {}, "code"},
	{"a header that is missing", goodRequest(), func(e *exchange) { delete(e.answer, "X-Request-Id") }, "X-Request-Id"},
	{
		"a response that may be cached", goodRequest(), func(e *exchange) { e.answer.Set("Cache-Control", "max-age=60") },
		"Cache-Control",
	},
	{"another media type", goodRequest(), func(e *exchange) { e.answer.Set("Content-Type", "text/plain") }, "text/plain"},
	{
		"a problem as plain JSON", goodRefusal("invalid_phone", "400", 400),
		func(e *exchange) { e.answer.Set("Content-Type", "application/json") }, "application/json",
	},
	{
		"a wrong request that is accepted", goodRequest(), func(e *exchange) { e.body = `{"identifier":1}` },
		"the request was accepted",
	},
	{
		"a request without identifier that is accepted", goodRequest(), func(e *exchange) { e.body = `{}` },
		"the request was accepted",
	},
	{
		"a profile without a token", goodProfile(), func(e *exchange) { delete(e.header, "Authorization") },
		"without a token",
	},
	{"HEAD with a body", goodProfile(), func(e *exchange) { e.method = http.MethodHead }, "has a body"},
	{"an unknown path that works", goodRequest(), func(e *exchange) { e.path = "/nothing" }, "status is not supported"},
	{
		"another spelling that works", goodRequest(), func(e *exchange) { e.path = "//api/auth/otp/request" },
		"status is not supported",
	},
	{
		"another method that works", goodRequest(), func(e *exchange) { e.method = http.MethodPut },
		"status is not supported",
	},
	{"a described method that is refused", goodRefusal("method_not_allowed", "405", 405), func(e *exchange) {
		e.answer["Allow"] = []string{"GET, HEAD, OPTIONS"}
	}, "405 to POST"},
	{"a known path that is missing", goodRefusal("not_found", "404", 404), func(*exchange) {}, "status is not supported"},
}

func TestValidate_rejects(t *testing.T) {
	t.Parallel()
	for _, test := range rejected {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, changed(test.of, test.with).validate(t), test.want)
		})
	}
}

func changed(e exchange, change func(*exchange)) exchange {
	change(&e)
	return e
}

func TestOperations(t *testing.T) {
	t.Parallel()
	require.True(t, slices.Contains(OpenAPI(t).Operations(), "PATCH /api/profile/"))
}

// What generators of clients need beyond a valid description.
func TestOpenAPI_operations(t *testing.T) {
	t.Parallel()
	for path, item := range OpenAPI(t).document.Paths.Map() {
		machine := strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/accounts/") ||
			strings.HasPrefix(path, "/webhooks/")
		require.Equal(t, machine, strings.HasSuffix(strings.TrimPrefix(path, "/"), "/"), "the slash at the end of %s", path)
		for method, op := range item.Operations() {
			require.NotNil(t, op.Security, "security of %s %s; that of a public one is []", method, path)
			require.NotNil(t, op.Responses.Status(http.StatusMethodNotAllowed), "405 of %s %s", method, path)
		}
	}
}

func TestReadDescription_refuses(t *testing.T) {
	t.Parallel()
	const valid = "openapi: 3.1.0\ninfo: {title: x, version: '1'}\npaths: {}\n"
	_, err := readDescription(valid)
	require.NoError(t, err)
	for name, text := range map[string]string{
		"what is no YAML":              "\t:",
		"what is no description":       "openapi: 3.1.0\npaths: {}\n",
		"an example that does not fit": valid[:len(valid)-3] + "{/x: {get: {responses: {'200': {description: x, content: {application/json: {schema: {type: integer}, example: x}}}}}}}\n",
		"a reference to nothing": valid[:len(valid)-3] +
			"{/x: {get: {responses: {'200': {$ref: '#/components/responses/None'}}}}}\n",
	} {
		_, err := readDescription(text)
		require.Error(t, err, name)
	}
}
