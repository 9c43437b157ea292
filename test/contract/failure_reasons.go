package contract

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ReasonsSetup describes what says what the errors of a provider mean.
type ReasonsSetup struct {
	Open func(t testing.TB) port.FailureReasons
	// Known is what some errors of the provider mean.
	Known map[string]domain.FailureReason
}

// FailureReasons proves the contract of port.FailureReasons.
func FailureReasons(t *testing.T, setup ReasonsSetup) {
	t.Helper()
	prove(t, setup, failureReasonsPromises())
}

func failureReasonsPromises() []promise[ReasonsSetup] {
	return []promise[ReasonsSetup]{
		{`It must be one of domain.FailureReasons, or "" for what it does not know.`, knowsReasons},
		{"It must tell the same of the same error.", tellsTheSame},
	}
}

func knowsReasons(t testing.TB, setup ReasonsSetup) {
	reasons := setup.Open(t)
	for code, want := range setup.Known {
		got := reasons.FailureReason(code)
		require.Equal(t, want, got, code)
		if got != "" {
			require.Contains(t, domain.FailureReasons, got, code)
		}
	}
	for _, code := range []string{
		"", " ", ".", "..", "0", "-1", "no such error", "\x00\xff", strings.Repeat("5", 10_000),
		strings.Repeat(".", 10_000),
	} {
		require.Empty(t, reasons.FailureReason(code), "%.20q", code)
	}
}

func tellsTheSame(t testing.TB, setup ReasonsSetup) {
	first, second := setup.Open(t), setup.Open(t)
	for code := range setup.Known {
		want := first.FailureReason(code)
		for range 10 {
			require.Equal(t, want, first.FailureReason(code), code)
			require.Equal(t, want, second.FailureReason(code), code)
		}
	}
}
