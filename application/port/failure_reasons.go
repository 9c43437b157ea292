package port

import "github.com/doorcode-auth/doorcode/domain"

// FailureReasons is an optional ability of a sender with DeliveryReports: it maps the
// error codes of its provider to reasons that the user can act on. Without it, users
// get general advice.
type FailureReasons interface {
	// FailureReason maps the error code of a report.
	//
	// It must be one of domain.FailureReasons, or "" for what it does not know.
	// It must tell the same of the same error.
	FailureReason(errorCode string) domain.FailureReason
}
