package httpapi

import (
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

// The faults that only HTTP knows, and the statuses that say more than their
// kind does.
var (
	errNotFound             = &domain.Error{Kind: domain.NotFound, Code: "not_found", Message: "There is nothing here. The API is described at /docs."}
	errMethodNotAllowed     = &domain.Error{Kind: domain.Invalid, Code: "method_not_allowed", Message: "The method is not allowed here. See the Allow header."}
	errBodyTooLarge         = &domain.Error{Kind: domain.Invalid, Code: "body_too_large", Message: "The body is too large. Send at most 64 KiB."}
	errCallTooLarge         = &domain.Error{Kind: domain.Invalid, Code: errBodyTooLarge.Code, Message: "The body is too large. Send at most 1 MiB."}
	errUnsupportedMediaType = &domain.Error{Kind: domain.Invalid, Code: "unsupported_media_type", Message: "Send the body as application/json in UTF-8"}
	errEncodedBody          = &domain.Error{Kind: domain.Invalid, Code: errUnsupportedMediaType.Code, Message: "Send the body as application/json in UTF-8 without Content-Encoding"}

	statusOfCode = map[string]int{
		errMethodNotAllowed.Code:     http.StatusMethodNotAllowed,
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

// badMember is what is wrong with one member of a body.
type badMember struct {
	Pointer string `json:"pointer"` // RFC 6901
	Detail  string `json:"detail"`
}

// badMembers is an invalid_request that says what is wrong, all at once.
type badMembers []badMember

func (b badMembers) Error() string { return domain.ErrInvalidRequest.Error() }

func (b badMembers) Unwrap() error { return domain.ErrInvalidRequest }

// wrongGuess is an invalid_otp for somebody who has named the challenge, and so
// may know how many guesses are left.
type wrongGuess struct{ left int }

func (w wrongGuess) Error() string { return domain.ErrInvalidOTP.Error() }

func (w wrongGuess) Unwrap() error { return domain.ErrInvalidOTP }

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
	Errors       []badMember   `json:"errors,omitempty"`
	RetryAfter   int           `json:"retry_after,omitempty"`
	Limit        string        `json:"limit,omitempty"`
	AttemptsLeft *int          `json:"attempts_left,omitempty"`
	Channels     []string      `json:"channels,omitempty"`
	fault        *domain.Error // what it was made of
}

// newProblem tells a fault to a client: an internal one shows nothing of itself.
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
	var members badMembers
	var guess wrongGuess
	switch {
	case errors.As(err, &members):
		p.Errors = members
	case errors.As(err, &guess):
		p.AttemptsLeft = &guess.left
	default:
		for _, wrong := range fault.Fields() {
			p.Errors = append(p.Errors, badMember{Pointer: "/" + wrong.Field, Detail: wrong.Cure})
		}
	}
	return p
}

func statusOf(fault *domain.Error) int {
	if status, ok := statusOfCode[fault.Code]; ok {
		return status
	}
	if status, ok := statusOfKind[fault.Kind]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// retryAfter is whole seconds, rounded up and at least one, or 0 for a fault that
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

// refuse answers with a problem.
func (a *API) refuse(c *gin.Context, p problem) {
	h := c.Writer.Header()
	switch p.Status {
	case http.StatusUnauthorized:
		h["Www-Authenticate"] = a.config.AuthSchemes[:1]
	case http.StatusRequestEntityTooLarge:
		h["Connection"] = []string{"close"} // what is left of the body is not read
	}
	if p.RetryAfter > 0 {
		wait := strconv.Itoa(p.RetryAfter)
		h["Retry-After"] = []string{wait}
		if p.Limit != "" {
			h["Ratelimit"] = []string{`"` + p.Limit + `";r=0;t=` + wait}
		}
	}
	h["Cache-Control"] = noStore
	write(c, p.Status, problemJSON, p)
}
