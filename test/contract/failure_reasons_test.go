package contract

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// reasonsFunc says what errors mean.
type reasonsFunc func(errorCode string) domain.FailureReason

func (f reasonsFunc) FailureReason(errorCode string) domain.FailureReason { return f(errorCode) }

func TestFailureReasons_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	const (
		knows = `It must be one of domain.FailureReasons, or "" for what it does not know.`
		same  = "It must tell the same of the same error."
	)
	check := func(f reasonsFunc, known map[string]domain.FailureReason) []string {
		return broken(ReasonsSetup{Open: func(testing.TB) port.FailureReasons { return f }, Known: known},
			failureReasonsPromises())
	}
	good := func(code string) domain.FailureReason {
		return map[string]domain.FailureReason{"away": domain.FailureUnreachable}[code]
	}
	known := map[string]domain.FailureReason{"away": domain.FailureUnreachable, "odd": ""}
	require.Empty(t, check(good, known))
	require.Equal(t, []string{knows}, check(func(string) domain.FailureReason { return domain.FailureUnreachable }, known))
	require.Equal(t, []string{knows}, check(func(string) domain.FailureReason { return "" }, known))
	words := func(code string) domain.FailureReason {
		return map[string]domain.FailureReason{"away": "The phone is off."}[code]
	}
	require.Equal(t, []string{knows}, check(words, map[string]domain.FailureReason{"away": "The phone is off."}))
	asked := 0
	require.Contains(t, check(func(code string) domain.FailureReason {
		if asked++; asked%7 == 0 {
			return domain.FailureSpam
		}
		return good(code)
	}, known), same)
}
