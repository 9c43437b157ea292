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

var rateUnits = map[string]time.Duration{
	"s": time.Second, "sec": time.Second, "second": time.Second, "m": time.Minute, "min": time.Minute,
	"minute": time.Minute, "h": time.Hour, "hour": time.Hour, "d": 24 * time.Hour, "day": 24 * time.Hour,
}

// UnmarshalText reads "20/min", a Go duration as in "5/10s", or "0".
func (r *Rate) UnmarshalText(text []byte) error {
	count, unit, hasUnit := strings.Cut(string(text), "/")
	n, err := strconv.ParseUint(strings.TrimSpace(count), 10, 31)
	if err != nil || !hasUnit && n != 0 {
		return badRate
	}
	unit = strings.TrimSpace(unit)
	per, known := rateUnits[unit]
	if !known && hasUnit {
		if per, err = time.ParseDuration(unit); err != nil || per <= 0 {
			return badRate
		}
	}
	if n == 0 {
		per = 0
	}
	*r = Rate{Count: int(n), Per: per}
	return nil
}

// String is the rate as UnmarshalText reads it.
func (r Rate) String() string {
	if r.Count == 0 {
		return "0"
	}
	unit := formatDuration(r.Per)
	for _, short := range []string{"s", "min", "h", "d"} {
		if rateUnits[short] == r.Per {
			unit = short
		}
	}
	return strconv.Itoa(r.Count) + "/" + unit
}
