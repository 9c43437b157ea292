package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/doorcode-auth/doorcode/adapters/postgres"
	"github.com/doorcode-auth/doorcode/adapters/sqlite"
	"github.com/doorcode-auth/doorcode/application/port"
)

// stores are the ports that a database fills.
type stores struct {
	OTPSecrets          port.OTPSecrets
	SignIns             port.SignIns
	Users               port.Users
	Sessions            port.Sessions
	Deliveries          port.Deliveries
	Leases              port.Leases
	Database            port.Database
	Accounts            port.Accounts
	UserImports         port.UserImports
	RegistrationSources port.RegistrationSources
	Funnel              port.Funnel
	Analytics           port.Analytics
}

// openStores opens the database that the URL names, after bringing its schema up
// to date.
func openStores(ctx context.Context, c *Config) (stores, func(), error) {
	if c.Database.URL.IsSQLite() {
		db, closeDB, err := sqlite.Open(ctx, sqlite.Config{Path: c.Database.URL.Path()})
		if err != nil {
			return stores{}, nil, err
		}
		return stores{
			db.OTPSecrets(), db.SignIns(), db.Users(), db.Sessions(), db.Deliveries(), db.Leases(), db.Database(), db.Accounts(),
			db.UserImports(), db.RegistrationSources(), db.Funnel(), db.Analytics(),
		}, closeDB, nil
	}
	if _, _, err := c.migrate(ctx); err != nil {
		return stores{}, nil, err
	}
	db, closeDB, err := postgres.Open(ctx, postgres.Config{URL: c.Database.URL.Reveal(), MaxConnections: c.Database.MaxConnections})
	if err != nil {
		return stores{}, nil, unreachable(err)
	}
	return stores{
		db.OTPSecrets(), db.SignIns(), db.Users(), db.Sessions(), db.Deliveries(), db.Leases(), db.Database(), db.Accounts(),
		db.UserImports(), db.RegistrationSources(), db.Funnel(), db.Analytics(),
	}, closeDB, nil
}

// unreachable adds the cure to the error of a server that does not answer, or
// lets nobody in.
func unreachable(err error) error {
	var network *net.OpError
	var refusal interface{ SQLState() string }
	switch {
	case errors.As(err, &refusal):
		if cure := cureOf(refusal.SQLState()); cure != "" {
			return fmt.Errorf("%w (%s)", err, cure)
		}
	case errors.As(err, &network):
		return fmt.Errorf("%w (start PostgreSQL, or set DOORCODE_DATABASE_URL to where it is)", err)
	}
	return err
}

// cureOf is what to do about an error of PostgreSQL, by its code
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func cureOf(state string) string {
	switch state {
	case "3D000": // invalid_catalog_name
		return "make it with createdb, or name another in DOORCODE_DATABASE_URL"
	case "28000", "28P01": // invalid_authorization_specification, invalid_password
		return "correct user and password in DOORCODE_DATABASE_URL, or make the role with createuser"
	case "42501": // insufficient_privilege
		return "make the user of DOORCODE_DATABASE_URL the owner of the database, or let it create tables in the schema"
	}
	return ""
}

// holdDatabase makes this process the only one that serves from an SQLite file,
// until it calls release or ends. PostgreSQL is for any number of instances.
func (c *Config) holdDatabase(ctx context.Context) (release func(), err error) {
	if !c.Database.URL.IsSQLite() {
		return func() {}, nil
	}
	return sqlite.LockFile(ctx, c.Database.URL.Path())
}

// migrate brings the schema up to date, and tells the version before and after.
func (c *Config) migrate(ctx context.Context) (from, to int64, err error) {
	if c.Database.URL.IsSQLite() {
		return sqlite.Migrate(ctx, c.Database.URL.Path())
	}
	from, to, err = postgres.Migrate(ctx, c.Database.URL.Reveal())
	return from, to, unreachable(err)
}

// schemaStatus tells the version of the schema and the one that is needed.
func (c *Config) schemaStatus(ctx context.Context) (have, want int64, err error) {
	if c.Database.URL.IsSQLite() {
		status, err := sqlite.SchemaStatus(ctx, c.Database.URL.Path())
		return status.Database, status.Binary, err
	}
	status, err := postgres.SchemaStatus(ctx, c.Database.URL.Reveal())
	return status.Database, status.Binary, unreachable(err)
}
