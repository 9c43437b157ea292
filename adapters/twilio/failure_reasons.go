package twilio

import (
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var _ port.FailureReasons = (*Sender)(nil)

// reasons is what an error of a message that has failed on its way means to the person
// whom it was for (twilio.com/docs/api/errors).
var reasons = map[string]domain.FailureReason{
	"21211": domain.FailureNoRecipient,
	"21610": domain.FailureOptedOut,
	"21614": domain.FailureTakesNone,
	"21635": domain.FailureTakesNone,
	"30003": domain.FailureAway,
	"30004": domain.FailureBlocked,
	"30005": domain.FailureNoRecipient,
	"30006": domain.FailureTakesNone,
	"30007": domain.FailureSpam,
	"63003": domain.FailureNotOnChannel,
	"63016": domain.FailureNotLetThrough,
	"63024": domain.FailureNotOnChannel,
	"63032": domain.FailureNotLetThrough,
	"63049": domain.FailureNotLetThrough,
}

// FailureReason implements port.FailureReasons.
func (s *Sender) FailureReason(errorCode string) domain.FailureReason { return reasons[errorCode] }
