package client

import (
	"encoding/base64"
	"encoding/json"
)

// header is what the header of a token says, as far as anybody listens.
type header struct {
	algorithm string
	kid       string
}

// readHeader reads the header of an access token of doorcode. It refuses that of
// another kind of token, one that asks for what we would have to know (crit; RFC 7515,
// 4.1.11), and one that says anything twice. Where a header says to take a key from
// (jku, jwk, x5u, x5c) is not even looked at.
func readHeader(segment string) (h header, err error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	if err != nil || !json.Valid(data) {
		return header{}, ErrMalformed
	}
	typ, critical := "", false
	err = visitMembers(data, func(name, value []byte) (err error) {
		switch string(name) {
		case "alg":
			h.algorithm, err = readText(value)
		case "kid":
			h.kid, err = readText(value)
		case "typ":
			typ, err = readText(value)
		case "crit":
			critical = true
		}
		return err
	})
	switch {
	case err != nil:
		return header{}, err
	case critical:
		return header{}, ErrCriticalHeader
	case typ != "at+jwt":
		return header{}, ErrWrongType
	default:
		return h, nil
	}
}
