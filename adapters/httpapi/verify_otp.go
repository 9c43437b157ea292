package httpapi

import (
	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/domain"
)

// signedInBody is the answer of POST /api/auth/otp/verify.
type signedInBody struct {
	Success   bool       `json:"success"`
	Tokens    tokensBody `json:"tokens"`
	User      userBody   `json:"user"`
	IsNewUser bool       `json:"is_new_user"`
	SessionID string     `json:"session_id"`
}

// verifyOTP answers POST /api/auth/otp/verify.
func (a *API) verifyOTP(c *gin.Context) error {
	out, err := a.tryCode(c, family{codeName: "otp_code"})
	if err != nil {
		return err
	}
	return answer(c, signedInBody{
		Success:   true,
		Tokens:    a.handOut(c, out.Tokens),
		User:      a.user(&out.User),
		IsNewUser: out.IsNewUser,
		SessionID: out.SessionID,
	})
}

// accountsSignedInBody is the flat answer of POST /accounts/otp/verify.
type accountsSignedInBody struct {
	tokensBody

	User      userBody `json:"user"`
	IsNewUser bool     `json:"is_new_user"`
	SessionID string   `json:"session_id"`
}

// verifyAccountsOTP answers POST /accounts/otp/verify.
func (a *API) verifyAccountsOTP(c *gin.Context) error {
	out, err := a.tryCode(c, family{codeName: "otp", channel: true})
	if err != nil {
		return err
	}
	return answer(c, accountsSignedInBody{a.handOut(c, out.Tokens), a.user(&out.User), out.IsNewUser, out.SessionID})
}

// family is in what the bodies of the two path families differ.
type family struct {
	codeName string // what the code is usually called
	channel  bool   // a channel may be given, and tells nothing that is not known
}

// tryCode is the use case of both.
func (a *API) tryCode(c *gin.Context, f family) (auth.VerifyOTPOut, error) {
	in, name, err := bindVerifyOTP(c, f)
	if err != nil {
		return auth.VerifyOTPOut{}, err
	}
	out, err := a.app.VerifyOTP.Do(c.Request.Context(), in)
	x := exchangeOf(c)
	x.event = event{
		identifier: out.Recipient.Masked(), channel: out.Channel, user: out.User.UUID, session: out.SessionID, isNewUser: out.IsNewUser,
	}
	if err != nil {
		return out, underItsName(err, name)
	}
	x.event.reason = string(out.Verdict)
	switch {
	case out.Verdict == domain.Right:
		return out, nil
	case in.ChallengeID != nil:
		return out, wrongGuess{left: out.AttemptsLeft}
	default:
		return out, domain.ErrInvalidOTP
	}
}

// bindVerifyOTP reads a guess, and the name of its identifier.
func bindVerifyOTP(c *gin.Context, f family) (in auth.VerifyOTPIn, name string, err error) {
	b, err := readBody(c.Request)
	if err != nil {
		return in, "", err
	}
	if !b.anyGiven("identifier", "email", "phone", "challenge_id") {
		b.refuse("identifier", "Required, or a challenge_id")
	}
	in.Identifier, name = b.address()
	in.ChallengeID = b.text("challenge_id")
	in.Code = b.code(f.codeName)
	in.SourceURL = b.textOr("source_url")
	if f.channel {
		b.text("channel")
	}
	in.Referer = c.Request.Referer()
	in.UserAgent = c.Request.UserAgent()
	in.From = exchangeOf(c).client
	return in, name, b.err()
}
