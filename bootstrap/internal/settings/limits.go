package settings

import (
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// within reports whether a value keeps the limits of its leaf. A text is
// measured in bytes, and an empty one is not measured.
func (l *Leaf) within(v reflect.Value, text string) bool {
	n := float64(len(text))
	switch {
	case l.min == "" && l.max == "", l.measured() && text == "":
		return true
	case !l.measured():
		n = v.Convert(reflect.TypeFor[float64]()).Float()
	}
	return n >= bound(l.min, math.Inf(-1)) && n <= bound(l.max, math.Inf(1))
}

// measured reports whether the limits are of a length.
func (l *Leaf) measured() bool {
	return l.field.Kind() == reflect.String || l.field.Type() == reflect.TypeFor[Secret]()
}

// bound reads a limit: a number, or a duration.
func bound(text string, none float64) float64 {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return n
	}
	if d, err := time.ParseDuration(text); err == nil {
		return float64(d)
	}
	return none
}

// limits are min and max in the words of the leaf: those of a twin in its units.
func (l *Leaf) limits() (low, high string) {
	if l.twin == nil {
		return l.min, l.max
	}
	units := func(text string) string {
		return strconv.Itoa(max(1, int(bound(text, 0)/float64(l.unit))))
	}
	low = units(l.min)
	if l.max != "" {
		high = units(l.max)
	}
	return low, high
}

// parseUnits reads a whole number of units.
func parseUnits(l *Leaf, text string) (reflect.Value, string) {
	v := reflect.New(l.field.Type()).Elem()
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err == nil && n >= 1 && n <= math.MaxInt64/int64(l.unit) {
		if v.SetInt(n * int64(l.unit)); l.within(v, text) {
			return v, ""
		}
	}
	return v, "give a whole number: " + l.Range()
}

// parseDuration reads Go's notation, or a whole number of seconds.
func parseDuration(text string) (time.Duration, error) {
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.ParseDuration(text)
	}
	const most = math.MaxInt64 / int64(time.Second)
	if seconds > most || seconds < -most {
		return 0, errors.New("too many seconds")
	}
	return time.Duration(seconds) * time.Second, nil
}

// formatDuration is Go's notation without units that are zero: "5m", not "5m0s".
func formatDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
