package contract

import (
	"context"
	"testing"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
)

// database is what a test makes of a good one.
type database func(ctx context.Context) (port.DatabaseStatus, error)

func (f database) Probe(ctx context.Context) (port.DatabaseStatus, error) { return f(ctx) }

func breakDatabase(spoil func(*port.DatabaseStatus, *error)) breaker {
	return func(s *Stores) {
		good := s.Database
		s.Database = database(func(ctx context.Context) (port.DatabaseStatus, error) {
			status, err := good.Probe(ctx)
			spoil(&status, &err)
			return status, err
		})
	}
}

func TestDatabase_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	seesBreakers(t, databasePromises(), map[string]breaker{
		"Probe must fail":    breakDatabase(func(_ *port.DatabaseStatus, err *error) { *err = nil }),
		"It must return the": breakDatabase(func(s *port.DatabaseStatus, _ *error) { s.Now = s.Now.Add(-time.Hour) }),
	})
}
