package httpapi

import (
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/domain"
)

// maxLocale is the longest locale, in characters (RFC 5646, 4.4.1).
const maxLocale = 35

// maxAcceptLanguage is how much of a browser's wishes is looked at, in bytes. None has
// more.
const maxAcceptLanguage = 256

// challengeBody is a challenge as the client that asked for it sees it.
type challengeBody struct {
	ChallengeID string    `json:"challenge_id"`
	Channel     string    `json:"channel"`
	Recipient   string    `json:"recipient"` // masked
	CodeLength  int       `json:"code_length"`
	ExpiresAt   time.Time `json:"expires_at"`
	ExpiresIn   int       `json:"expires_in"` // whole seconds
	Attempts    int       `json:"attempts"`   // guesses left
}

func newChallengeBody(out auth.RequestOTPOut) challengeBody {
	return challengeBody{
		ChallengeID: string(out.Secret.ChallengeID),
		Channel:     string(out.Channel),
		Recipient:   out.Recipient.Masked(),
		CodeLength:  out.Secret.Digits,
		ExpiresAt:   out.Secret.ExpiresAt.UTC(),
		ExpiresIn:   int(out.ExpiresIn / time.Second),
		Attempts:    out.Secret.MaxAttempts - out.Secret.Attempts,
	}
}

// requestOTP answers POST /api/auth/otp/request.
func (a *API) requestOTP(c *gin.Context) error {
	out, err := a.askForCode(c)
	if err != nil {
		return err
	}
	return answer(c, struct {
		Success bool   `json:"success"`
		Message string `json:"message"`
		challengeBody
	}{true, "OTP sent to " + string(out.Recipient.Kind()), newChallengeBody(out)})
}

// requestAccountsOTP answers POST /accounts/otp/request.
func (a *API) requestAccountsOTP(c *gin.Context) error {
	out, err := a.askForCode(c)
	if err != nil {
		return err
	}
	message := "OTP sent to your email address"
	if out.Recipient.Kind() == domain.KindPhone {
		message = "OTP sent to your phone number"
	}
	return answer(c, struct {
		Message string `json:"message"`
		Success bool   `json:"success"`
		challengeBody
	}{message, true, newChallengeBody(out)})
}

// askForCode is the use case of both.
func (a *API) askForCode(c *gin.Context) (auth.RequestOTPOut, error) {
	in, name, err := bindRequestOTP(c)
	if err != nil {
		return auth.RequestOTPOut{}, err
	}
	out, err := a.app.RequestOTP.Do(c.Request.Context(), in)
	x := exchangeOf(c)
	x.event = event{identifier: out.Recipient.Masked(), channel: out.Channel}
	if err == nil {
		x.event.reason = string(out.Result)
	}
	return out, underItsName(err, name)
}

// bindRequestOTP reads a request for a code, and the name of its identifier.
func bindRequestOTP(c *gin.Context) (in auth.RequestOTPIn, name string, err error) {
	b, err := readBody(c.Request)
	if err != nil {
		return in, "", err
	}
	if !b.anyGiven("identifier", "email", "phone") {
		b.refuse("identifier", "Required")
	}
	address, name := b.address()
	if address != nil {
		in.Identifier = *address
	}
	in.Channel = domain.ChannelName(b.textOr("channel"))
	in.SourceURL = b.textOr("source_url")
	if in.Locale = b.textOr("locale"); utf8.RuneCountInString(in.Locale) > maxLocale {
		b.refuse("locale", "Must be at most 35 characters")
	}
	if in.Locale == "" {
		in.Locale = acceptLanguage(c.Request.Header)
	}
	in.Referer = c.Request.Referer()
	in.From = exchangeOf(c).client
	return in, name, b.err()
}

// acceptLanguage is what a browser says of the languages that its user reads.
func acceptLanguage(h http.Header) string {
	text := strings.Join(h.Values("Accept-Language"), ",")
	if len(text) > maxAcceptLanguage {
		text = text[:max(0, strings.LastIndexByte(text[:maxAcceptLanguage], ','))]
	}
	return text
}
