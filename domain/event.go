package domain

import (
	"net/netip"
	"time"
)

// EventName names what has happened; the names are stable.
type EventName string

// What admins may hear.
const (
	// EventNewRegistration: somebody without a user has signed in and now has one.
	EventNewRegistration EventName = "new_registration"
	// EventFirstLogin: somebody has signed in who never had before.
	EventFirstLogin EventName = "first_login"
	// EventLoginRequested: somebody has asked for a code.
	EventLoginRequested EventName = "login_requested"
	// EventRepeatedFailures: codes of one identifier were guessed wrong, again and
	// again.
	EventRepeatedFailures EventName = "repeated_failures"
	// EventAccountActivated: a user who was disabled may sign in again.
	EventAccountActivated EventName = "account_activated"
	// EventAccountDeactivated: a user may not sign in any more.
	EventAccountDeactivated EventName = "account_deactivated"
	// EventProviderTrouble: a provider has not taken a message, for another reason than
	// its recipient, or gives no answer.
	EventProviderTrouble EventName = "provider_trouble"
	// EventSessionReused: a refresh token was shown that had been replaced, and its
	// session has ended.
	EventSessionReused EventName = "session_reused"
	// EventNoticesDropped: there was more to tell than could be told.
	EventNoticesDropped EventName = "notices_dropped"
)

// EventNames lists every name, for what must know all.
var EventNames = []EventName{
	EventNewRegistration, EventFirstLogin, EventLoginRequested, EventRepeatedFailures, EventAccountActivated,
	EventAccountDeactivated, EventProviderTrouble, EventSessionReused, EventNoticesDropped,
}

// Requester is whether somebody who asks for a code has a user.
type Requester string

// What is known of somebody; "" is nothing.
const (
	RequesterNew      Requester = "new"
	RequesterExisting Requester = "existing"
)

// Event is what has happened, as admins may hear it. It is told to another service,
// so it names people by their masked identifiers, and no field of it is for a code or
// a token. What does not belong to the event is zero.
type Event struct {
	Name      EventName
	At        time.Time
	Recipient string    // masked
	Requester Requester // with login_requested
	Channel   ChannelName
	From      netip.Addr // the client address
	Source    string     // with new_registration: the host that they came from
	UserUUID  string
	SessionID string
	Provider  string     // with provider_trouble
	Result    SendResult // with provider_trouble
	Count     int        // how often; 0 where it is once
}

// Dropped is how many notices are lost with this one.
func (e Event) Dropped() int {
	if e.Name == EventNoticesDropped {
		return e.Count
	}
	return 1
}
