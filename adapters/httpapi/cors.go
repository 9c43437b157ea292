package httpapi

import (
	"fmt"
	"net/http"
	"net/url"
)

// origins are the web pages that may read answers (CORS), to the letter.
type origins map[string]struct{}

// newOrigins reads a list of origins: scheme, host and port as browsers send
// them. There is no wildcard.
func newOrigins(list []string) (origins, error) {
	o := make(origins, len(list))
	for _, text := range list {
		u, err := url.Parse(text)
		if err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != text {
			return nil, fmt.Errorf("read the CORS origin %q: it must look like https://app.example.com", text)
		}
		o[text] = struct{}{}
	}
	return o, nil
}

// allow lets the page that asks read the answer, if it may, and send its cookies
// where there are some.
func (o origins) allow(h http.Header, r *http.Request, cookies bool) {
	if len(o) == 0 {
		return
	}
	h["Vary"] = []string{"Origin"}
	if origin := r.Header.Get("Origin"); o.has(origin) {
		h["Access-Control-Allow-Origin"] = []string{origin}
		h["Access-Control-Expose-Headers"] = []string{"X-Request-Id, Retry-After, RateLimit"}
		if cookies {
			h["Access-Control-Allow-Credentials"] = []string{"true"}
		}
	}
}

// preflight answers what a page may send, if it may send anything.
func (o origins) preflight(h http.Header, r *http.Request, methods, authHeader string) {
	if !o.has(r.Header.Get("Origin")) || r.Header.Get("Access-Control-Request-Method") == "" {
		return
	}
	h["Access-Control-Allow-Methods"] = []string{methods}
	h["Access-Control-Allow-Headers"] = []string{authHeader + ", Content-Type, X-Request-Id"}
	h["Access-Control-Max-Age"] = []string{"600"}
}

func (o origins) has(origin string) bool {
	_, ok := o[origin]
	return ok
}
