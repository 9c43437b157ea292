package twilio

import (
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var _ port.FailureReasons = (*Sender)(nil)

// reasons maps errors of messages that failed after they were accepted to reasons for the
// recipient (twilio.com/docs/api/errors).
var reasons = map[string]domain.FailureReason{
	"21211": domain.FailureNoRecipient,
	"21610": domain.FailureOptedOut,
	"21614": domain.FailureLandline,
	"21635": domain.FailureLandline,
	"30003": domain.FailureUnreachable,
	"30004": domain.FailureBlocked,
	"30005": domain.FailureNoRecipient,
	"30006": domain.FailureLandline,
	"30007": domain.FailureSpam,
	"63003": domain.FailureNotOnChannel,
	"63016": domain.FailureChannelRefused,
	"63024": domain.FailureNotOnChannel,
	"63032": domain.FailureChannelRefused,
	"63049": domain.FailureChannelRefused,
}

// FailureReason implements port.FailureReasons.
func (s *Sender) FailureReason(errorCode string) domain.FailureReason { return reasons[errorCode] }
