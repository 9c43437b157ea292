package jwt

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var _ port.RefreshTokens = (*Tokens)(nil)

const refreshIDBytes = 16

// SignRefresh signs the refresh token of a generation of a session. It is deterministic,
// so that the server can reissue the same token.
func (t *Tokens) SignRefresh(c domain.RefreshClaims) (string, error) {
	text, err := t.refresh.sign(claims{
		subject: c.UserUUID, sessionID: c.SessionID, generation: c.Generation, id: t.refreshID(c),
		issuedAt: c.IssuedAt.Unix(), expiresAt: c.ExpiresAt.Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("sign refresh token: %w", err)
	}
	return text, nil
}

// refreshID is the jti of a generation: unique, and not predictable from another one.
func (t *Tokens) refreshID(c domain.RefreshClaims) string {
	mac := hmac.New(sha256.New, t.refreshIDKey())
	mac.Write(binary.BigEndian.AppendUint64([]byte(c.SessionID), uint64(c.Generation)))
	return encode(mac.Sum(nil)[:refreshIDBytes])
}

// ParseRefresh verifies a refresh token. Any other text is refused with token_not_valid;
// the cause never quotes the token.
func (t *Tokens) ParseRefresh(token string) (domain.RefreshClaims, error) {
	c, err := t.refresh.parse(token)
	if err != nil {
		return domain.RefreshClaims{}, domain.ErrTokenNotValid.Because(err)
	}
	return domain.RefreshClaims{
		ID: c.id, UserUUID: c.subject, SessionID: c.sessionID, Generation: c.generation,
		IssuedAt: fromUnix(c.issuedAt), ExpiresAt: fromUnix(c.expiresAt),
	}, nil
}
