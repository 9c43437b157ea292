package auth

import (
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
)

// Config is what an operator decides about codes.
type Config struct {
	Digits          int
	Lifetime        time.Duration
	MaxAttempts     int
	Limit           port.SendLimit // per recipient
	PlaceholderHost string         // of addresses that stand for none
	OwnHost         string         // whose pages are no source
	KeepLastLogin   bool           // a sign-in is not noted as the last login
	MaxUsernames    int            // tries to find a free username; defaults to 4
}
