package jwt

import (
	"fmt"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var _ port.AccessTokens = (*Tokens)(nil)

// SignAccess makes an access token of the claims, with a new jti. It fails for
// claims that ParseAccess would refuse.
func (t *Tokens) SignAccess(c domain.AccessClaims) (string, error) {
	cl := claims{
		subject:   c.UserUUID,
		userID:    c.UserID,
		sessionID: c.SessionID,
		id:        t.random.UUID(c.IssuedAt),
		issuedAt:  c.IssuedAt.Unix(),
		expiresAt: c.ExpiresAt.Unix(),
		authTime:  c.AuthTime.Unix(),
		amr:       c.AMR,
	}
	if t.access.format.userID == UserIDUUID {
		cl.userID, cl.userUUID = 0, c.UserUUID
	}
	text, err := t.access.sign(cl)
	if err != nil {
		return "", fmt.Errorf("sign access token: %w", err)
	}
	return text, nil
}

// ParseAccess reads an access token. Its UserID is 0 where tokens have the uuid in
// its place. Everything else it refuses with
// token_not_valid, whose cause never quotes the token.
func (t *Tokens) ParseAccess(token string) (domain.AccessClaims, error) {
	c, err := t.access.parse(token)
	if err != nil {
		return domain.AccessClaims{}, domain.ErrTokenNotValid.Because(err)
	}
	return domain.AccessClaims{
		ID: c.id, UserID: c.userID, UserUUID: c.subject, SessionID: c.sessionID,
		AMR: c.amr, AuthTime: secondsAt(c.authTime),
		IssuedAt: secondsAt(c.issuedAt), ExpiresAt: secondsAt(c.expiresAt),
	}, nil
}

func secondsAt(since1970 int64) time.Time { return time.Unix(since1970, 0).UTC() }
