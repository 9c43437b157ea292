package config

import "strconv"

// Bounds of the connections of clients.
const (
	usualConnections = 4096
	otherFiles       = 128 // that are open beside them and the database's: calls to providers, files, the log
	leastPerClient   = 16
)

// MaxClientConnections is how many connections of clients the limit of open files
// leaves room for.
func MaxClientConnections(c *Config) int {
	const most = 1 << 30 // where there is no limit
	files := int(min(openFiles(), most))
	return max(1, files-otherFiles-c.Database.MaxConnections)
}

func (c *Config) deriveConnections() error {
	most, origin := usualConnections, "default"
	if room := MaxClientConnections(c); room < most {
		most, origin = room, "from the limit of open files"
	}
	if err := c.keys.Derive("http.max_connections", strconv.Itoa(most), origin); err != nil {
		return err
	}
	perClient := max(leastPerClient, c.HTTP.MaxConnections/8)
	return c.keys.Derive("http.max_per_client", strconv.Itoa(perClient), "from http.max_connections")
}
