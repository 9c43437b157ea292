package sessions

import (
	_ "embed" // devices.txt
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

//go:embed testdata/devices.txt
var deviceTable string

// eachDevice calls f for each row of devices.txt: what a program calls itself, and the
// text that users read.
func eachDevice(f func(userAgent, want string)) {
	for line := range strings.Lines(deviceTable) {
		if want, userAgent, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok {
			f(userAgent, want)
		}
	}
}

func TestDeviceOf(t *testing.T) {
	t.Parallel()
	rows := 0
	eachDevice(func(userAgent, want string) {
		require.Equal(t, want, deviceOf(userAgent), userAgent)
		rows++
	})
	require.Greater(t, rows, 60)
}

func TestDeviceOf_noDevice(t *testing.T) {
	t.Parallel()
	for _, userAgent := range []string{
		"", "-", "Mozilla/5.0", "/1.0", "(((((", "<script>alert(1)</script>", "KHTML/4.14", "Gecko",
		strings.Repeat("x", domain.MaxUserAgent), strings.Repeat("(;/ )", domain.MaxUserAgent/5),
	} {
		require.Empty(t, deviceOf(userAgent), userAgent)
	}
}

// Whatever a client calls itself, a page can show it.
func FuzzDeviceOf(f *testing.F) {
	eachDevice(func(userAgent, _ string) { f.Add(userAgent) })
	f.Add("(((((")
	f.Fuzz(func(t *testing.T, userAgent string) {
		device := deviceOf(domain.CleanUserAgent(userAgent))
		require.LessOrEqual(t, len(device), 2*40+len(" on "))
		require.NotContains(t, device, "<")
		for _, r := range device {
			require.True(t, r >= ' ' && r <= '~', "%q", device)
		}
	})
}
