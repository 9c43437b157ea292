package bootstrap

import (
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/settings"
)

// ConfigEntry is one key with its value as it may be shown, and its origin.
type ConfigEntry = settings.Entry

// Entries are all keys with their values, secrets hidden. The key that a
// development server makes for itself is among them, made or not.
func (c *Config) Entries() []ConfigEntry {
	entries := c.keys.Entries()
	if c.Environment == Production {
		return entries
	}
	for i, e := range entries {
		if e.Key == "secret_key" && e.Value == "" {
			entries[i].Value, entries[i].Origin = "[hidden]", "kept in "+c.keyPath()
		}
	}
	return entries
}

// served fills in the providers of the channels that name none: those that serve
// them all the same.
func (c *Config) served(entries []ConfigEntry, senders []port.ChannelSender) []ConfigEntry {
	for i, e := range entries {
		channel, ok := strings.CutSuffix(e.Key, providersKey)
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

// writeEntries writes a line a key: key, value, origin.
func writeEntries(w io.Writer, entries []ConfigEntry) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, e := range entries {
		if _, err := io.WriteString(table, e.Key+"\t"+e.Value+"\t"+e.Origin+"\n"); err != nil {
			return err
		}
	}
	return table.Flush()
}
