package jwt

import (
	"fmt"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var _ port.AccessTokens = (*Tokens)(nil)

// SignAccess signs an access token with the claims and a new jti. It fails for claims
// that ParseAccess would refuse.
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

// ParseAccess verifies an access token. UserID is 0 if tokens carry the uuid instead.
// Any other text is refused with token_not_valid; the cause never quotes the token.
func (t *Tokens) ParseAccess(token string) (domain.AccessClaims, error) {
	c, err := t.access.parse(token)
	if err != nil {
		return domain.AccessClaims{}, domain.ErrTokenNotValid.Because(err)
	}
	return domain.AccessClaims{
		ID: c.id, UserID: c.userID, UserUUID: c.subject, SessionID: c.sessionID,
		AMR: c.amr, AuthTime: fromUnix(c.authTime),
		IssuedAt: fromUnix(c.issuedAt), ExpiresAt: fromUnix(c.expiresAt),
	}, nil
}

func fromUnix(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
