package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorcode-auth/doorcode/client"
)

// service is a service with one protected route.
type service struct {
	*httptest.Server
	verifier *client.Verifier
}

func newService(t *testing.T, cfg client.Config) *service {
	t.Helper()
	cfg.Logger = slog.New(slog.DiscardHandler)
	verifier, err := client.New(cfg)
	check(t, err)
	mux := http.NewServeMux()
	mux.Handle("GET /me", verifier.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := client.FromContext(r.Context())
		_ = json.NewEncoder(w).Encode(claims)
	})))
	s := &service{httptest.NewServer(mux), verifier}
	t.Cleanup(s.Close)
	return s
}

// ask shows a token to GET /me. "" is none.
func ask(t *testing.T, base, token string) (status int, body []byte) {
	t.Helper()
	return show(t, base+"/me", token)
}

// show shows a token to a route.
func show(t *testing.T, route, token string) (status int, body []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, route, nil)
	check(t, err)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	check(t, err)
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	check(t, err)
	return response.StatusCode, body
}

func wantStatus(t *testing.T, what, base, token string, want int) {
	t.Helper()
	if got, body := ask(t, base, token); got != want {
		t.Errorf("%s: got %d %s, want %d", what, got, body, want)
	}
}

func TestEndToEnd_whoAsks(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ES256", "RS256"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			d := newDoorcode(t)
			d.start(t, "DOORCODE_JWT_ALGORITHM="+algorithm, "DOORCODE_JWT_PRIVATE_KEY_FILE="+d.newKey(t, "key.pem", algorithm))
			s := newService(t, client.Config{Issuer: d.URL})
			ada := d.signIn(t, "ada@example.com")
			status, body := ask(t, s.URL, ada.Tokens.Access)
			var claims client.Claims
			if err := json.Unmarshal(body, &claims); err != nil || status != http.StatusOK {
				t.Fatalf("got %d %s, want 200 and the claims", status, body)
			}
			if claims.Subject != ada.User.UUID || claims.UserID != fmt.Sprint(ada.User.ID) ||
				claims.SessionID != ada.SessionID || claims.Issuer != d.URL ||
				!slices.Equal(claims.Audience, []string{d.URL}) || !slices.Equal(claims.AMR, []string{"otp", "email"}) ||
				claims.ID == "" || !claims.ExpiresAt.After(time.Now()) ||
				time.Since(claims.AuthTime).Abs() > time.Minute {
				t.Errorf("got %+v, want those of %+v", claims, ada)
			}
			parts := strings.Split(ada.Tokens.Access, ".")
			bob := strings.Split(d.signIn(t, "bob@example.com").Tokens.Access, ".")
			wantStatus(t, "no token", s.URL, "", http.StatusUnauthorized)
			wantStatus(t, "a refresh token", s.URL, ada.Tokens.Refresh, http.StatusUnauthorized)
			wantStatus(t, "the claims of another", s.URL, parts[0]+"."+bob[1]+"."+parts[2], http.StatusUnauthorized)
			wantStatus(t, "no signature", s.URL, parts[0]+"."+parts[1]+".", http.StatusUnauthorized)
			if got := d.fetches.Load(); got != 1 {
				t.Errorf("the keys were fetched %d times, want once", got)
			}
			other := newService(t, client.Config{Issuer: d.URL, Audience: "https://api.example.com"})
			wantStatus(t, "a token for another audience", other.URL, ada.Tokens.Access, http.StatusUnauthorized)
			other = newService(t, client.Config{
				Issuer: "https://login.example.com", KeysURL: d.URL + "/.well-known/jwks.json", Audience: d.URL,
			})
			wantStatus(t, "a token of another issuer", other.URL, ada.Tokens.Access, http.StatusUnauthorized)
		})
	}
}

// docs/rotating-keys.md, seen from a service: no request is refused, not even when doorcode
// signs with a key that was not published before.
func TestEndToEnd_keysRotate(t *testing.T) {
	t.Parallel()
	d := newDoorcode(t)
	old, next := d.newKey(t, "old.pem", "ES256"), d.newKey(t, "next.pem", "ES256")
	d.start(t, "DOORCODE_JWT_ALGORITHM=ES256", "DOORCODE_JWT_PRIVATE_KEY_FILE="+old)
	s := newService(t, client.Config{Issuer: d.URL})
	check(t, s.verifier.Refresh(t.Context()))
	before := d.signIn(t, "ada@example.com").Tokens.Access
	wantStatus(t, "the old key", s.URL, before, http.StatusOK)

	d.down()
	d.start(
		t, "DOORCODE_JWT_ALGORITHM=ES256", "DOORCODE_JWT_PRIVATE_KEY_FILE="+next, "DOORCODE_JWT_PUBLIC_KEY_FILES="+old+".pub",
	)
	after := d.signIn(t, "ada@example.com").Tokens.Access
	if header := func(token string) string { return token[:strings.IndexByte(token, '.')] }; header(
		before,
	) == header(
		after,
	) {
		t.Fatal("the key has not changed")
	}
	wantStatus(t, "the next key", s.URL, after, http.StatusOK)
	wantStatus(t, "the old key, after", s.URL, before, http.StatusOK)
	if got := d.fetches.Load(); got != 2 {
		t.Errorf("the keys were fetched %d times, want 2", got)
	}

	d.down()
	wantStatus(t, "the next key, while doorcode is down", s.URL, after, http.StatusOK)
	wantStatus(t, "the old key, while doorcode is down", s.URL, before, http.StatusOK)
	late := newService(t, client.Config{Issuer: d.URL})
	wantStatus(t, "a service without keys", late.URL, after, http.StatusServiceUnavailable)
	wantStatus(t, "a service without keys, no token", late.URL, "", http.StatusUnauthorized)
}

// One code has one type, title and status, from doorcode and from this package.
func TestEndToEnd_problems(t *testing.T) {
	t.Parallel()
	d := newDoorcode(t)
	d.start(t, "DOORCODE_JWT_ALGORITHM=ES256", "DOORCODE_JWT_PRIVATE_KEY_FILE="+d.newKey(t, "key.pem", "ES256"))
	s := newService(t, client.Config{Issuer: d.URL})
	for header, code := range map[string]string{
		"": "not_authenticated", "Bearer": "not_authenticated", "Bearer ": "not_authenticated",
		"Basic YTpi": "not_authenticated", "Bearer x": "token_not_valid",
	} {
		ours, theirs := problemOf(t, s.URL+"/me", header), problemOf(t, d.URL+"/api/profile/", header)
		if ours != theirs || ours.Code != code {
			t.Errorf("%q: got %+v from this package and %+v from doorcode, want %s", header, ours, theirs, code)
		}
	}
}

// problem is what doorcode and this package have in common.
type problem struct {
	Type, Title, Code string
	Status            int
}

func problemOf(t *testing.T, route, header string) (p problem) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, route, nil)
	check(t, err)
	if header != "" {
		request.Header.Set("Authorization", header)
	}
	response, err := http.DefaultClient.Do(request)
	check(t, err)
	defer response.Body.Close()
	check(t, json.NewDecoder(response.Body).Decode(&p))
	if p.Status != response.StatusCode {
		t.Errorf("%q: got the status %d in a response with %d", header, p.Status, response.StatusCode)
	}
	return p
}

// The package cannot see revocation: here the database is lost, with the user and the
// session.
func TestEndToEnd_doesNotSeeRevocation(t *testing.T) {
	t.Parallel()
	d := newDoorcode(t)
	environment := []string{
		"DOORCODE_JWT_ALGORITHM=ES256",
		"DOORCODE_JWT_PRIVATE_KEY_FILE=" + d.newKey(t, "key.pem", "ES256"),
	}
	d.start(t, environment...)
	s := newService(t, client.Config{Issuer: d.URL})
	ada := d.signIn(t, "ada@example.com").Tokens.Access
	if got, _ := show(t, d.URL+"/api/profile/", ada); got != http.StatusOK {
		t.Fatalf("doorcode itself: got %d, want 200", got)
	}
	d.down()
	d.start(t, environment...)
	if got, _ := show(t, d.URL+"/api/profile/", ada); got != http.StatusUnauthorized {
		t.Errorf("doorcode itself, without the session: got %d, want 401", got)
	}
	check(t, s.verifier.Refresh(t.Context()))
	wantStatus(t, "this package, without the session", s.URL, ada, http.StatusOK)
}

// doorcode signs with HMAC by default, whose keys are not published.
func TestEndToEnd_hmacHasNoKeys(t *testing.T) {
	t.Parallel()
	d := newDoorcode(t)
	d.start(t)
	s := newService(t, client.Config{Issuer: d.URL})
	err := s.verifier.Refresh(t.Context())
	if !errors.Is(err, client.ErrKeysUnavailable) || !strings.Contains(err.Error(), "jwt.algorithm to ES256 or RS256") {
		t.Errorf("got %v, want the cure", err)
	}
	wantStatus(t, "a token of HS256", s.URL, d.signIn(t, "ada@example.com").Tokens.Access, http.StatusServiceUnavailable)
}

func TestEndToEnd_gin(t *testing.T) {
	t.Parallel()
	d := newDoorcode(t)
	d.start(t, "DOORCODE_JWT_ALGORITHM=ES256", "DOORCODE_JWT_PRIVATE_KEY_FILE="+d.newKey(t, "key.pem", "ES256"))
	check(t, programs.gin())
	g := launch(t, filepath.Join(programs.dir, "gin"), t.TempDir(), nil, "-issuer", d.URL, "-addr", "127.0.0.1:0")
	ada := d.signIn(t, "ada@example.com")
	status, body := ask(t, g.url.String(), ada.Tokens.Access)
	want := fmt.Sprintf(`{"amr":["otp","email"],"session_id":%q,"uuid":%q}`, ada.SessionID, ada.User.UUID)
	if status != http.StatusOK || string(body) != want {
		t.Errorf("got %d %s, want 200 %s", status, body, want)
	}
	wantStatus(t, "no token", g.url.String(), "", http.StatusUnauthorized)
	wantStatus(t, "a refresh token", g.url.String(), ada.Tokens.Refresh, http.StatusUnauthorized)
}

// The module depends on golang-jwt only, its example on gin too, in the versions of
// doorcode.
func TestModules(t *testing.T) {
	t.Parallel()
	ours, example := read(t, "../go.mod"), read(t, "examples/gin/go.mod")
	find := func(pattern string) string { return regexp.MustCompile(pattern).FindString(ours) }
	goVersion, jwt, gin := find(`(?m)^go \S+`), find(`\S+/golang-jwt/jwt/v5 \S+`), find(`\S+/gin-gonic/gin \S+`)
	want := "module github.com/doorcode-auth/doorcode/client\n\n" + goVersion + "\n\nrequire " + jwt + "\n"
	if got := read(t, "go.mod"); got != want {
		t.Errorf("go.mod: got\n%swant\n%s", got, want)
	}
	for _, line := range []string{goVersion, jwt, gin} {
		if !strings.Contains(example, line) {
			t.Errorf("examples/gin/go.mod lacks %q of ../go.mod", line)
		}
	}
	if strings.Contains(example, "replace") {
		t.Error("examples/gin/go.mod has a replacement: it is of no use to others")
	}
	if _, err := os.Stat("../go.work"); !errors.Is(err, os.ErrNotExist) {
		t.Error("../go.work hides what others get")
	}
}

// What README.md shows is what the examples do.
func TestReadme(t *testing.T) {
	t.Parallel()
	unindented := func(text string) string { return strings.ReplaceAll(text, "\t", "") }
	source := unindented(read(t, "example_test.go") + read(t, "examples/gin/main.go"))
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(read(t, "README.md"), -1)
	if len(blocks) < 3 {
		t.Errorf("%d blocks of Go, want 3", len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(source, unindented(block[1])) {
			t.Errorf("in no example:\n%s", block[1])
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	check(t, err)
	return string(data)
}
