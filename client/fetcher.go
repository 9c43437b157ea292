package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	maxAnswer     = 256 << 10 // bytes; a set of doorcode has about 1 KiB
	defaultMaxAge = 5 * time.Minute
	minMaxAge     = time.Minute
	maxMaxAge     = time.Hour
)

// fetcher fetches the key set of doorcode.
type fetcher struct {
	url    string
	client http.Client
}

// newFetcher uses the configured client without redirects: keys come from the configured
// URL only.
func newFetcher(cfg Config) *fetcher {
	f := &fetcher{url: cfg.KeysURL, client: *cfg.HTTPClient}
	f.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return f
}

func (f *fetcher) fetch(ctx context.Context) (fetched, error) {
	keys, maxAge, err := f.request(ctx)
	if err != nil {
		return fetched{}, fmt.Errorf("fetch the keys from %s: %w", f.url, err)
	}
	return fetched{keys: keys, maxAge: maxAge}, nil
}

func (f *fetcher) request(ctx context.Context) (map[string]key, time.Duration, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url, nil)
	if err != nil {
		return nil, 0, err
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	request.Header.Set("User-Agent", "doorcode-client")
	response, err := f.client.Do(request)
	var failed *url.Error // which repeats the URL
	if errors.As(err, &failed) {
		err = failed.Err
	}
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	switch status := response.StatusCode; {
	case status >= 300 && status < 400:
		return nil, 0, fmt.Errorf("the answer is a redirect (%d), which is not followed: "+
			"set KeysURL to where the keys are", status)
	case status != http.StatusOK:
		return nil, 0, fmt.Errorf("the answer is %d, want 200", status)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, 0, err
	}
	if len(data) > maxAnswer {
		return nil, 0, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	keys, err := readKeySet(data)
	return keys, maxAgeOf(response.Header), err
}

// maxAgeOf is the max-age of a response, within bounds: not every request may cause a
// fetch, and a withdrawn key must not be kept for days.
func maxAgeOf(h http.Header) time.Duration {
	for _, line := range h.Values("Cache-Control") {
		for directive := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
			if !strings.EqualFold(name, "max-age") {
				continue
			}
			if seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31); err == nil {
				return min(max(time.Duration(seconds)*time.Second, minMaxAge), maxMaxAge)
			}
		}
	}
	return defaultMaxAge
}
