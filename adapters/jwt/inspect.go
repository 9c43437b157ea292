package jwt

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// Inspection is what can be said about a token, good or not. It has nothing of the
// token's signature, without which the rest is no token.
type Inspection struct {
	Kind      string          // access or refresh, as its typ says; "" for another one
	Reason    string          // why it is refused, "" if it is good
	Header    json.RawMessage // nil where it cannot be read
	Claims    json.RawMessage // nil where they cannot be read; of a token that is refused, anybody may have written them
	ExpiresAt time.Time       // of a good token
}

// Inspect reads a token of either kind as the service would, and says why it refuses
// it. Whether its session and its user still stand it does not know.
func (t *Tokens) Inspect(text string) Inspection {
	codec := t.access
	i := Inspection{Kind: accessToken.tokenType}
	parts := strings.Split(text, ".")
	if len(text) <= maxToken && len(parts) == 3 {
		i.Header, i.Claims = readObject(parts[0]), readObject(parts[1])
	}
	var header struct{ Typ string }
	_ = json.Unmarshal(i.Header, &header) // what cannot be read has no type
	switch header.Typ {
	case accessToken.typ:
	case refreshToken.typ:
		codec, i.Kind = t.refresh, refreshToken.tokenType
	default:
		i.Kind = ""
	}
	cl, err := codec.parse(text)
	var why reason
	if errors.As(err, &why) {
		i.Reason = why.Error()
		return i
	}
	i.ExpiresAt = time.Unix(cl.expiresAt, 0).UTC()
	return i
}

// readObject decodes a part of a token that is a JSON object, nil if it is none.
func readObject(part string) json.RawMessage {
	data, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil || !json.Valid(data) || visitMembers(data, func(_, _ []byte) error { return nil }) != nil {
		return nil
	}
	return data
}
