package port

import (
	"context"

	"github.com/doorcode-auth/doorcode/domain"
)

// AdminNotifier delivers events to the admins through another service. One background
// worker calls it, and no request waits for it.
type AdminNotifier interface {
	// Notify delivers events, the oldest first.
	//
	// It must deliver every event, in one message or more.
	// It must escape markup in events.
	// It must return when ctx is done, with an error if the events may not have been delivered.
	// It must fail with a fault of the kind Throttled and its RetryAfter when the service rate-limits
	// it.
	// It must fail with a fault of the kind Denied when the service refuses it until the configuration
	// changes.
	// It must never show a secret of its configuration in an error.
	Notify(ctx context.Context, events []domain.Event) error
}
