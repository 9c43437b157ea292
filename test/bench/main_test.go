package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseOptions(t *testing.T) {
	t.Parallel()
	o, err := parseOptions(nil, io.Discard)
	require.NoError(t, err)
	require.Equal(t, []int{8, 32, 64}, o.connections)
	require.Equal(t, operations, o.operations())
	for _, part := range parts {
		require.True(t, o.wants(part), part)
	}

	o, err = parseOptions([]string{"-short", "-connections", "4,5", "-only", "sqlite,verify,who-am-I"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, 1, o.rounds)
	require.Equal(t, []int{4}, o.connections)
	require.Equal(t, []operation{verify, whoAmI}, o.operations())
	require.True(t, o.wants(partSQLite))
	require.False(t, o.wants(partPostgres))

	o, err = parseOptions([]string{"-only", "verify"}, io.Discard)
	require.NoError(t, err)
	require.True(t, o.wants(partPostgres), "an operation alone is measured on everything")

	for flags, complaint := range map[string]string{
		"-connections 0":    `"0" is not between 1 and 1000`,
		"-connections 8,":   `"" is not between 1 and 1000`,
		"-only nothing":     `"nothing" is neither a part nor an operation`,
		"-rounds 0":         "must be positive",
		"-seconds -1":       "must be positive",
		"-no-such":          "not defined",
		"-short everything": `"everything" is no flag`,
	} {
		var said strings.Builder
		_, err := parseOptions(strings.Fields(flags), &said)
		require.Error(t, err, flags)
		require.Contains(t, said.String(), complaint, flags)
	}
}

func TestLocalServer(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"postgres://u@127.0.0.1:5432/postgres", "postgresql://u:p@[::1]/x?sslmode=disable"} {
		_, err := localServer(good)
		require.NoError(t, err, good)
	}
	for _, bad := range []string{
		"", "mysql://127.0.0.1", "postgres://u@db.example/x", "postgres://u@192.0.2.1/x",
		"postgres:///x?host=192.0.2.1",
	} {
		_, err := localServer(bad)
		require.Error(t, err, bad)
	}
}

func TestRequestsAreHTTP(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		string(appendRequestOTP(nil, "a@b.example")): `POST /api/auth/otp/request/ {"identifier":"a@b.example"}`,
		string(appendVerifyOTP(nil, letter{"some-id", "001"})): `POST /api/auth/otp/verify/ ` +
			`{"challenge_id":"some-id","otp_code":"001"}`,
		string(appendRefresh(nil, "a.b.c")): `POST /api/auth/token/refresh/ {"refresh":"a.b.c"}`,
		string(appendWhoAmI(nil, "a.b.c")):  `GET /api/profile/ `,
	} {
		reader := bufio.NewReader(strings.NewReader(text))
		r, err := http.ReadRequest(reader)
		require.NoError(t, err)
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.Equal(t, want, r.Method+" "+r.URL.Path+" "+string(body))
		require.Zero(t, reader.Buffered(), "nothing comes after the body")
		if r.Method == http.MethodGet {
			require.Equal(t, "Bearer a.b.c", r.Header.Get("Authorization"))
		} else {
			require.Equal(t, "application/json", r.Header.Get("Content-Type"))
		}
	}
}

func TestReadTokens(t *testing.T) {
	t.Parallel()
	given, err := readTokens([]byte(`{"success":true,"tokens":{"access":"a.b.c","refresh":"d.e.f"}}`))
	require.NoError(t, err)
	require.Equal(t, tokens{"a.b.c", "d.e.f"}, given)
	for _, bad := range []string{
		"", `{"access":"","refresh":"d.e.f"}`, `{"refresh":"d.e.f","access":"a.b.c`,
		`{"tokens":{}}`, `{"access":"a.b.c"}`,
	} {
		_, err := readTokens(bytes.Clone([]byte(bad)))
		require.Error(t, err, bad)
	}
}
