package twilio

import (
	"context"
	"hash/fnv"
	"net/http"
	"strconv"
	"time"
)

// enough is the time that a request needs at least. To wait of our own accord until
// less is left would turn a refusal into an outcome that nobody hears of.
const enough = 500 * time.Millisecond

// maxRetryAfter bounds what is believed of a wait.
const maxRetryAfter = 24 * time.Hour

// backoff is the wait before the nth retry: the delay, doubled with each, less up to
// a half. How much less the name of the delivery decides, so that messages that were
// refused together do not come back together.
func backoff(delay time.Duration, n int, delivery string) time.Duration {
	full := delay << min(n-1, 10)
	h := fnv.New64a()
	_, _ = h.Write([]byte(delivery + strconv.Itoa(n)))
	return full - time.Duration(h.Sum64()%uint64(full/2+1))
}

// waitFor is the wait before the nth retry, if there is one that ends while somebody
// has the patience to hear what comes of it. As long as Twilio tells, at least, where
// it does; else it is doubled each time, but no further than leaves time for a request.
func (c *Config) waitFor(patience context.Context, n int, delivery string, told time.Duration) (time.Duration, bool) {
	for ; n > 0; n-- {
		wait := backoff(c.RetryDelay, n, delivery)
		if told > 0 && told >= wait {
			return told, fits(patience, told)
		}
		if fits(patience, wait+enough) {
			return wait, true
		}
	}
	return 0, false
}

// fits reports whether a time from now on is over before ctx ends.
func fits(ctx context.Context, span time.Duration) bool {
	end, ok := ctx.Deadline()
	if !ok {
		return true
	}
	after, cancel := context.WithTimeout(ctx, span)
	defer cancel()
	then, _ := after.Deadline() // the earlier of both
	return then.Before(end)
}

// pause waits, and reports whether it came to its end before ctx did.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// retryAfter reads how long to wait: seconds, or a time, which is held against the
// clock of the answer. 0 is none.
func retryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		wait = time.Duration(max(0, min(seconds, int64(maxRetryAfter/time.Second)))) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		if now, err := http.ParseTime(header.Get("Date")); err == nil {
			wait = at.Sub(now)
		}
	}
	return max(0, min(wait, maxRetryAfter))
}
