package port

import (
	"context"

	"github.com/doorcode-auth/doorcode/domain"
)

// AdminNotifier tells admins what has happened, by a service of somebody else's.
// Nothing of ours waits for it: it is called by one worker, apart from every request.
type AdminNotifier interface {
	// Notify tells of some events, the oldest first.
	//
	// It must tell each of the events that it is given, in one message or more.
	// It must take nothing in an event for markup.
	// It must return when ctx is done, with an error if the events may not have been told.
	// It must fail with a fault of the kind Throttled, and how long to wait, when it is asked to wait.
	// It must fail with a fault of the kind Denied when it is refused for as long as nobody changes the configuration.
	// It must never show a secret of its configuration in an error.
	Notify(ctx context.Context, events []domain.Event) error
}
