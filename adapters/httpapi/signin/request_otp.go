package signin

import (
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/domain"
)

// maxLocale is the longest locale, in characters (RFC 5646, 4.4.1).
const maxLocale = 35

// maxAcceptLanguage bounds what is read of an Accept-Language header, in bytes.
const maxAcceptLanguage = 256

// challengeBody is a challenge as its client sees it.
type challengeBody struct {
	ChallengeID string    `json:"challenge_id"`
	Channel     string    `json:"channel"`
	Recipient   string    `json:"recipient"` // masked
	CodeLength  int       `json:"code_length"`
	ExpiresAt   time.Time `json:"expires_at"`
	ExpiresIn   int       `json:"expires_in"` // whole seconds
	Attempts    int       `json:"attempts"`   // guesses left

	// Absent without a limit of sends.
	SendsLeft   *int `json:"sends_left,omitempty"`
	ResendAfter *int `json:"resend_after,omitempty"` // seconds, rounded up

	Warnings []warning `json:"warnings,omitempty"`
}

func newChallengeBody(out auth.RequestOTPOut) challengeBody {
	body := challengeBody{
		ChallengeID: string(out.Secret.ChallengeID),
		Channel:     string(out.Channel),
		Recipient:   out.Recipient.Masked(),
		CodeLength:  out.Secret.Digits,
		ExpiresAt:   out.Secret.ExpiresAt.UTC(),
		ExpiresIn:   int(out.ExpiresIn / time.Second),
		Attempts:    out.Secret.MaxAttempts - out.Secret.Attempts,
		Warnings:    sourceWarnings(out.SourceIgnored),
	}
	if out.Limited {
		resendAfter := int((out.ResendAfter + time.Second - 1) / time.Second)
		body.SendsLeft, body.ResendAfter = &out.SendsLeft, &resendAfter
	}
	return body
}

// requestOTP answers POST /api/auth/otp/request.
func (a *area) requestOTP(c *gin.Context) error {
	out, err := a.doRequest(c)
	if err != nil {
		return err
	}
	return exchange.Answer(c, struct {
		Success bool   `json:"success"`
		Message string `json:"message"`
		challengeBody
	}{true, "OTP sent to " + string(out.Recipient.Kind()), newChallengeBody(out)})
}

// requestAccountsOTP answers POST /accounts/otp/request.
func (a *area) requestAccountsOTP(c *gin.Context) error {
	out, err := a.doRequest(c)
	if err != nil {
		return err
	}
	message := "OTP sent to your email address"
	if out.Recipient.Kind() == domain.KindPhone {
		message = "OTP sent to your phone number"
	}
	return exchange.Answer(c, struct {
		Message string `json:"message"`
		Success bool   `json:"success"`
		challengeBody
	}{message, true, newChallengeBody(out)})
}

// doRequest binds a request and calls the use case, for both families.
func (a *area) doRequest(c *gin.Context) (auth.RequestOTPOut, error) {
	in, name, err := a.bindRequestOTP(c)
	if err != nil {
		return auth.RequestOTPOut{}, err
	}
	out, err := a.request.Do(c.Request.Context(), in)
	x := exchange.Of(c)
	x.Event = exchange.Event{Identifier: out.Recipient.Masked(), Channel: out.Channel}
	if err == nil {
		x.Event.Reason = string(out.Result)
	}
	return out, withMemberName(err, name)
}

// bindRequestOTP reads a request for a code, and the member of its identifier.
func (a *area) bindRequestOTP(c *gin.Context) (in auth.RequestOTPIn, name string, err error) {
	b, err := exchange.ReadBody(c.Request)
	if err != nil {
		return in, "", err
	}
	if !b.AnyGiven("identifier", "email", "phone") {
		b.Refuse("identifier", "Required")
	}
	address, name := a.identifierOf(b)
	if address != nil {
		in.Identifier = *address
	}
	in.Channel = domain.ChannelName(b.TextOr("channel"))
	in.SourceURL = b.TextOr("source_url")
	if in.Locale = b.TextOr("locale"); utf8.RuneCountInString(in.Locale) > maxLocale {
		b.Refuse("locale", "Must be at most 35 characters")
	}
	if in.Locale == "" {
		in.Locale = acceptLanguage(c.Request.Header)
	}
	in.Referer = c.Request.Referer()
	in.From = exchange.Of(c).Client
	return in, name, b.Err()
}

// acceptLanguage is the Accept-Language header, cut after a whole entry.
func acceptLanguage(h http.Header) string {
	text := strings.Join(h.Values("Accept-Language"), ",")
	if len(text) > maxAcceptLanguage {
		text = text[:max(0, strings.LastIndexByte(text[:maxAcceptLanguage], ','))]
	}
	return text
}
