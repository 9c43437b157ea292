package domain

import (
	"net/netip"
	"time"
)

// EventName names what has happened; the names are stable.
type EventName string

// The events that admins are notified of.
const (
	// EventNewRegistration: the first sign-in of an identifier has created a user.
	EventNewRegistration EventName = "new_registration"
	// EventFirstLogin: a user has signed in for the first time.
	EventFirstLogin EventName = "first_login"
	// EventLoginRequested: a code was requested.
	EventLoginRequested EventName = "login_requested"
	// EventRepeatedFailures: codes of one identifier were guessed wrong repeatedly.
	EventRepeatedFailures EventName = "repeated_failures"
	// EventAccountActivated: a disabled user was enabled.
	EventAccountActivated EventName = "account_activated"
	// EventAccountDeactivated: a user was disabled.
	EventAccountDeactivated EventName = "account_deactivated"
	// EventProviderTrouble: a provider has refused a message, though not through its
	// recipient, or does not answer.
	EventProviderTrouble EventName = "provider_trouble"
	// EventSessionReused: a replaced refresh token was presented, and its session has
	// ended.
	EventSessionReused EventName = "session_reused"
	// EventNoticesDropped: the queue of events was full.
	EventNoticesDropped EventName = "notices_dropped"
)

// EventNames lists every name.
var EventNames = []EventName{
	EventNewRegistration, EventFirstLogin, EventLoginRequested, EventRepeatedFailures, EventAccountActivated,
	EventAccountDeactivated, EventProviderTrouble, EventSessionReused, EventNoticesDropped,
}

// Requester is whether the identifier of a request has a user.
type Requester string

// The values of Requester; "" is unknown.
const (
	RequesterNew      Requester = "new"
	RequesterExisting Requester = "existing"
)

// Event is an event as admins may see it. It is sent to another service, so it has
// masked identifiers, and no field for a code or a token. Fields that do not belong to
// the event are zero.
type Event struct {
	Name      EventName
	At        time.Time
	Recipient string    // masked
	Requester Requester // with login_requested
	Channel   ChannelName
	From      netip.Addr // the client address
	Source    string     // with new_registration: the host of the source
	UserUUID  string
	SessionID string
	Provider  string     // with provider_trouble
	Result    SendResult // with provider_trouble
	Count     int        // of aggregated events; 0 for a single one
}

// Dropped is how many events are lost with this one.
func (e Event) Dropped() int {
	if e.Name == EventNoticesDropped {
		return e.Count
	}
	return 1
}
