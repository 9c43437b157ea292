package twilio

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestSend_triesAgain(t *testing.T) {
	t.Parallel()
	limited := func(after string) reply { return withHeader("Retry-After", after, says(429, `{"code":20429}`)) }
	away := says(503, "away")
	accepted := reply(nil)
	for name, row := range map[string]struct {
		replies    []reply
		retries    int
		patience   time.Duration // 0 for a minute, less for none
		want       domain.SendResult
		requests   int
		atLeast    time.Duration // the first wait
		retryAfter time.Duration // of the outcome
	}{
		"503 then 201":                   {[]reply{away, accepted}, 3, 0, domain.SendAccepted, 2, 500 * time.Millisecond, 0},
		"503 thrice then 201":            {[]reply{away, away, away, accepted}, 3, 0, domain.SendAccepted, 4, 500 * time.Millisecond, 0},
		"503 once more":                  {[]reply{away, away, away, away}, 3, 0, domain.SendUnreachable, 4, 500 * time.Millisecond, 0},
		"503 without retries":            {[]reply{away}, 0, 0, domain.SendUnreachable, 1, 0, 0},
		"503 then 500":                   {[]reply{away, says(500, "")}, 3, 0, domain.SendUnknown, 2, 500 * time.Millisecond, 0},
		"503 then 400":                   {[]reply{away, says(400, `{"code":21211}`)}, 3, 0, domain.SendInvalidRecipient, 2, 500 * time.Millisecond, 0},
		"503 then a reset":               {[]reply{away, raw("", true)}, 3, 0, domain.SendUnknown, 2, 500 * time.Millisecond, 0},
		"503 that says when":             {[]reply{withHeader("Retry-After", "7", away), accepted}, 3, 0, domain.SendAccepted, 2, 7 * time.Second, 0},
		"503 and no time for a wait":     {[]reply{away}, 3, 900 * time.Millisecond, domain.SendUnreachable, 1, 0, 0},
		"503 and nobody waits":           {[]reply{away}, 3, -1, domain.SendUnreachable, 1, 0, 0},
		"429 that fits":                  {[]reply{limited("2"), accepted}, 3, 5 * time.Second, domain.SendAccepted, 2, 2 * time.Second, 0},
		"429 that just fits":             {[]reply{limited("4"), accepted}, 3, 4200 * time.Millisecond, domain.SendAccepted, 2, 4 * time.Second, 0},
		"429 that does not fit":          {[]reply{limited("12")}, 3, 5 * time.Second, domain.SendRateLimited, 1, 0, 12 * time.Second},
		"429 and nobody waits":           {[]reply{limited("1")}, 3, -1, domain.SendRateLimited, 1, 0, time.Second},
		"429 that leaves no time to ask": {[]reply{limited("20")}, 3, 0, domain.SendRateLimited, 1, 0, 20 * time.Second},
		"429 that does not say when":     {[]reply{says(429, "no"), accepted}, 3, 5 * time.Second, domain.SendAccepted, 2, 500 * time.Millisecond, 0},
		"429 that is huge":               {[]reply{withHeader("Retry-After", "2", says(429, strings.Repeat("x", 2*maxAnswer))), accepted}, 3, 5 * time.Second, domain.SendAccepted, 2, 2 * time.Second, 0},
		"503 that is huge":               {[]reply{withHeader("Retry-After", "7", says(503, strings.Repeat("x", 2*maxAnswer))), accepted}, 3, 0, domain.SendAccepted, 2, 7 * time.Second, 0},
		"429 that says never":            {[]reply{limited("99999999999999999")}, 3, 0, domain.SendRateLimited, 1, 0, 24 * time.Hour},
		"429 that says nonsense":         {[]reply{limited("soon"), limited("-5"), accepted}, 3, 0, domain.SendAccepted, 3, 500 * time.Millisecond, 0},
		"429 until nothing is left":      {[]reply{limited("1"), limited("1"), limited("3")}, 2, 0, domain.SendRateLimited, 3, time.Second, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, domain.ChannelSMS, func(c *Config) { c.MaxRetries = row.retries })
			b.reply(row.replies...)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			m := letter(t, domain.ChannelSMS)
			if row.patience != 0 {
				m.RetryBudget = max(0, row.patience)
			}
			out := b.Send(ctx, m)
			require.Equal(t, row.want, out.Result, "%v", out.Err)
			require.Equal(t, row.requests, b.requests(), "requests")
			require.Equal(t, row.retryAfter, out.RetryAfter)
			require.Len(t, b.waits.all, row.requests-1, "waits")
			if row.requests > 1 {
				require.GreaterOrEqual(t, b.waits.all[0], row.atLeast)
			}
			requireHidden(t, b, out)
		})
	}
}

// Whoever is called off while waiting has been refused, and nothing more.
func TestSend_calledOffBetween(t *testing.T) {
	t.Parallel()
	b := setup(t, domain.ChannelSMS, func(c *Config) { c.RetryDelay = time.Minute })
	ctx, cancel := context.WithCancel(t.Context())
	b.Sender.pause = func(ctx context.Context, wait time.Duration) bool { cancel(); return pause(ctx, wait) }
	b.replyAlways(says(503, ""))
	require.Equal(t, domain.SendUnreachable, b.Send(ctx, letter(t, domain.ChannelSMS)).Result)
	require.Equal(t, 1, b.requests())
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 4; n++ {
		full := time.Second << (n - 1)
		low, high := full, time.Duration(0)
		for i := range 1000 {
			wait := backoff(time.Second, n, fmt.Sprintf("019cec37-b600-7000-9000-%012x", i))
			low, high = min(low, wait), max(high, wait)
		}
		require.GreaterOrEqual(t, low, full/2, "retry %d", n)
		require.LessOrEqual(t, high, full, "retry %d", n)
		require.Less(t, low, full*55/100, "retry %d is not spread", n)
		require.Greater(t, high, full*95/100, "retry %d is not spread", n)
	}
	require.Zero(t, backoff(0, 1, "d"))
	require.Positive(t, backoff(time.Minute, 1000, "d"), "however often")
	require.Equal(t, backoff(time.Second, 1, "d"), backoff(time.Second, 1, "d"))
}

// With what is configured where nobody configures anything, whoever asks hears of a
// refusal before they stop waiting, and no retry is left out for it.
func TestWaitFor_thePatienceOfACaller(t *testing.T) {
	t.Parallel()
	config := Config{RetryDelay: time.Second, MaxRetries: 3}
	for i := range 200 {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			patience, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			for n := 1; n <= config.MaxRetries; n++ {
				wait, ok := config.waitFor(patience, n, fmt.Sprint(i), 0)
				require.True(t, ok, "retry %d, after %s", n, time.Since(start))
				require.GreaterOrEqual(t, wait, config.RetryDelay/2)
				require.True(t, pause(patience, wait))
			}
			require.Less(t, time.Since(start), 5*time.Second-enough)
		})
	}
}

func TestWaitFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		config := Config{RetryDelay: time.Second}
		within := func(patience time.Duration, n int, told time.Duration) (time.Duration, bool) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			return config.waitFor(ctx, n, "d", told)
		}
		first, third := backoff(time.Second, 1, "d"), backoff(time.Second, 3, "d")
		wait, ok := within(time.Minute, 3, 0)
		require.True(t, ok)
		require.Equal(t, third, wait)
		wait, ok = within(first+enough+1, 3, 0)
		require.True(t, ok, "it need not be doubled")
		require.Equal(t, first, wait)
		_, ok = within(first+enough, 3, 0)
		require.False(t, ok, "no time is left for a request")
		_, ok = within(0, 1, 0)
		require.False(t, ok, "nobody waits")

		wait, ok = within(5*time.Second, 1, 5*time.Second-1)
		require.True(t, ok, "it ends before")
		require.Equal(t, 5*time.Second-1, wait)
		_, ok = within(5*time.Second, 1, 5*time.Second)
		require.False(t, ok)
		_, ok = within(5*time.Second, 3, 12*time.Second)
		require.False(t, ok)
		wait, ok = within(time.Minute, 3, time.Millisecond)
		require.True(t, ok)
		require.Equal(t, third, wait, "who asks for little is asked no sooner for it")
	})
}

func TestFits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		require.True(t, fits(t.Context(), time.Hour), "no end")
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		require.True(t, fits(ctx, 10*time.Second-1))
		require.False(t, fits(ctx, 10*time.Second))
		require.False(t, fits(ctx, time.Minute))
		require.True(t, pause(ctx, 5*time.Second))
		require.False(t, fits(ctx, 5*time.Second))
		require.True(t, fits(ctx, 4*time.Second))
		require.False(t, pause(ctx, 6*time.Second))
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const now = "Sat, 14 Mar 2026 12:00:00 GMT"
	for name, row := range map[string]struct {
		value, date string
		want        time.Duration
	}{
		"seconds":              {"5", "", 5 * time.Second},
		"none":                 {"", now, 0},
		"a time":               {"Sat, 14 Mar 2026 12:00:09 GMT", now, 9 * time.Second},
		"a time of no day":     {"Sat, 14 Mar 2026 12:00:09 GMT", "", 0},
		"a time that is over":  {"Sat, 14 Mar 2026 11:00:00 GMT", now, 0},
		"a time in years":      {"Sat, 14 Mar 2037 11:00:00 GMT", now, maxRetryAfter},
		"less than nothing":    {"-1", now, 0},
		"more than a number":   {"99999999999999999999999999", now, 0},
		"more than a duration": {"9223372036854775807", now, maxRetryAfter},
	} {
		header := http.Header{"Retry-After": {row.value}, "Date": {row.date}}
		require.Equal(t, row.want, retryAfter(header), name)
	}
}
