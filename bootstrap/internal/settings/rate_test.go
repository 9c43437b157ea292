package settings_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/bootstrap/internal/settings"
)

func TestRate_readsWhatItWrites(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]settings.Rate{
		"0":       {},
		"20/min":  {Count: 20, Per: time.Minute},
		"1/s":     {Count: 1, Per: time.Second},
		"3/h":     {Count: 3, Per: time.Hour},
		"1000/d":  {Count: 1000, Per: 24 * time.Hour},
		"5/1m30s": {Count: 5, Per: 90 * time.Second},
	} {
		var got settings.Rate
		require.NoError(t, got.UnmarshalText([]byte(text)), text)
		require.Equal(t, want, got, text)
		require.Equal(t, text, got.String())
	}
}

func TestRate_otherSpellings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" 20 / minute ": "20/min", "20/m": "20/min", "2/sec": "2/s", "2/second": "2/s", "2/hour": "2/h", "2/day": "2/d",
		"0/min": "0", "6/60s": "6/min",
	} {
		var got settings.Rate
		require.NoError(t, got.UnmarshalText([]byte(text)), text)
		require.Equal(t, want, got.String(), text)
	}
	for _, text := range []string{
		"", "x", "20", "-1/min", "1.5/min", "20/", "20/0s", "20/-1s", "20/week", "/min",
		"99999999999/min", "0/week",
	} {
		require.Error(t, new(settings.Rate).UnmarshalText([]byte(text)), text)
	}
}
