package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// eventually waits for what a fetch beside brings about.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick, late := time.NewTicker(time.Millisecond), time.After(10*time.Second)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("not within 10 s: " + what)
		}
	}
}

func TestKeyCache_fetchesOnce(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	f.doorcode.wantFetches(t, 0)
	token := f.good()
	var working sync.WaitGroup
	for range 32 {
		working.Go(func() {
			for range 20 {
				if err := f.verify(token); err != nil {
					t.Error(err)
				}
			}
		})
	}
	working.Wait()
	f.doorcode.wantFetches(t, 1)
}

// Invented kids cause one fetch in ten seconds, however many requests have them.
func TestKeyCache_isNoHammer(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	token := f.good()
	check(t, f.verify(token))
	var invented []string
	k := ecKey(t, "", "ES256")
	for i := range 200 {
		k.kid = fmt.Sprint("invented ", i)
		invented = append(invented, f.of(k))
	}
	for wave := range 3 {
		var working sync.WaitGroup
		for n := range 4 {
			working.Go(func() {
				for _, text := range invented[n*50 : n*50+50] {
					if err := f.verify(text); err != ErrUnknownKey {
						t.Errorf("got %v, want %v", err, ErrUnknownKey)
					}
				}
			})
		}
		working.Wait()
		f.doorcode.wantFetches(t, int64(2+wave))
		check(t, f.verify(token))
		f.clock.forward(missInterval)
	}
}

// A token that names no key, or none that can be, is not worth a fetch.
func TestKeyCache_needsAKid(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	long := quote(strings.Repeat("k", maxKeyID+1))
	for _, text := range []string{f.head("kid", ""), f.head("kid", `""`), f.head("kid", long)} {
		if err := f.verify(text); err != ErrUnknownKey {
			t.Errorf("got %v, want %v", err, ErrUnknownKey)
		}
	}
	f.doorcode.wantFetches(t, 0)
}

// A new key is found at once, also just after the first fetch.
func TestKeyCache_findsANewKey(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	old, next := f.good(), ecKey(t, "two", "ES256")
	check(t, f.verify(old))
	f.doorcode.publish(next.jwk, f.key.jwk)
	check(t, f.verify(f.of(next)))
	check(t, f.verify(old))
	f.doorcode.wantFetches(t, 2)
}

// After max-age, keys are refreshed in background; after twice that, the first request
// waits, and a withdrawn key is unknown to it.
func TestKeyCache_keysAge(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	f.payload = f.payload.set("exp", f.at(1000*time.Hour))
	token := f.good()
	check(t, f.verify(token))
	f.clock.forward(5*time.Minute - 1)
	check(t, f.verify(token))
	f.doorcode.wantFetches(t, 1)

	answer := make(chan struct{})
	f.doorcode.behave(func(w http.ResponseWriter, r *http.Request) {
		<-answer
		text(200, `{"keys":[`+f.key.jwk+`]}`)(w, r)
	})
	f.clock.forward(1)
	for range 10 {
		check(t, f.verify(token))
	}
	close(answer)
	eventually(t, "the fetch beside has ended", func() bool {
		f.verifier.keys.mu.Lock()
		defer f.verifier.keys.mu.Unlock()
		return f.verifier.keys.inFlight == nil && f.verifier.keys.since.Equal(f.clock.now())
	})
	f.doorcode.wantFetches(t, 2)

	f.doorcode.publish(ecKey(t, "two", "ES256").jwk)
	f.clock.forward(2 * defaultMaxAge)
	if err := f.verify(token); err != ErrUnknownKey {
		t.Errorf("a key that was withdrawn long ago: got %v, want %v", err, ErrUnknownKey)
	}
}

// During an outage, keys are used for a day, and only the first request waits.
func TestKeyCache_outlivesAnOutage(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	f.payload = f.payload.set("exp", f.at(1000*time.Hour))
	token, other := f.good(), f.of(ecKey(t, "two", "ES256"))
	check(t, f.verify(token))
	f.doorcode.behave(text(503, ""))
	for age := time.Hour; age < maxStale; age += time.Hour {
		f.clock.forward(time.Hour)
		check(t, f.verify(token))
	}
	f.wantNoWaiting(token)
	if err := f.verify(other); !errors.Is(err, ErrKeysUnavailable) {
		t.Errorf("an unknown kid while doorcode is away: got %v, want %v", err, ErrKeysUnavailable)
	}
	asked := f.doorcode.fetches.Load()
	f.clock.forward(time.Hour)
	for range 10 {
		if err := f.verify(token); !errors.Is(err, ErrKeysUnavailable) {
			t.Errorf("keys that are a day old: got %v, want %v", err, ErrKeysUnavailable)
		}
	}
	if more := f.doorcode.fetches.Load() - asked; more > 2 {
		t.Errorf("doorcode was asked %d times in no time, want 2 at most", more)
	}
	f.doorcode.publish(f.key.jwk)
	f.clock.forward(retryInterval)
	check(t, f.verify(token))
}

// wantNoWaiting verifies a token while doorcode, after an outage, does not respond.
func (f *forge) wantNoWaiting(token string) {
	f.t.Helper()
	hang := make(chan struct{})
	f.doorcode.behave(func(w http.ResponseWriter, r *http.Request) {
		<-hang
		text(503, "")(w, r)
	})
	f.clock.forward(retryInterval)
	check(f.t, f.verify(token))
	c := f.verifier.keys
	c.mu.Lock()
	inFlight := c.inFlight
	c.mu.Unlock()
	close(hang)
	if inFlight == nil {
		f.t.Fatal("the token has waited for a fetch that was bound to fail, or none has begun")
	}
	<-inFlight
	f.doorcode.behave(text(503, ""))
}

// A doorcode that is away is asked every two seconds at most.
func TestKeyCache_doesNotHammerWhatIsDown(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	f.doorcode.behave(text(500, ""))
	token := f.good()
	for range 10 {
		for range 20 {
			if err := f.verify(token); !errors.Is(err, ErrKeysUnavailable) {
				t.Fatalf("got %v, want %v", err, ErrKeysUnavailable)
			}
		}
		f.clock.forward(retryInterval / 2)
	}
	f.doorcode.wantFetches(t, 5)
}

// A canceled request does not wait, and does not end the fetch that others wait for.
func TestKeyCache_callersHangUp(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	asked, answer := make(chan struct{}), make(chan struct{})
	f.doorcode.behave(func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-answer
		text(200, `{"keys":[`+f.key.jwk+`]}`)(w, r)
	})
	token := f.good()
	ctx, hangUp := context.WithCancel(t.Context())
	gone, served := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := f.verifier.Verify(ctx, token)
		gone <- err
	}()
	<-asked
	go func() { served <- f.verify(token) }()
	hangUp()
	if err := <-gone; !errors.Is(err, ErrKeysUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v and %v", err, ErrKeysUnavailable, context.Canceled)
	}
	close(answer)
	check(t, <-served)
	f.doorcode.wantFetches(t, 1)
}

// transport is a doorcode that needs no network, for bubbles.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A doorcode that accepts the connection and does not respond costs 5 seconds, whatever
// the timeout of HTTPClient.
func TestKeyCache_doesNotWaitForever(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		silence := transport(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		v, err := New(
			Config{Issuer: someIssuer, HTTPClient: &http.Client{Transport: silence}, Logger: slog.New(slog.DiscardHandler)},
		)
		check(t, err)
		begun := time.Now()
		if err := v.Refresh(t.Context()); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != fetchTimeout {
			t.Errorf("got %v after %s, want a deadline after %s", err, time.Since(begun), fetchTimeout)
		}
	})
}

// An outage is logged once, and its end too.
func TestKeyCache_tellsAnOutage(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	f := newForgeOf(t, ecKey(t, "one", "ES256"), func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	f.doorcode.behave(text(500, ""))
	for range 3 {
		if f.verifier.Refresh(t.Context()) == nil {
			t.Error("a refresh without keys went well")
		}
	}
	f.doorcode.publish(f.key.jwk)
	for range 3 {
		check(t, f.verifier.Refresh(t.Context()))
	}
	if got := log.String(); strings.Count(got, "level=WARN") != 1 || strings.Count(got, "level=INFO") != 1 ||
		!strings.Contains(got, f.doorcode.URL+": the answer is 500") {
		t.Errorf("got %s, want one warning and one all-clear", got)
	}
}

func TestMaxAge(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"":                           defaultMaxAge,
		"no-store":                   defaultMaxAge,
		"public, max-age=300":        5 * time.Minute,
		`Max-Age="600"`:              10 * time.Minute,
		"max-age=0":                  minMaxAge,
		"max-age=31536000":           maxMaxAge,
		"max-age=-1":                 defaultMaxAge,
		"max-age=soon":               defaultMaxAge,
		"max-age=99999999999999":     defaultMaxAge,
		"s-maxage=7,max-age=120,foo": 2 * time.Minute,
	} {
		if got := maxAgeOf(http.Header{"Cache-Control": {header}}); got != want {
			t.Errorf("%q: got %s, want %s", header, got, want)
		}
	}
}
