package port

import "github.com/doorcode-auth/doorcode/domain"

// FailureReasons is what a sender with DeliveryReports may be able to do beside: say
// what its provider's errors mean to the person whom a message was for. Of a
// provider without it they are told what is true of most failures.
type FailureReasons interface {
	// FailureReason says what an error means that a report of the provider's has told.
	//
	// It must be one of domain.FailureReasons, or "" for what it does not know.
	// It must tell the same of the same error.
	FailureReason(errorCode string) domain.FailureReason
}
