package settings

import (
	"strconv"
	"strings"
	"time"
)

// Rate is how often something may happen. The zero Rate is off: no limit.
type Rate struct {
	Count int
	Per   time.Duration
}

const badRate = Cure("give a number and a unit, such as 20/min (s, min, h or d), or 0 to switch it off")

// UnmarshalText reads "20/min", a Go duration as in "5/10s", or "0".
func (r *Rate) UnmarshalText(text []byte) error {
	count, unit, per := strings.Cut(string(text), "/")
	n, err := strconv.ParseUint(strings.TrimSpace(count), 10, 31)
	switch {
	case err != nil, !per && n != 0:
		return badRate
	case n == 0 && !per:
		*r = Rate{}
		return nil
	}
	every, ok := rateUnit(strings.TrimSpace(unit))
	if !ok {
		return badRate
	}
	if n == 0 {
		every = 0
	}
	*r = Rate{Count: int(n), Per: every}
	return nil
}

func rateUnit(unit string) (time.Duration, bool) {
	switch unit {
	case "s", "sec", "second":
		return time.Second, true
	case "m", "min", "minute":
		return time.Minute, true
	case "h", "hour":
		return time.Hour, true
	case "d", "day":
		return 24 * time.Hour, true
	}
	every, err := time.ParseDuration(unit)
	return every, err == nil && every > 0
}

// String is the rate as UnmarshalText reads it.
func (r Rate) String() string {
	switch {
	case r.Count == 0:
		return "0"
	case r.Per == time.Second:
		return strconv.Itoa(r.Count) + "/s"
	case r.Per == time.Minute:
		return strconv.Itoa(r.Count) + "/min"
	case r.Per == time.Hour:
		return strconv.Itoa(r.Count) + "/h"
	case r.Per == 24*time.Hour:
		return strconv.Itoa(r.Count) + "/d"
	default:
		return strconv.Itoa(r.Count) + "/" + formatDuration(r.Per)
	}
}
