package sendgrid

import (
	"strings"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var _ port.FailureReasons = (*ReportingSender)(nil)

// reasons maps errors of messages that failed after they were accepted to reasons for the
// recipient: the status codes of mail servers, by their first two parts (RFC
// 3463), and SendGrid's reasons to drop a message.
var reasons = map[string]domain.FailureReason{
	"5.1": domain.FailureNoRecipient,
	"5.2": domain.FailureMailboxFull,
	"5.4": domain.FailureNoServer,
	"5.7": domain.FailureSpam,

	"invalid":                domain.FailureNoRecipient,
	"bounced_address":        domain.FailureBounced,
	"unsubscribed_address":   domain.FailureOptedOut,
	"spam_reporting_address": domain.FailureComplained,
}

// FailureReason implements port.FailureReasons.
func (s *ReportingSender) FailureReason(errorCode string) domain.FailureReason {
	if parts := strings.Split(errorCode, "."); len(parts) == 3 {
		errorCode = parts[0] + "." + parts[1]
	}
	return reasons[errorCode]
}
