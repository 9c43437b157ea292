package auth

import (
	"context"
	"errors"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// TokenPair is what a client continues with.
type TokenPair struct {
	Access           string
	AccessExpiresIn  time.Duration
	Refresh          string // "" if the one that the client has stays good
	RefreshExpiresIn time.Duration
}

// signer makes the tokens of a session.
type signer struct {
	access  port.AccessTokens
	refresh port.RefreshTokens
	policy  domain.SessionPolicy
}

// sign makes both tokens of a session as it is.
func (s signer) sign(session domain.Session, userUUID string, now time.Time) (TokenPair, error) {
	pair, err := s.signAccess(session, userUUID, now)
	if err != nil {
		return TokenPair{}, err
	}
	claims := s.policy.RefreshClaims(session, userUUID)
	pair.Refresh, err = s.refresh.SignRefresh(claims)
	pair.RefreshExpiresIn = claims.ExpiresAt.Sub(now)
	return pair, err
}

func (s signer) signAccess(session domain.Session, userUUID string, now time.Time) (pair TokenPair, err error) {
	claims := s.policy.AccessClaims(session, userUUID, now)
	pair.Access, err = s.access.SignAccess(claims)
	pair.AccessExpiresIn = claims.ExpiresAt.Sub(now)
	return pair, err
}

// TokenKind tells tokens apart.
type TokenKind string

// The kinds of token.
const (
	AccessToken  TokenKind = "access"
	RefreshToken TokenKind = "refresh"
)

// PresentedToken is a token that somebody shows: what it says, and the session it is
// of, as that now is.
type PresentedToken struct {
	Kind    TokenKind
	Access  domain.AccessClaims  // of an access token
	Refresh domain.RefreshClaims // of a refresh token
	Session domain.Session
	Verdict domain.RefreshVerdict // on a refresh token
}

// Actor is who the token speaks of.
func (t PresentedToken) Actor() domain.Actor {
	if t.Kind == RefreshToken {
		return t.Refresh.Actor()
	}
	return t.Access.Actor()
}

// errSessionEnded is why a token is refused that is good but for its session.
var errSessionEnded = errors.New("the session has ended or the user is disabled")

// tokenReader reads tokens of either kind.
type tokenReader struct {
	access   port.AccessTokens
	refresh  port.RefreshTokens
	sessions port.Sessions
	clock    port.Clock
	policy   domain.SessionPolicy
}

// read is what a token says by itself.
func (r tokenReader) read(token string) (PresentedToken, error) {
	access, err := r.access.ParseAccess(token)
	if err == nil {
		return PresentedToken{Kind: AccessToken, Access: access}, nil
	}
	if refresh, no := r.refresh.ParseRefresh(token); no == nil {
		return PresentedToken{Kind: RefreshToken, Refresh: refresh}, nil
	}
	return PresentedToken{}, err
}

// look reads a token and looks for its session, which it changes in nothing. It
// fails with token_not_valid when that is not there.
func (r tokenReader) look(ctx context.Context, token string) (PresentedToken, error) {
	shown, err := r.read(token)
	if err != nil {
		return PresentedToken{}, err
	}
	session, found, err := r.sessions.Find(ctx, shown.Actor())
	if err != nil {
		return PresentedToken{}, err
	}
	if !found {
		return shown, domain.ErrTokenNotValid.Because(errSessionEnded)
	}
	shown.Session = session
	if shown.Kind == RefreshToken {
		shown.Verdict = r.policy.Judge(session, shown.Refresh.Generation, r.clock.Now())
	}
	return shown, nil
}

// refusedRefresh is why a refresh token of ours is refused.
type refusedRefresh domain.RefreshVerdict

func (r refusedRefresh) Error() string { return "the refresh token is " + string(r) }

// Reason is the word for logs.
func (r refusedRefresh) Reason() string { return string(r) }

// refusal is the fault of a refresh token that is not good.
func refusal(verdict domain.RefreshVerdict) error {
	return domain.ErrTokenNotValid.Because(refusedRefresh(verdict))
}
