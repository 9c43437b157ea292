package client

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// FuzzVerify: only the signed text is accepted, byte for byte. (An ECDSA signature is
// malleable, but no fuzzer finds the other valid one.)
func FuzzVerify(f *testing.F) {
	x := newForge(f)
	good := x.good()
	f.Add(good)
	for _, row := range x.badTokens() {
		if len(row.text) <= maxToken {
			f.Add(row.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := x.verifier.Verify(t.Context(), text)
		if text == good {
			check(t, err)
			return
		}
		var why Error
		if !errors.Is(err, ErrInvalidToken) || !errors.As(err, &why) {
			t.Fatalf("got %v, want %v: %q", err, ErrInvalidToken, text)
		}
	})
}

// FuzzClaims: whatever a payload is, what is read from it is what encoding/json reads
// under the exact names.
func FuzzClaims(f *testing.F) {
	x := newForge(f)
	f.Add(x.payload.String())
	for _, seed := range []string{
		`{}`, `{"sub":"a","sub":"b"}`, `{"amr":[["\\\"]}"]]}`, `{"a":{"b":[1,2,{"c":"}"}]},"exp":7 }`,
		` { "iat" : 1 , "x" : true } `, `{"sub":"\ud800"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := payload{names: x.verifier.cfg.Claims}
		if json.Unmarshal([]byte(text), &p) != nil {
			return
		}
		if strings.TrimSpace(text) == "null" { // is read as no claims at all
			return
		}
		var m map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatalf("%v: %q", err, text)
		}
		var sub string
		if raw, ok := m["sub"]; ok {
			check(t, json.Unmarshal(raw, &sub))
		}
		if p.subject != sub {
			t.Fatalf("got %q, want %q: %q", p.subject, sub, text)
		}
		var exp int64
		if raw, ok := m["exp"]; ok {
			check(t, json.Unmarshal(raw, &exp))
		}
		if p.expiresAt != exp {
			t.Fatalf("got %d, want %d: %q", p.expiresAt, exp, text)
		}
	})
}

// FuzzReadKeySet: no answer makes a key that cannot be one, and none a panic.
func FuzzReadKeySet(f *testing.F) {
	for _, alg := range algorithmNames() {
		f.Add([]byte(`{"keys":[` + rsaKeyOrEC(f, "one", alg).jwk + `]}`))
	}
	f.Add([]byte(`{"keys":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := readKeySet(data)
		if (err == nil) != (len(keys) > 0) {
			t.Fatalf("got %v and %v: %q", keys, err, data)
		}
		for kid, k := range keys {
			if kid == "" || k.public == nil || k.algorithm == "" {
				t.Fatalf("got %q %+v: %q", kid, k, data)
			}
		}
	})
}
