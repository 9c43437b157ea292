package jwt

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

// FuzzParseAccess: only the signed text is accepted, byte for byte.
func FuzzParseAccess(f *testing.F) {
	x := newForge(f)
	good := signToken(x.header, x.payload, x.key)
	f.Add(good)
	for _, table := range [][]badToken{
		x.badSignatures(), x.badHeaders(), x.badKinds(), x.badTimes(), x.badSubjects(), x.badParties(), x.badForms(),
	} {
		for _, row := range table {
			if len(row.text) <= maxToken {
				f.Add(row.text)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := x.tokens.ParseAccess(text)
		if text == good {
			require.NoError(t, err)
			return
		}
		require.ErrorIs(t, err, domain.ErrTokenNotValid, "%q", text)
		var why reason
		require.True(t, errors.As(err, &why), "the cause is a reason: %v", err)
	})
}

// FuzzClaims: validly signed claims are decoded as encoding/json does, or refused.
func FuzzClaims(f *testing.F) {
	x := newForge(f)
	f.Add(x.payload)
	for _, seed := range []string{
		`{}`, `{"sub":"a","sub":"b"}`, `{"amr":[["\\\"]}"]]}`, `{"a":{"b":[1,2,{"c":"}"}]},"exp":7 }`,
		` { "iat" : 1e3 , "x" : true } `,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		c := claims{format: &format{names: ClaimNames{}.withDefaults()}}
		if json.Unmarshal([]byte(payload), &c) != nil {
			return
		}
		names, values := byDecoder(t, payload)
		for i, name := range names {
			for _, other := range names[:i] {
				require.NotEqual(t, other, name, "a name came twice in %q", payload)
			}
			var text string
			if name == claimSubject && json.Unmarshal(values[i], &text) == nil {
				require.Equal(t, text, c.subject, "%q", payload)
			}
			var number int64
			if name == "user_id" && json.Unmarshal(values[i], &number) == nil {
				require.Equal(t, number, c.userID, "%q", payload)
			}
		}
	})
}

// byDecoder reads the members of an object with json.Decoder.
func byDecoder(t *testing.T, object string) (names []string, values []json.RawMessage) {
	d := json.NewDecoder(bytes.NewReader([]byte(object)))
	open, err := d.Token()
	require.NoError(t, err)
	if open == nil { // null means no claims
		return nil, nil
	}
	require.Equal(t, json.Delim('{'), open)
	for d.More() {
		name, err := d.Token()
		require.NoError(t, err)
		var value json.RawMessage
		require.NoError(t, d.Decode(&value))
		names, values = append(names, name.(string)), append(values, value)
	}
	_, err = d.Token()
	require.NoError(t, err)
	_, err = d.Token()
	require.ErrorIs(t, err, io.EOF)
	return names, values
}
