package auth

import (
	"context"
	"errors"

	"github.com/doorcode-auth/doorcode/domain"
)

// TokenKind tells access and refresh tokens apart.
type TokenKind string

// The kinds of token.
const (
	AccessToken  TokenKind = "access"
	RefreshToken TokenKind = "refresh"
)

// PresentedToken is a token that a client presents: its claims, and its session as it
// is now.
type PresentedToken struct {
	Kind    TokenKind
	Access  domain.AccessClaims  // of an access token
	Refresh domain.RefreshClaims // of a refresh token
	Session domain.Session
	Verdict domain.RefreshVerdict // on a refresh token
}

// Actor is the user and session that the token names.
func (t PresentedToken) Actor() domain.Actor {
	if t.Kind == RefreshToken {
		return t.Refresh.Actor()
	}
	return t.Access.Actor()
}

// errSessionEnded is the cause of refusing a valid token without a session.
var errSessionEnded = errors.New("the session has ended or the user is disabled")

// tokenReader reads tokens of either kind.
type tokenReader struct {
	ports  Ports
	policy domain.SessionPolicy
}

// parse reads the claims alone.
func (r tokenReader) parse(token string) (PresentedToken, error) {
	access, err := r.ports.AccessTokens.ParseAccess(token)
	if err == nil {
		return PresentedToken{Kind: AccessToken, Access: access}, nil
	}
	if refresh, refreshErr := r.ports.RefreshTokens.ParseRefresh(token); refreshErr == nil {
		return PresentedToken{Kind: RefreshToken, Refresh: refresh}, nil
	}
	return PresentedToken{}, err
}

// introspect parses a token and reads its session, which it does not change. It fails
// with token_not_valid when the session has ended.
func (r tokenReader) introspect(ctx context.Context, token string) (PresentedToken, error) {
	presented, err := r.parse(token)
	if err != nil {
		return PresentedToken{}, err
	}
	session, found, err := r.ports.Sessions.Find(ctx, presented.Actor())
	if err != nil {
		return PresentedToken{}, err
	}
	if !found {
		return presented, domain.ErrTokenNotValid.Because(errSessionEnded)
	}
	presented.Session = session
	if presented.Kind == RefreshToken {
		presented.Verdict = r.policy.Judge(session, presented.Refresh.Generation, r.ports.Clock.Now())
	}
	return presented, nil
}

// refusedRefresh is the cause of refusing a refresh token of this service.
type refusedRefresh domain.RefreshVerdict

func (r refusedRefresh) Error() string { return "the refresh token is " + string(r) }

// Reason is the verdict, for logs.
func (r refusedRefresh) Reason() string { return string(r) }

// refusal is the fault of a refresh token that is not valid.
func refusal(verdict domain.RefreshVerdict) error {
	return domain.ErrTokenNotValid.Because(refusedRefresh(verdict))
}
