package httpapi

import "github.com/mileusna/useragent"

// deviceOf is a User-Agent in words that people know their devices by: "Safari on
// iPhone". It is "" for what says neither.
func deviceOf(userAgent string) string {
	if userAgent == "" {
		return ""
	}
	ua := useragent.Parse(userAgent)
	on := ua.Device
	if on == "" {
		on = ua.OS
	}
	switch {
	case on == "":
		return ua.Name
	case ua.Name == "":
		return on
	default:
		return ua.Name + " on " + on
	}
}
