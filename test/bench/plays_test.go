package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// doorman is a service as the plays know it: it sends codes to the pipe, takes
// each once, and knows the tokens that it gave.
type doorman struct {
	mu       sync.Mutex
	pipe     *os.File
	codes    map[string]string // by challenge
	asked    map[string]int    // by address
	verified int
	sessions map[string]int // the refresh tokens that are good, with how often each was refreshed
	shown    int
}

func (d *doorman) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var in struct {
		Identifier  string `json:"identifier"`
		ChallengeID string `json:"challenge_id"`
		Code        string `json:"otp_code"`
		Refresh     string `json:"refresh"`
	}
	if r.Method == http.MethodPost {
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	switch r.URL.Path {
	case "/api/auth/otp/request/":
		d.asked[in.Identifier]++
		challenge := fmt.Sprintf("challenge-%d", len(d.codes))
		d.codes[challenge] = fmt.Sprintf("%06d", len(d.codes))
		fmt.Fprintf(d.pipe, `{"to":%q,"code":%q,"challenge_id":%q}`+"\n", in.Identifier, d.codes[challenge], challenge)
	case "/api/auth/otp/verify/":
		if in.Code == "" || d.codes[in.ChallengeID] != in.Code {
			http.Error(w, "wrong", http.StatusBadRequest)
			return
		}
		d.codes[in.ChallengeID] = ""
		d.verified++
		refresh := fmt.Sprintf("r.%d.0", d.verified)
		d.sessions[refresh] = 0
		fmt.Fprintf(w, `{"tokens":{"access":"a.%d.c","refresh":%q}}`, d.verified, refresh)
	case "/api/auth/token/refresh/":
		times, good := d.sessions[in.Refresh]
		if !good {
			http.Error(w, "reused", http.StatusUnauthorized)
			return
		}
		delete(d.sessions, in.Refresh)
		refresh := fmt.Sprintf("%s.%d", in.Refresh[:strings.LastIndexByte(in.Refresh, '.')], times+1)
		d.sessions[refresh] = times + 1
		fmt.Fprintf(w, `{"access":"a.0.c","refresh":%q}`, refresh)
	case "/api/profile/":
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer a.") {
			http.Error(w, "who", http.StatusUnauthorized)
			return
		}
		d.shown++
		fmt.Fprint(w, `{"uuid":"x"}`)
	}
}

// TestPlays plays every operation with a service that says when something is
// wrong.
func TestPlays(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "codes")
	inbox, err := newInbox(path)
	require.NoError(t, err)
	pipe, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	require.NoError(t, err)
	d := &doorman{pipe: pipe, codes: map[string]string{}, asked: map[string]int{}, sessions: map[string]int{}}
	server := httptest.NewServer(d)
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, pipe.Close())
		require.NoError(t, inbox.close())
	})
	s := &service{address: strings.TrimPrefix(server.URL, "http://"), crowd: &crowd{name: "t", inbox: inbox}}
	play := func(op operation) {
		require.NoError(t, s.supply(t.Context(), op, 0.02))
		result, err := s.load(t.Context(), 4, 20*time.Millisecond, s.play(op, 4))
		require.NoError(t, err, op)
		require.Empty(t, result.Failures.String(), op)
		require.Positive(t, result.Acts, op)
	}

	play(request)
	require.Len(t, s.crowd.challenges, len(d.asked), "whoever asks has a challenge")
	play(verify)
	require.Len(t, s.crowd.people, d.verified, "whoever verifies is somebody")
	play(newcomer)
	require.Len(t, s.crowd.people, d.verified)
	for address, times := range d.asked {
		require.Equal(t, 1, times, "%s was new", address)
	}
	before := d.verified
	play(returning)
	require.Greater(t, d.verified, before)
	again := 0
	for _, times := range d.asked {
		require.LessOrEqual(t, times, 2, "nobody comes back twice")
		again += times - 1
	}
	require.Positive(t, again)
	play(refresh)
	play(refresh)
	refreshed := 0
	for _, times := range d.sessions {
		refreshed = max(refreshed, times)
	}
	require.Greater(t, refreshed, 1, "what the first run was given is good in the second")
	require.Len(t, d.sessions, d.verified, "no session is lost")
	play(whoAmI)
	require.Positive(t, d.shown)
}

func TestBackground(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	asked := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Identifier string `json:"identifier"`
		}
		_ = json.NewDecoder(r.Body).Decode(&in)
		mu.Lock()
		defer mu.Unlock()
		if asked[in.Identifier]++; len(asked) == 5 {
			http.Error(w, "full", http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(server.Close)
	b := &background{service: &service{address: strings.TrimPrefix(server.URL, "http://")}}
	stop := b.start(t.Context())
	require.Eventually(t, func() bool { return b.answered.Load() >= slowClients+5 }, 10*time.Second, time.Millisecond)
	failures := stop()
	require.Equal(t, 1, failures.Total())
	require.Contains(t, failures.String(), "status 503: full")
	for number, times := range asked {
		require.Regexp(t, `^\+1555[0-9]{7}$`, number)
		require.Equal(t, 1, times)
	}
	again := b.start(t.Context())
	require.Zero(t, again().Total(), "failures are told once")
}
