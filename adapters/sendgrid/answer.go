package sendgrid

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sendgrid/rest"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// lost is the outcome of a call without a whole answer.
func lost(ctx context.Context, err error, connected bool) port.SendOutcome {
	var slow net.Error
	switch {
	case !connected:
		// Nothing of the message is in what went wrong so far.
		return port.SendOutcome{Result: domain.SendUnreachable, Err: fmt.Errorf("connect to sendgrid: %w", err)}
	case ctx.Err() != nil:
		return port.SendOutcome{Result: domain.SendTimeout, Err: fmt.Errorf("wait for sendgrid: %w", ctx.Err())}
	case errors.As(err, &slow) && slow.Timeout():
		return port.SendOutcome{Result: domain.SendTimeout, Err: errors.New("wait for sendgrid: no answer in time")}
	default: // may quote what was answered
		return port.SendOutcome{Result: domain.SendUnknown, Err: errors.New("wait for sendgrid: the connection broke before its answer was whole, or the answer is not one of HTTP")}
	}
}

// outcomeOf is what a whole answer means.
func outcomeOf(answer *rest.Response) port.SendOutcome {
	header := http.Header(answer.Headers)
	if answer.StatusCode == http.StatusAccepted {
		return port.SendOutcome{Result: domain.SendAccepted, MessageID: messageID(header.Get("X-Message-Id"))}
	}
	field := fieldOf(answer.Body)
	out := port.SendOutcome{Result: resultOf(answer.StatusCode, field)}
	if out.Result == domain.SendRateLimited {
		out.RetryAfter = retryAfter(header)
	}
	about := ""
	if field != "" {
		about = " about " + field
	}
	out.Err = fmt.Errorf("send through sendgrid: it answered %d%s%s", answer.StatusCode, about, cures[answer.StatusCode])
	return out
}

// cures are what an operator can do about an answer.
var cures = map[int]string{
	http.StatusBadRequest:            ": compare email.from and sendgrid.template_id with the account",
	http.StatusUnauthorized:          ": set sendgrid.api_key to a key that is valid",
	http.StatusForbidden:             ": give the key the permission Mail Send, and verify the sender of email.from",
	http.StatusNotFound:              ": check sendgrid.base_url",
	http.StatusRequestEntityTooLarge: ": the e-mail is too big",
	http.StatusTooManyRequests:       ": the account sends more than it may",
}

func resultOf(status int, field string) domain.SendResult {
	switch {
	case status == http.StatusBadRequest && (field == fieldTo || strings.HasPrefix(field, fieldTo+".")):
		return domain.SendInvalidRecipient
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return domain.SendAuthenticationFailed
	case status == http.StatusTooManyRequests:
		return domain.SendRateLimited
	case status == http.StatusServiceUnavailable:
		return domain.SendUnreachable
	case status/100 == 4:
		return domain.SendRejected
	default:
		return domain.SendUnknown
	}
}

// fieldTo is what SendGrid calls the one recipient of a request.
const fieldTo = "personalizations.0.to"

// fieldName is how SendGrid names the field that it refuses: no room in it for what a
// person has typed, nor for a code.
var fieldName = regexp.MustCompile(`^[a-z_]+(\.([0-9]|[a-z_]+))*$`)

const maxField = 100 // in bytes

// fieldOf is the field that a refusal is about, "" if it names none.
func fieldOf(body string) string {
	var refusal struct {
		Errors []struct {
			Field string `json:"field"`
		} `json:"errors"`
	}
	if json.Unmarshal([]byte(body), &refusal) != nil {
		return ""
	}
	for _, e := range refusal.Errors {
		if len(e.Field) <= maxField && fieldName.MatchString(e.Field) {
			return e.Field
		}
	}
	return ""
}

func messageID(text string) string {
	if !isName(text) {
		return ""
	}
	return text
}

const maxName = 128 // of what is named by SendGrid or by us, in bytes

func isName(text string) bool {
	return text != "" && len(text) <= maxName && isMadeOf(text, "0123456789._-")
}

// isMadeOf reports whether a text has nothing but ASCII letters and the others.
func isMadeOf(text, others string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune(others, r)
	})
}

// maxRetryAfter bounds what a header may say.
const maxRetryAfter = 24 * time.Hour

// retryAfter is how long SendGrid wants us to wait, 0 if it does not say. A point in
// time is held against their clock, not ours.
func retryAfter(header http.Header) time.Duration {
	if seconds, err := strconv.ParseUint(header.Get("Retry-After"), 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return 0
	}
	at, err := http.ParseTime(header.Get("Retry-After"))
	if err != nil {
		reset, err := strconv.ParseInt(cmp.Or(header.Get("X-RateLimit-Reset"), "-"), 10, 64)
		if err != nil {
			return 0
		}
		at = time.Unix(reset, 0)
	}
	return min(max(0, at.Sub(now)), maxRetryAfter)
}
