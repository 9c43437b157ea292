package config

import (
	"slices"
	"strings"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/settings"
)

// Entry is one key with its value as it may be shown, and its origin.
type Entry = settings.Entry

// Entries are all keys with their values, secrets hidden. The key that a
// development server makes for itself is among them, made or not.
func (c *Config) Entries() []Entry {
	entries := c.keys.Entries()
	if c.Environment == Production {
		return entries
	}
	for i, e := range entries {
		if e.Key == "secret_key" && e.Value == "" {
			entries[i].Value, entries[i].Origin = "[hidden]", "kept in "+keyPath(c)
		}
		if path := generatedKeyPath(c); e.Key == "jwt.private_key_file" && path != "" {
			entries[i].Value, entries[i].Origin = path, "made at the first start"
		}
	}
	return entries
}

// Served fills in the providers of the channels that name none: those that serve
// them all the same.
func Served(entries []Entry, senders []port.ChannelSender) []Entry {
	for i, e := range entries {
		channel, ok := strings.CutSuffix(e.Key, ProvidersKey)
		if !ok || e.Value != "" {
			continue
		}
		var names []string
		for _, s := range senders {
			if string(s.Channel.Name) == channel && !slices.Contains(names, s.Provider) {
				names = append(names, s.Provider)
			}
		}
		if len(names) > 0 {
			entries[i].Value, entries[i].Origin = strings.Join(names, ","), "what is set up"
		}
	}
	return entries
}
