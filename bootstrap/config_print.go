package bootstrap

import (
	"io"
	"text/tabwriter"

	"github.com/doorcode-auth/doorcode/bootstrap/internal/settings"
)

// ConfigEntry is one key with its value as it may be shown, and its origin.
type ConfigEntry = settings.Entry

// Entries are all keys with their values, secrets hidden.
func (c *Config) Entries() []ConfigEntry { return c.keys.Entries() }

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
