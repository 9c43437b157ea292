package exchange

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/domain"
)

// statusOfKind is the status of a fault.
var statusOfKind = map[domain.FaultKind]int{
	domain.Internal:        http.StatusInternalServerError,
	domain.Invalid:         http.StatusBadRequest,
	domain.Unauthenticated: http.StatusUnauthorized,
	domain.Denied:          http.StatusForbidden,
	domain.NotFound:        http.StatusNotFound,
	domain.Conflict:        http.StatusConflict,
	domain.Throttled:       http.StatusTooManyRequests,
	domain.Unavailable:     http.StatusServiceUnavailable,
}

// ErrNotFound answers every path that is not the API's.
var ErrNotFound = &domain.Error{
	Kind: domain.NotFound, Code: "not_found", Message: "There is nothing here. The API is described at /docs.",
}

// ErrCallTooLarge refuses the body of a provider's call.
var ErrCallTooLarge = &domain.Error{
	Kind: domain.Invalid, Code: errBodyTooLarge.Code, Message: "The body is too large. Send at most 1 MiB.",
}

// ErrIncompleteBody refuses a body that ends early or arrives too slowly.
var ErrIncompleteBody = BadMembers{{Detail: "Must arrive whole and in time"}}

// The other faults of HTTP alone, and the statuses that say more than those of kinds.
var (
	ErrMethodNotAllowed = &domain.Error{
		Kind: domain.Invalid, Code: "method_not_allowed", Message: "The method is not allowed here. See the Allow header.",
	}
	errBodyTooLarge = &domain.Error{
		Kind: domain.Invalid, Code: "body_too_large", Message: "The body is too large. Send at most 64 KiB.",
	}
	errUnsupportedMediaType = &domain.Error{
		Kind: domain.Invalid, Code: "unsupported_media_type", Message: "Send the body as application/json in UTF-8",
	}
	errEncodedBody = &domain.Error{
		Kind: domain.Invalid, Code: errUnsupportedMediaType.Code,
		Message: "Send the body as application/json in UTF-8 without Content-Encoding",
	}
	errCrossOrigin = &domain.Error{
		Kind: domain.Denied, Code: "permission_denied",
		Message: "This page may not do that. Its origin must be among http.cors_origins.",
	}

	statusOfCode = map[string]int{
		ErrMethodNotAllowed.Code:     http.StatusMethodNotAllowed,
		errBodyTooLarge.Code:         http.StatusRequestEntityTooLarge,
		errUnsupportedMediaType.Code: http.StatusUnsupportedMediaType,
	}
)

// sentence is the message of a fault for a client: of faults whose cure is a matter of
// HTTP it names the header, the scheme or the path.
func sentence(fault *domain.Error, authHeader string) string {
	switch {
	case errors.Is(fault, domain.ErrNotAuthenticated):
		return "Send an access token in the " + authHeader + " header"
	case errors.Is(fault, domain.ErrInvalidClient):
		return "Send the name and the secret of a service that is configured, by HTTP Basic"
	case errors.Is(fault, domain.ErrSessionNotFound):
		return "There is no such session of yours. The list is at /api/auth/sessions."
	default:
		return fault.Message
	}
}

// BadMember is what is wrong with one member of a body, or one parameter of a query.
type BadMember struct {
	Pointer string `json:"pointer"` // RFC 6901
	Detail  string `json:"detail"`
}

// BadMembers is an invalid_request with all that is wrong.
type BadMembers []BadMember

// Error implements error.
func (b BadMembers) Error() string { return domain.ErrInvalidRequest.Error() }

// Unwrap is the fault.
func (b BadMembers) Unwrap() error { return domain.ErrInvalidRequest }

// WrongGuess is an invalid_otp for a client that named the challenge, and so may know
// how many guesses are left.
type WrongGuess struct{ Left int }

// Error implements error.
func (w WrongGuess) Error() string { return domain.ErrInvalidOTP.Error() }

// Unwrap is the fault.
func (w WrongGuess) Unwrap() error { return domain.ErrInvalidOTP }

// problem is the body of every answer that is not a success (RFC 9457).
type problem struct {
	Type         string        `json:"type"`
	Title        string        `json:"title"`
	Status       int           `json:"status"`
	Detail       string        `json:"detail"`
	Code         string        `json:"code"`
	Error        string        `json:"error"` // repeats detail, for older clients
	RequestID    string        `json:"request_id"`
	Success      bool          `json:"success"` // always false
	Errors       []BadMember   `json:"errors,omitempty"`
	RetryAfter   int           `json:"retry_after,omitempty"`
	Limit        string        `json:"limit,omitempty"`
	AttemptsLeft *int          `json:"attempts_left,omitempty"`
	Channels     []string      `json:"channels,omitempty"`
	fault        *domain.Error // for the log
}

// newProblem renders an error. An internal fault shows nothing of itself.
func newProblem(err error, requestID, authHeader string) problem {
	fault := domain.AsError(err)
	if fault.Kind == domain.Internal {
		fault = domain.ErrInternal.Because(err)
	}
	detail := sentence(fault, authHeader)
	p := problem{
		Type: "urn:doorcode:problem:" + fault.Code, Title: title(fault.Code), Status: statusOf(fault),
		Detail: detail, Code: fault.Code, Error: detail, RequestID: requestID,
		Limit: fault.Limit, RetryAfter: retryAfter(fault), fault: fault,
	}
	for _, channel := range fault.Channels {
		p.Channels = append(p.Channels, string(channel))
	}
	var members BadMembers
	var guess WrongGuess
	switch {
	case errors.As(err, &members):
		p.Errors = members
	case errors.As(err, &guess):
		p.AttemptsLeft = &guess.Left
	default:
		for _, wrong := range fault.Fields() {
			p.Errors = append(p.Errors, BadMember{Pointer: "/" + wrong.Field, Detail: wrong.Cure})
		}
	}
	return p
}

func statusOf(fault *domain.Error) int {
	return cmp.Or(statusOfCode[fault.Code], statusOfKind[fault.Kind], http.StatusInternalServerError)
}

// retryAfter is in whole seconds, rounded up and at least one, or 0 for a fault that
// waiting does not cure.
func retryAfter(fault *domain.Error) int {
	if fault.Kind != domain.Throttled && fault.Kind != domain.Unavailable {
		return 0
	}
	return max(1, int((fault.RetryAfter+time.Second-1)/time.Second))
}

// title is a code in words: "Invalid source URL".
func title(code string) string {
	words := strings.Split(code, "_")
	for i, word := range words {
		switch word {
		case "otp", "sms", "url":
			words[i] = strings.ToUpper(word)
		}
	}
	text := strings.Join(words, " ")
	return strings.ToUpper(text[:1]) + text[1:]
}

// refuse answers with a problem, or with an error of OAuth.
func (m *Middleware) refuse(c *gin.Context, x *Exchange, err error) {
	p := newProblem(err, x.requestID, m.Credential.Header)
	x.problem = &p
	h := c.Writer.Header()
	if p.Status == http.StatusRequestEntityTooLarge {
		h["Connection"] = []string{"close"} // the rest of the body is not read
	}
	if x.oauth {
		refuseOAuth(c, p)
		return
	}
	if p.Status == http.StatusUnauthorized {
		h["Www-Authenticate"] = m.Credential.Schemes[:1]
	}
	if p.RetryAfter > 0 {
		wait := strconv.Itoa(p.RetryAfter)
		h["Retry-After"] = []string{wait}
		if p.Limit != "" {
			h["Ratelimit"] = []string{`"` + p.Limit + `";r=0;t=` + wait}
		}
	}
	h["Cache-Control"] = noStore
	_ = write(c, p.Status, problemJSON, p)
}

// oauthErrorBody is an error of OAuth (RFC 6749, 5.2).
type oauthErrorBody struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

func refuseOAuth(c *gin.Context, p problem) {
	h := c.Writer.Header()
	body := oauthErrorBody{"invalid_request", p.Detail}
	switch {
	case p.Code == domain.ErrInvalidClient.Code:
		body.Error = p.Code
		h["Www-Authenticate"] = []string{`Basic realm="doorcode", charset="UTF-8"`}
	case p.Status == http.StatusServiceUnavailable:
		body.Error = "temporarily_unavailable"
		h["Retry-After"] = []string{strconv.Itoa(p.RetryAfter)}
	case p.Status >= http.StatusInternalServerError:
		body.Error = "server_error"
	}
	_ = write(c, p.Status, PlainJSON, body)
}
