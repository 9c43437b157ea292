package auth

import (
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Config is what an operator decides about codes and the sessions that come of
// them.
type Config struct {
	Digits          int
	Lifetime        time.Duration
	MaxAttempts     int
	Limit           port.SendLimit // per recipient
	PlaceholderHost string         // of addresses that stand for none
	OwnHost         string         // whose pages are no source
	Sources         domain.SourceRules
	KeepLastLogin   bool // a sign-in is not noted as the last login
	Sessions        domain.SessionPolicy
	MaxUsernames    int // tries to find a free username; defaults to 4
}
