//go:build !linux

package pgtest

// rolesOfThisPlatform returns none: only Linux lets a test see all remains.
func rolesOfThisPlatform() map[string]func() error { return nil }
