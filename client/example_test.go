package client_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/doorcode-auth/doorcode/client"
)

// A protected route that knows its user.
func Example() {
	mux := http.NewServeMux()
	verifier, err := client.New(client.Config{Issuer: "https://login.example.com"})
	if err != nil {
		log.Fatal(err)
	}
	mux.Handle("GET /me", verifier.Protect(http.HandlerFunc(showMe)))

	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/me", nil))
	fmt.Println(answer.Code, answer.Header().Get("WWW-Authenticate"))
	// Output: 401 Bearer
}

func showMe(w http.ResponseWriter, r *http.Request) {
	claims, _ := client.FromContext(r.Context())
	fmt.Fprintf(w, "You are %s.\n", claims.Subject)
}

// A test of a handler needs no token.
func ExampleNewContext() {
	r := httptest.NewRequest(http.MethodGet, "/me", nil)
	r = r.WithContext(client.NewContext(r.Context(), client.Claims{Subject: "019cec25-e600-7000-8000-000000000001"}))
	answer := httptest.NewRecorder()
	showMe(answer, r)
	fmt.Print(answer.Body)
	// Output: You are 019cec25-e600-7000-8000-000000000001.
}
