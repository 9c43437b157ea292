package jwt

import (
	"encoding/base64"
	"fmt"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var _ port.RefreshTokens = (*Tokens)(nil)

// SignRefresh makes a refresh token of the claims. Claims without a jti get 128
// random bits.
func (t *Tokens) SignRefresh(c domain.RefreshClaims) (port.SignedToken, error) {
	if c.ID == "" {
		seed := t.random.Seed()
		c.ID = base64.RawURLEncoding.EncodeToString(seed[:])
	}
	signed, err := t.refresh.sign(claims{subject: c.UserUUID, sessionID: c.SessionID, id: c.ID})
	if err != nil {
		return port.SignedToken{}, fmt.Errorf("sign refresh token: %w", err)
	}
	return signed, nil
}

// ParseRefresh reads a refresh token. Everything else it refuses with
// token_not_valid, whose cause never quotes the token.
func (t *Tokens) ParseRefresh(token string) (domain.RefreshClaims, error) {
	c, err := t.refresh.parse(token)
	if err != nil {
		return domain.RefreshClaims{}, domain.ErrTokenNotValid.Because(err)
	}
	return domain.RefreshClaims{ID: c.id, UserUUID: c.subject, SessionID: c.sessionID}, nil
}
