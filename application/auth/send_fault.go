package auth

import (
	"fmt"
	"time"

	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/domain"
)

// LimitIdentifierRequests names the limit of sends to one recipient.
const LimitIdentifierRequests = "identifier_requests"

// limitedOr is err, or without one the fault of too many sends to a recipient.
func limitedOr(err error, wait time.Duration) error {
	if err != nil {
		return err
	}
	return domain.RateLimited(LimitIdentifierRequests, wait)
}

// sendFault is the fault of a failed send: nil while it may have worked, the identifier's
// when it cannot be reached, the channel's when it does not reach it, and ours otherwise.
func (uc *RequestOTP) sendFault(sent delivery.Outcome, route delivery.Route, kind domain.Kind) error {
	if !sent.Result.Refused() {
		return nil
	}
	cause := fmt.Errorf("send by %s: %s: %w", sent.Channel, sent.Result, sent.Err)
	if sent.Err == nil {
		cause = fmt.Errorf("send by %s: %s", sent.Channel, sent.Result)
	}
	var fault *domain.Error
	switch unreachable := sent.Result == domain.SendInvalidRecipient; {
	case sent.Result == domain.SendNotOnChannel:
		fault = uc.routes.NotOnChannel(route, kind)
	case unreachable && kind == domain.KindEmail:
		fault = domain.ErrInvalidEmail
	case unreachable:
		fault = domain.ErrInvalidPhone
	case kind == domain.KindEmail:
		fault = domain.ErrEmailSendFailed
	default:
		fault = domain.ErrSMSSendFailed
	}
	if fault.Kind == domain.Unavailable && sent.RetryAfter > 0 {
		fault = fault.After(sent.RetryAfter)
	}
	return fault.Because(cause)
}
