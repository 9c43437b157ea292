package twilio

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
)

func TestFailureReasons_contract(t *testing.T) {
	t.Parallel()
	contract.FailureReasons(t, contract.ReasonsSetup{
		Open: func(t testing.TB) port.FailureReasons { return setup(t, domain.ChannelSMS).Sender },
		Known: map[string]domain.FailureReason{
			"21610": domain.FailureOptedOut, "30003": domain.FailureUnreachable, "30006": domain.FailureLandline,
			"63003": domain.FailureNotOnChannel,
			"63049": domain.FailureChannelRefused, "30008": "",
		},
	})
}

// What people are told must be what operators are told.
func TestFailureReasons_areOfKnownErrors(t *testing.T) {
	t.Parallel()
	for code := range reasons {
		n, err := strconv.Atoi(code)
		require.NoError(t, err)
		require.Contains(t, meanings, n)
	}
}
