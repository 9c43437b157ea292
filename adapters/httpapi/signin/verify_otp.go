package signin

import (
	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/profile"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/sessions"
	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/domain"
)

// signedInBody is the answer of POST /api/auth/otp/verify.
type signedInBody struct {
	Success   bool                `json:"success"`
	Tokens    sessions.TokensBody `json:"tokens"`
	User      profile.UserBody    `json:"user"`
	IsNewUser bool                `json:"is_new_user"`
	SessionID string              `json:"session_id"`
	Warnings  []warning           `json:"warnings,omitempty"`
}

// verifyOTP answers POST /api/auth/otp/verify.
func (a *area) verifyOTP(c *gin.Context) error {
	out, err := a.doVerify(c, family{codeName: "otp_code"})
	if err != nil {
		return err
	}
	return exchange.Answer(c, signedInBody{
		Success:   true,
		Tokens:    a.tokens.Issue(c, out.Tokens),
		User:      a.users.User(&out.User),
		IsNewUser: out.IsNewUser,
		SessionID: out.SessionID,
		Warnings:  sourceWarnings(out.SourceIgnored),
	})
}

// accountsSignedInBody is the flat answer of POST /accounts/otp/verify.
type accountsSignedInBody struct {
	sessions.TokensBody

	User      profile.UserBody `json:"user"`
	IsNewUser bool             `json:"is_new_user"`
	SessionID string           `json:"session_id"`
	Warnings  []warning        `json:"warnings,omitempty"`
}

// verifyAccountsOTP answers POST /accounts/otp/verify.
func (a *area) verifyAccountsOTP(c *gin.Context) error {
	out, err := a.doVerify(c, family{codeName: "otp", channel: true})
	if err != nil {
		return err
	}
	return exchange.Answer(c, accountsSignedInBody{
		a.tokens.Issue(c, out.Tokens), a.users.User(&out.User), out.IsNewUser, out.SessionID,
		sourceWarnings(out.SourceIgnored),
	})
}

// family is how the bodies of the two path families differ.
type family struct {
	codeName string // usual member of the code
	channel  bool   // a channel may be given, and is ignored
}

// doVerify binds a guess and calls the use case, for both families.
func (a *area) doVerify(c *gin.Context, f family) (auth.VerifyOTPOut, error) {
	in, name, err := a.bindVerifyOTP(c, f)
	if err != nil {
		return auth.VerifyOTPOut{}, err
	}
	out, err := a.verify.Do(c.Request.Context(), in)
	x := exchange.Of(c)
	x.Event = exchange.Event{
		Identifier: out.Recipient.Masked(), Channel: out.Channel,
		User: out.User.UUID, Session: out.SessionID, IsNewUser: out.IsNewUser,
	}
	if err != nil {
		return out, withMemberName(err, name)
	}
	x.Event.Reason = string(out.Verdict)
	switch {
	case out.Verdict == domain.Right:
		return out, nil
	case in.ChallengeID != nil:
		return out, exchange.WrongGuess{Left: out.AttemptsLeft}
	default:
		return out, domain.ErrInvalidOTP
	}
}

// bindVerifyOTP reads a guess, and the member of its identifier.
func (a *area) bindVerifyOTP(c *gin.Context, f family) (in auth.VerifyOTPIn, name string, err error) {
	b, err := exchange.ReadBody(c.Request)
	if err != nil {
		return in, "", err
	}
	if !b.AnyGiven("identifier", "email", "phone", "challenge_id") {
		b.Refuse("identifier", "Required, or a challenge_id")
	}
	in.Identifier, name = a.identifierOf(b)
	in.ChallengeID = b.Text("challenge_id")
	in.Code = codeOf(b, f.codeName)
	in.SourceURL = b.TextOr("source_url")
	if f.channel {
		b.Text("channel")
	}
	in.Referer = c.Request.Referer()
	in.UserAgent = c.Request.UserAgent()
	in.From = exchange.Of(c).Client
	return in, name, b.Err()
}
