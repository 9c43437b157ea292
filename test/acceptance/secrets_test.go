// Secrets: a sweep of everything that the service writes and says, for codes,
// what codes are commonly hashed to, tokens and keys. Codes have ten digits here:
// of six some are always found, in a time or a port.
package acceptance_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/kit"
)

func TestSecrets_stayWhereTheyAre(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{Set: map[string]string{
			"otp.length": "10", "secret_key_previous": "the key before it, which is a secret too", "log.level": "debug",
		}})
		said := lead(t, s)
		s.Stop(t)
		stored := everythingIn(t, db)
		require.Contains(t, string(stored), "ada@example.com", "the sweep looks in the wrong place")

		codes, secrets := said.codes, []string(nil)
		for _, letter := range s.Inbox.Letters() {
			require.Len(t, letter.Code, 10)
			codes = append(codes, letter.Code)
			require.NotContains(t, letter.Text.Subject, letter.Code, "a locked screen shows it")
		}
		require.GreaterOrEqual(t, len(codes), 5)
		for _, session := range said.sessions {
			secrets = append(secrets, session.Access, session.Refresh, strings.Split(session.Access, ".")[2],
				strings.Split(session.Refresh, ".")[2])
		}
		secrets = append(secrets, kit.SecretKey, "the key before it, which is a secret too")

		sweep(t, "the log", []byte(s.Log.String()), codes, secrets)
		sweep(t, "the output", []byte(s.Out.String()), codes, secrets)
		sweep(t, "the database", stored, codes, secrets)
		sweep(t, "the answers", said.answers, codes, secrets[len(secrets)-2:])
		require.NotContains(t, s.Log.String(), "ada@example.com", "an address is not masked")
		require.Contains(t, s.Log.String(), "ad***@example.com")
	})
}

// Neither tokens, nor parts of them, nor the secrets of services are in the log, the
// output or the database.
func TestSecrets_ofSessions(t *testing.T) {
	t.Parallel()
	const secret = "hunter2hunter2hunter2hunter2hunter2"
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{Set: rotating("log.level", "debug", "service.credentials", "billing:"+secret)})
		billing := kit.Basic("billing", secret)
		secrets := []string{secret, strings.TrimPrefix(billing.Value, "Basic "), kit.SecretKey}
		var all []kit.Session
		for i := range 3 {
			first := s.SignIn(t, person(i))
			second := next(t, s, first)
			third := next(t, s, second)
			all = append(all, first, second, third)
			for _, session := range all {
				s.VerifyToken(t, session.Refresh)
				s.AskAs(t, billing, kit.IntrospectPath, session.Refresh).Want(t, http.StatusOK)
				s.AskAs(t, kit.Basic("billing", secret+"x"), kit.IntrospectPath, session.Refresh).Want(t, http.StatusUnauthorized)
				s.AskAs(t, kit.Basic(secret, "billing"), kit.RevokePath, session.Access).Want(t, http.StatusUnauthorized)
				s.Post(t, kit.RefreshPath+"?refresh="+session.Refresh, kit.JSON{"token": session.Refresh}).
					Want(t, http.StatusBadRequest)
				s.Profile(t, session.Refresh).Want(t, http.StatusUnauthorized)
				s.EndSession(t, third.Access, strings.Split(session.Refresh, ".")[2]).Want(t, http.StatusNotFound)
				s.Do(t, http.MethodPost, kit.RefreshPath, nil,
					kit.Header{Name: "Cookie", Value: "doorcode_refresh=" + session.Refresh}).Want(t, http.StatusBadRequest)
			}
		}
		s.Refresh(t, all[0].Refresh).Want(t, http.StatusUnauthorized)
		s.AskAs(t, billing, kit.RevokePath, all[3].Access).Want(t, http.StatusOK)
		s.Stop(t)
		for _, session := range all {
			for _, token := range []string{session.Access, session.Refresh} {
				parts := strings.Split(token, ".")
				secrets = append(secrets, token, parts[1], parts[2])
			}
			id, ok := claim(t, session.Refresh, "jti").(string)
			require.True(t, ok)
			secrets = append(secrets, id)
		}
		require.Contains(t, s.Log.String(), all[0].ID, "the sweep looks in the wrong place")
		stored := everythingIn(t, db)
		require.Contains(t, string(stored), all[6].ID, "the sweep looks in the wrong place")
		sweep(t, "the log", []byte(s.Log.String()), nil, secrets)
		sweep(t, "the output", []byte(s.Out.String()), nil, secrets)
		sweep(t, "the database", stored, nil, secrets)
	})
}

// life is what a service has said.
type life struct {
	codes    []string // that were never delivered
	sessions []kit.Session
	answers  []byte // headers and bodies
}

// lead lives through everything that has to do with codes: right and wrong ones,
// refused and torn messages, a store that is away.
func lead(t *testing.T, s *kit.Service) (said life) {
	t.Helper()
	note := func(a kit.Answer) kit.Answer {
		said.answers = fmt.Appendf(said.answers, "%v\n%s\n", a.Header, a.Body)
		return a
	}
	for _, who := range []string{"ada@example.com", "+15551234567"} {
		note(s.Request(t, who))
		code := s.Code(t, who)
		note(s.Verify(t, who, kit.WrongCodes(code, 1)[0]))
		note(s.Verify(t, who, code+"."))
		note(s.Do(t, http.MethodPost, kit.VerifyPath, `{"identifier": "`+who+`", "otp_code": `+
			strings.TrimLeft(code, "0")+`}`))
		note(s.Do(t, http.MethodPost, kit.VerifyPath, `{"identifier": "`+who+`", "otp_code": "`+code+`"`))
		note(s.Do(t, http.MethodGet, "/api/auth/otp/verify/?otp_code="+code, nil))
		signedIn := note(s.Verify(t, who, code)).Session(t)
		note(s.Verify(t, who, code))
		note(s.Profile(t, signedIn.Access))
		note(s.Profile(t, signedIn.Refresh))
		said.sessions = append(said.sessions, signedIn)
	}
	for i, result := range []domain.SendResult{
		domain.SendRejected, domain.SendInvalidRecipient, domain.SendAuthenticationFailed, domain.SendUnreachable,
		domain.SendUnknown,
	} {
		s.Inbox.Answer(port.SendOutcome{Result: result, Err: context.DeadlineExceeded})
		note(s.Request(t, person(i)))
	}
	s.Inbox.AnswerWith(func(m port.CodeMessage) port.SendOutcome {
		said.codes = append(said.codes, m.Code.Reveal())
		panic(m.Code.Reveal())
	})
	note(s.Request(t, "panic@example.com"))
	s.Inbox.AnswerWith(nil)
	note(s.Request(t, "away@example.com"))
	s.Database.Exec(t, "ALTER TABLE users RENAME TO hidden_users")
	failed := note(s.Verify(t, "away@example.com", s.Code(t, "away@example.com")))
	require.GreaterOrEqual(t, failed.Status, http.StatusInternalServerError)
	s.Database.Exec(t, "ALTER TABLE hidden_users RENAME TO users")
	return said
}

// everythingIn is every column of every row of every table, as it is and in hex.
func everythingIn(t *testing.T, db kit.Database) []byte {
	t.Helper()
	conn := db.Open(t)
	list := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if db.Dialect == kit.Postgres {
		list = "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
	}
	var all []byte
	for _, table := range column(t, conn, list) {
		rows, err := conn.QueryContext(t.Context(), "SELECT * FROM "+table)
		require.NoError(t, err)
		all = fmt.Appendf(all, "%s:\n", table)
		for _, row := range scanAll(t, rows) {
			for _, value := range row {
				all = fmt.Appendf(all, "%s\x00%x\n", value, value)
			}
		}
	}
	return all
}

// sweep looks for codes, as they are and hashed, and for other secrets.
func sweep(t *testing.T, where string, haystack []byte, codes, secrets []string) {
	t.Helper()
	for _, code := range codes {
		for form, needle := range formsOf(code) {
			require.False(t, bytes.Contains(haystack, needle), "%s has a code (%s): %q", where, form, needle)
		}
	}
	for i, secret := range secrets {
		require.False(t, bytes.Contains(haystack, []byte(secret)), "%s has the secret %d", where, i)
	}
}

// formsOf lists the encodings and hashes of a code under which it might be stored.
func formsOf(code string) map[string][]byte {
	text := []byte(code)
	forms := map[string][]byte{
		"plain": text, "base64": []byte(base64.StdEncoding.EncodeToString(text)), "hex": []byte(hex.EncodeToString(text)),
		"without leading zeros": []byte(strings.TrimLeft(code, "0")),
	}
	md5Sum, sha1Sum, sha256Sum, sha512Sum := md5.Sum(text), sha1.Sum(text), sha256.Sum256(text), sha512.Sum512(text)
	for name, sum := range map[string][]byte{
		"MD5": md5Sum[:], "SHA-1": sha1Sum[:], "SHA-256": sha256Sum[:],
		"SHA-512": sha512Sum[:],
	} {
		forms[name] = sum
		forms[name+" in hex"] = []byte(hex.EncodeToString(sum))
		forms[name+" in base64"] = []byte(base64.RawStdEncoding.EncodeToString(sum))
	}
	return forms
}

// The sweep itself finds what it is to find.
func TestSecrets_theSweepFinds(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		db.Exec(t, "CREATE TABLE planted (name text, value bytea)")
		for form, needle := range formsOf("0123456789") {
			db.Exec(t, "DELETE FROM planted")
			require.False(t, bytes.Contains(everythingIn(t, db), needle), form)
			db.Exec(t, "INSERT INTO planted VALUES ($1, $2)", "x", append([]byte("before"), needle...))
			require.True(t, bytes.Contains(everythingIn(t, db), needle), form)
		}
	})
}

// Nor does the program print a key, whatever it is asked.
func TestSecrets_areNotPrinted(t *testing.T) {
	t.Parallel()
	program := kit.Binary(t)
	environment := []string{
		"DOORCODE_SECRET_KEY=" + kit.SecretKey, "DOORCODE_SECRET_KEY_PREVIOUS=hunter2hunter2hunter2hunter2hunter2",
		"DOORCODE_DATABASE_URL=postgres://ada:hunter2@127.0.0.1:1/x",
		"DOORCODE_SERVICE_CREDENTIALS=billing:hunter2hunter2hunter2hunter2hunter2",
	}
	for _, args := range [][]string{
		{"config", "print"},
		{"config", "print", "--output", "json"},
		{"config", "check"},
		{"config", "check", "--set", "otp.length=1"},
		{"migrate", "status"},
		{"migrate", "up"},
		{"serve"},
		{"serve", "--set", "secret_key=hunter2"},
		{"serve", "--set", "service.credentials=hunter2hunter2hunter2hunter2hunter2"},
		{"serve", "--set", "service.credentials=billing:hunter2"},
		{"config", "check", "--set", "service.credentials=billing:hunter2hunter2hunter2hunter2hunter2,billing:hunter2hunter2hunter2hunter2hunter2"},
		{"token", "info"},
		{"token", "info", "--output", "json"},
	} {
		got := kit.Run(t, program, t.TempDir(), environment, args...)
		for _, secret := range []string{kit.SecretKey, "hunter2"} {
			require.NotContains(t, got.Out+got.Err, secret, "%v", args)
		}
		require.NotEmpty(t, got.Out+got.Err, "%v", args)
	}
}
