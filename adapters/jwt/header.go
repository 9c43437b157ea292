package jwt

import (
	"encoding/base64"
	"encoding/json"
)

// headerOf is the header of the tokens of a kind.
func headerOf(k kind, signing key) []byte {
	var o object
	o.text("alg", signing.method.Alg())
	o.text("kid", signing.id)
	o.text("typ", k.typ)
	return o.end()
}

// checkHeader refuses the header of another kind of token, one with crit, whose
// meaning we would have to know (RFC 7515, 4.1.11), and one that names anything
// twice. Where a header says to take a key from (jku, jwk, x5u, x5c) is not even
// looked at.
func checkHeader(segment string, k kind) error {
	data, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	if err != nil || !json.Valid(data) {
		return malformed
	}
	typ, critical := "", false
	err = visitMembers(data, func(name, value []byte) (err error) {
		switch string(name) {
		case "typ":
			typ, err = readText(value)
		case "crit":
			critical = true
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case critical:
		return criticalHeader
	case typ != k.typ:
		return wrongType
	default:
		return nil
	}
}
