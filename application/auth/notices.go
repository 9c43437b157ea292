package auth

import (
	"net/netip"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// What admins hear of signing in. Whether somebody who asks for a code is known is
// not looked up here: no answer may depend on it.

// tellRequest tells that somebody has been sent a code, or would have been.
func (uc *RequestOTP) tellRequest(out RequestOTPOut, from netip.Addr, now time.Time) {
	uc.notices.Enqueue(domain.Event{Name: domain.EventLoginRequested, At: now, Channel: out.Channel, From: from}, out.Recipient)
}

// tellFailure counts a guess that was wrong, or came when there were none left.
func (uc *VerifyOTP) tellFailure(out VerifyOTPOut, from netip.Addr, now time.Time) {
	if out.Verdict == domain.Wrong || out.Verdict == domain.Exhausted {
		uc.notices.CountFailure(
			domain.Event{Name: domain.EventRepeatedFailures, At: now, Channel: out.Channel, From: from}, out.Recipient)
	}
}

// tellSignIn tells of a user's first sign-in. Nobody has a user before it, so that it
// is their registration too.
func (uc *VerifyOTP) tellSignIn(done port.SignInResult, s port.SignIn, from netip.Addr) {
	if !done.IsNew {
		return
	}
	e := domain.Event{
		Name: domain.EventNewRegistration, At: s.Now, Channel: s.Session.Channel, From: from, Source: s.Source.Host, UserUUID: done.User.UUID,
	}
	uc.notices.Enqueue(e, s.Proof.Recipient)
	e.Name, e.Source = domain.EventFirstLogin, ""
	uc.notices.Enqueue(e, s.Proof.Recipient)
}

// tellReuse tells that somebody else has had a refresh token.
func (uc *RefreshSession) tellReuse(actor domain.Actor, now time.Time) {
	uc.notices.Enqueue(
		domain.Event{Name: domain.EventSessionReused, At: now, UserUUID: actor.UserUUID, SessionID: actor.SessionID}, domain.Identifier{})
}
