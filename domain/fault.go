package domain

import (
	"errors"
	"time"
)

// FaultKind groups faults by what the caller can do about them.
type FaultKind int

// The kinds of fault.
const (
	// Internal is a fault of the service that shows nothing. It is the zero kind, so that
	// unclassified errors stay hidden.
	Internal FaultKind = iota
	// Invalid is input that the caller must change.
	Invalid
	// Unauthenticated means that the request is not authenticated.
	Unauthenticated
	// Denied means that the request is not allowed.
	Denied
	// NotFound means that the requested thing does not exist.
	NotFound
	// Conflict means that the thing has changed or exists already.
	Conflict
	// Throttled means that the caller must wait for RetryAfter.
	Throttled
	// Unavailable means that a dependency fails for now.
	Unavailable
)

// FaultKinds lists every kind.
var FaultKinds = []FaultKind{Internal, Invalid, Unauthenticated, Denied, NotFound, Conflict, Throttled, Unavailable}

// Error is a fault of the core: a kind, a stable code for programs, a sentence for
// people, and the cause, which is logged and never shown.
type Error struct {
	Kind       FaultKind
	Code       string        // stable, snake_case: "invalid_phone"
	Message    string        // English, for the client
	Field      string        // the input member that is wrong, "" if none
	Cure       string        // with Field: how to put it right
	Others     []FieldFault  // with Field: further members that are wrong
	Limit      string        // with Throttled: which limit, "identifier_requests"
	Channels   []ChannelName // with invalid_channel: those that may reach the identifier
	RetryAfter time.Duration // with Throttled and Unavailable
	Err        error         // the hidden cause
}

// FieldFault is an input member that is wrong.
type FieldFault struct {
	Field string // its name: "first_name", "profile/company"
	Cure  string // how to put it right
}

// Error is the code and the cause, or the message without a cause, for logs.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Code + ": " + e.Err.Error()
	}
	return e.Code + ": " + e.Message
}

// Unwrap is the hidden cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the same fault, whatever cause, member or delay either
// has been given: codes are shared (not_found), so the messages must be equal too.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Message == e.Message
}

// Because returns a copy of e with its hidden cause.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Err = cause
	return &c
}

// In returns a copy of e that names the input member it is about.
func (e *Error) In(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// Fields lists every input member that is wrong, in order; nil if the fault is not about
// members.
func (e *Error) Fields() []FieldFault {
	if e.Field == "" {
		return nil
	}
	return append([]FieldFault{{e.Field, e.Cure}}, e.Others...)
}

// After returns a copy of e with RetryAfter.
func (e *Error) After(wait time.Duration) *Error {
	c := *e
	c.RetryAfter = wait
	return &c
}

// AsError finds the fault in err. An error without a fault is Internal, with err as its
// hidden cause; nil is nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return ErrInternal.Because(err)
}

// The faults of signing in. They are compared with errors.Is.
var (
	ErrInternal = &Error{
		Kind: Internal, Code: "internal_error", Message: "Something went wrong on our side. Try again later.",
	}
	ErrInvalidRequest    = &Error{Kind: Invalid, Code: "invalid_request", Message: "The request is not valid"}
	ErrInvalidIdentifier = &Error{
		Kind: Invalid, Code: "invalid_identifier", Field: "identifier", Message: "Give an email address or a phone number",
		Cure: "Must be an email address, or a phone number that starts with +",
	}
	ErrInvalidEmail = &Error{
		Kind: Invalid, Code: "invalid_email", Field: "identifier", Message: "Invalid email address",
		Cure: "Must be one bare address such as ada@example.com",
	}
	ErrInvalidPhone = &Error{
		Kind: Invalid, Code: "invalid_phone", Field: "identifier", Message: "Invalid phone number",
		Cure: "Must be + with country code, 7 to 15 digits, such as +15551234567",
	}
	ErrInvalidChannel = &Error{
		Kind: Invalid, Code: "invalid_channel", Field: "channel",
		Message: "This channel is not available for this identifier",
		Cure:    "Leave it out, or name a channel that is set up and reaches this kind of identifier",
	}
	ErrInvalidSourceURL = &Error{
		Kind: Invalid, Code: "invalid_source_url", Field: "source_url", Message: "Invalid source URL",
		Cure: "Must be an http or https URL of at most 2048 bytes",
	}
	ErrInvalidOTP    = &Error{Kind: Invalid, Code: "invalid_otp", Message: "Invalid or expired OTP"}
	ErrTokenNotValid = &Error{
		Kind: Unauthenticated, Code: "token_not_valid", Message: "The token is not valid or has expired. Sign in again.",
	}
	ErrNotAuthenticated = &Error{Kind: Unauthenticated, Code: "not_authenticated", Message: "An access token is missing"}
	ErrInvalidClient    = &Error{
		Kind: Unauthenticated, Code: "invalid_client",
		Message: "The name and the secret of a configured service are required",
	}
	ErrSessionNotFound  = &Error{Kind: NotFound, Code: "not_found", Message: "There is no such session of yours"}
	ErrDeliveryNotFound = &Error{
		Kind: NotFound, Code: "not_found", Message: "Nothing is known of such a challenge. Ask for a code.",
	}
	ErrAccountNotFound = &Error{Kind: NotFound, Code: "not_found", Message: "There is no such account"}
	ErrInvalidScope    = &Error{
		Kind: Invalid, Code: "invalid_request", Field: "scope", Message: "The scope of a logout is local, global or others",
		Cure: "Must be local, global or others",
	}
	ErrPermissionDenied = &Error{Kind: Denied, Code: "permission_denied", Message: "This call is not allowed"}
	ErrAccountDisabled  = &Error{
		Kind: Denied, Code: "account_disabled", Message: "This account is disabled. Ask support to enable it.",
	}
	ErrRateLimited = &Error{
		Kind: Throttled, Code: "rate_limited", Message: "Too many requests. Wait before you try again.",
	}
	ErrUnavailable = &Error{
		Kind: Unavailable, Code: "unavailable", Message: "The service is temporarily unavailable. Try again soon.",
		RetryAfter: time.Second,
	}
	ErrEmailSendFailed = &Error{
		Kind: Unavailable, Code: "email_send_failed",
		Message: "The email could not be sent. Try again later or use another channel.", RetryAfter: 30 * time.Second,
	}
	ErrSMSSendFailed = &Error{
		Kind: Unavailable, Code: "sms_send_failed",
		Message: "The message could not be sent. Try again later or use another channel.", RetryAfter: 30 * time.Second,
	}
	ErrUserCreation = &Error{
		Kind: Unavailable, Code: "user_creation_failed", Message: "The account could not be created. Try again soon.",
		RetryAfter: time.Second,
	}
)

// RateLimited is the fault of one limit: its name and how long to wait.
func RateLimited(limit string, wait time.Duration) *Error {
	e := ErrRateLimited.After(wait)
	e.Limit = limit
	return e
}
