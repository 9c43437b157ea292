package sendgrid

import (
	"testing"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
)

func TestFailureReasons_contract(t *testing.T) {
	t.Parallel()
	contract.FailureReasons(t, contract.ReasonsSetup{
		Open: func(testing.TB) port.FailureReasons { return &ReportingSender{} },
		Known: map[string]domain.FailureReason{
			"5.1.1": domain.FailureNoRecipient, "5.2.2": domain.FailureMailboxFull, "5.7.26": domain.FailureSpam,
			"4.1.1": "", "5.1.1.1": "",
			"invalid": domain.FailureNoRecipient, "bounced_address": domain.FailureBounced, "bounce": "",
		},
	})
}
