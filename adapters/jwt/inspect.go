package jwt

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// Inspection describes a valid or invalid token. It omits the signature, without which
// the rest is useless.
type Inspection struct {
	Kind      string          // access or refresh, by its typ; "" for another typ
	Reason    string          // why it is refused, "" if it is valid
	Header    json.RawMessage // nil if unreadable
	Claims    json.RawMessage // nil if unreadable; unauthenticated if the token is refused
	ExpiresAt time.Time       // of a valid token
}

// Inspect verifies a token of either kind as the service would, and reports the reason
// of a refusal. It does not check the session or the user.
func (t *Tokens) Inspect(text string) Inspection {
	codec := t.access
	i := Inspection{Kind: accessToken.tokenType}
	parts := strings.Split(text, ".")
	if len(text) <= maxToken && len(parts) == 3 {
		i.Header, i.Claims = readObject(parts[0]), readObject(parts[1])
	}
	var header struct{ Typ string }
	_ = json.Unmarshal(i.Header, &header) // an unreadable header has no typ
	switch header.Typ {
	case accessToken.typ:
	case refreshToken.typ:
		codec, i.Kind = t.refresh, refreshToken.tokenType
	default:
		i.Kind = ""
	}
	cl, err := codec.parse(text)
	if why, ok := errors.AsType[reason](err); ok {
		i.Reason = why.Error()
		return i
	}
	i.ExpiresAt = time.Unix(cl.expiresAt, 0).UTC()
	return i
}

// readObject decodes a part of a token that holds a JSON object, nil otherwise.
func readObject(part string) json.RawMessage {
	data, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil || !json.Valid(data) || visitMembers(data, func(_, _ []byte) error { return nil }) != nil {
		return nil
	}
	return data
}
