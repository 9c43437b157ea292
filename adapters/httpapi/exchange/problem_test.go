package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestStatus_everyKindHasItsOwn(t *testing.T) {
	t.Parallel()
	want := map[domain.FaultKind]int{
		domain.Internal: 500, domain.Invalid: 400, domain.Unauthenticated: 401, domain.Denied: 403,
		domain.NotFound: 404, domain.Conflict: 409, domain.Throttled: 429, domain.Unavailable: 503,
	}
	require.Len(t, statusOfKind, len(domain.FaultKinds))
	for _, kind := range domain.FaultKinds {
		status, ok := statusOfKind[kind]
		require.True(t, ok, "kind %d has no status", kind)
		require.Equal(t, want[kind], status)
		require.Equal(t, want[kind],
			newProblem(&domain.Error{Kind: kind, Code: "some_code", Message: "Some text"}, "id", "Authorization").Status)
	}
	require.Equal(t, http.StatusInternalServerError,
		newProblem(&domain.Error{Kind: 99, Code: "new"}, "id", "Authorization").Status, "an unknown kind")
}

func TestProblem_members(t *testing.T) {
	t.Parallel()
	secret := errors.New("password=hunter2")
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{
			"a fault of a member", domain.ErrInvalidPhone.In("phone").Because(secret),
			`{"type":"urn:doorcode:problem:invalid_phone","title":"Invalid phone","status":400,"detail":"Invalid phone ` +
				`number","code":"invalid_phone",` +
				`"error":"Invalid phone number","request_id":"id","success":false,` +
				`"errors":[{"pointer":"/phone","detail":"Must be + with country code, 7 to 15 digits, such as +15551234567"}]}`,
		},
		{
			"several members",
			BadMembers{{Pointer: "/a", Detail: "Required"}, {Pointer: "", Detail: "Odd"}},
			`{"type":"urn:doorcode:problem:invalid_request","title":"Invalid request","status":400,"detail":"The request is ` +
				`not valid","code":"invalid_request",` +
				`"error":"The request is not valid","request_id":"id","success":false,"errors":[{"pointer":"/a",` +
				`"detail":"Required"},{"pointer":"","detail":"Odd"}]}`,
		},
		{
			"a fault of several members",
			&domain.Error{
				Kind: domain.Invalid, Code: "bad", Message: "Bad", Field: "a/b", Cure: "Shorter",
				Others: []domain.FieldFault{{Field: "c", Cure: "Longer"}},
			},
			`{"type":"urn:doorcode:problem:bad","title":"Bad","status":400,"detail":"Bad","code":"bad","error":"Bad",` +
				`"request_id":"id","success":false,"errors":[{"pointer":"/a/b","detail":"Shorter"},{"pointer":"/c",` +
				`"detail":"Longer"}]}`,
		},
		{
			"a limit", domain.RateLimited("ip_request", 1100*time.Millisecond),
			`{"type":"urn:doorcode:problem:rate_limited","title":"Rate limited","status":429,"detail":"Too many requests. ` +
				`Wait before you try again.",` +
				`"code":"rate_limited","error":"Too many requests. Wait before you try again.","request_id":"id","success":false,` +
				`"retry_after":2,"limit":"ip_request"}`,
		},
		{
			"a guess with none left",
			WrongGuess{},
			`{"type":"urn:doorcode:problem:invalid_otp","title":"Invalid OTP","status":400,"detail":"Invalid or expired OTP",` +
				`"code":"invalid_otp",` +
				`"error":"Invalid or expired OTP","request_id":"id","success":false,"attempts_left":0}`,
		},
		{
			"a fault inside another error", fmt.Errorf("read user: %w", domain.ErrUnavailable.Because(secret)),
			`{"type":"urn:doorcode:problem:unavailable","title":"Unavailable","status":503,"detail":"The service is ` +
				`temporarily unavailable. Try again soon.",` +
				`"code":"unavailable","error":"The service is temporarily unavailable. Try again soon.","request_id":"id",` +
				`"success":false,"retry_after":1}`,
		},
		{
			"any other error", secret,
			`{"type":"urn:doorcode:problem:internal_error","title":"Internal error","status":500,"detail":"Something went ` +
				`wrong on our side. Try again later.",` +
				`"code":"internal_error","error":"Something went wrong on our side. Try again later.","request_id":"id",` +
				`"success":false}`,
		},
		{
			"an internal fault with words", &domain.Error{Code: "bad_schema", Message: "table users is missing"},
			`{"type":"urn:doorcode:problem:internal_error","title":"Internal error","status":500,"detail":"Something went ` +
				`wrong on our side. Try again later.",` +
				`"code":"internal_error","error":"Something went wrong on our side. Try again later.","request_id":"id",` +
				`"success":false}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := json.Marshal(newProblem(test.err, "id", "Authorization"))
			require.NoError(t, err)
			require.Equal(t, test.want, string(got))
		})
	}
}

func TestProblem_retryAfter(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]int{
		-time.Second: 1, 0: 1, time.Microsecond: 1, time.Second: 1, time.Second + 1: 2, 90 * time.Minute: 5400,
	} {
		require.Equal(t, want, newProblem(domain.RateLimited("x", wait), "id", "Authorization").RetryAfter, wait)
		require.Equal(t, want, newProblem(domain.ErrUnavailable.After(wait), "id", "Authorization").RetryAfter, wait)
	}
	require.Zero(t, newProblem(domain.ErrInvalidPhone.After(time.Minute), "id", "Authorization").RetryAfter,
		"waiting does not cure it")
}

func TestProblem_sentencesOfHTTP(t *testing.T) {
	t.Parallel()
	for fault, want := range map[*domain.Error]string{
		domain.ErrNotAuthenticated: "Send an access token in the X-Token header",
		domain.ErrInvalidClient:    "Send the name and the secret of a service that is configured, by HTTP Basic",
		domain.ErrSessionNotFound:  "There is no such session of yours. The list is at /api/auth/sessions.",
		domain.ErrDeliveryNotFound: domain.ErrDeliveryNotFound.Message,
		{Kind: domain.Unauthenticated, Code: domain.ErrNotAuthenticated.Code, Message: "Another"}: "Another",
	} {
		p := newProblem(fault.Because(errors.New("cause")), "id", "X-Token")
		require.Equal(t, []string{want, want}, []string{p.Detail, p.Error})
	}
}
