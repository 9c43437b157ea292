package wiring

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/doorcode-auth/doorcode/adapters/postgres"
	"github.com/doorcode-auth/doorcode/adapters/sqlite"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
)

// Stores are the ports that a database fills.
type Stores struct {
	OTPSecrets          port.OTPSecrets
	SignIns             port.SignIns
	Users               port.Users
	Sessions            port.Sessions
	Deliveries          port.Deliveries
	Leases              port.Leases
	Database            port.Database
	Accounts            port.Accounts
	UserImports         port.UserImports
	UserIdentifiers     port.UserIdentifiers
	RegistrationSources port.RegistrationSources
	Funnel              port.Funnel
	Analytics           port.Analytics
}

// OpenStores opens the database that the URL names, after bringing its schema up
// to date.
func OpenStores(ctx context.Context, c *config.Config) (Stores, func(), error) {
	if c.Database.URL.IsSQLite() {
		db, closeDB, err := sqlite.Open(ctx, sqlite.Config{Path: c.Database.URL.Path()})
		if err != nil {
			return Stores{}, nil, err
		}
		return Stores{
			OTPSecrets: db.OTPSecrets(), SignIns: db.SignIns(), Users: db.Users(),
			Sessions: db.Sessions(), Deliveries: db.Deliveries(), Leases: db.Leases(),
			Database: db.Database(), Accounts: db.Accounts(), UserIdentifiers: db.Accounts(), UserImports: db.UserImports(),
			RegistrationSources: db.RegistrationSources(), Funnel: db.Funnel(), Analytics: db.Analytics(),
		}, closeDB, nil
	}
	if _, _, err := Migrate(ctx, c); err != nil {
		return Stores{}, nil, err
	}
	db, closeDB, err := postgres.Open(ctx, postgres.Config{
		URL: c.Database.URL.Reveal(), MaxConnections: c.Database.MaxConnections,
		Pooler: postgres.Pooler(c.Database.Pooler),
	})
	if err != nil {
		return Stores{}, nil, unreachable(err)
	}
	return Stores{
		OTPSecrets: db.OTPSecrets(), SignIns: db.SignIns(), Users: db.Users(),
		Sessions: db.Sessions(), Deliveries: db.Deliveries(), Leases: db.Leases(),
		Database: db.Database(), Accounts: db.Accounts(), UserIdentifiers: db.Accounts(), UserImports: db.UserImports(),
		RegistrationSources: db.RegistrationSources(), Funnel: db.Funnel(), Analytics: db.Analytics(),
	}, closeDB, nil
}

// unreachable adds the cure to the error of a server that does not answer or refuses the
// login.
func unreachable(err error) error {
	cure := ""
	if refusal, ok := errors.AsType[sqlError](err); ok {
		cure = cures[refusal.SQLState()]
	} else if _, ok := errors.AsType[*net.OpError](err); ok {
		cure = "start PostgreSQL, or set DOORCODE_DATABASE_URL to where it is"
	}
	if cure == "" {
		return err
	}
	return fmt.Errorf("%w (%s)", err, cure)
}

type sqlError interface {
	error
	SQLState() string
}

// cures are for errors of PostgreSQL, by their codes
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
var cures = map[string]string{
	"3D000": "make it with createdb, or name another in DOORCODE_DATABASE_URL", // invalid_catalog_name
	"28000": badLogin,                                                          // invalid_authorization_specification
	"28P01": badLogin,                                                          // invalid_password
	// protocol_violation
	"08P01": "a connection pooler knows neither settings of the session, such as search_path: set them for the role " +
		"(ALTER ROLE ... SET); nor users and databases that are missing in its configuration",
	// insufficient_privilege
	"42501": "make the user of DOORCODE_DATABASE_URL the owner of the database, or let it create tables in the schema",
}

const badLogin = "correct user and password in DOORCODE_DATABASE_URL, or make the role with createuser"

// openServedStores opens the stores of a process that serves. It is the only one that
// serves from an SQLite file until the cleanup; PostgreSQL is for any number of
// instances.
func openServedStores(ctx context.Context, c *config.Config) (Stores, func(), error) {
	release := func() {}
	if c.Database.URL.IsSQLite() {
		var err error
		if release, err = sqlite.LockFile(ctx, c.Database.URL.Path()); err != nil {
			return Stores{}, nil, err
		}
	}
	s, closeStores, err := OpenStores(ctx, c)
	if err != nil {
		release()
		return Stores{}, nil, err
	}
	return s, func() {
		closeStores()
		release()
	}, nil
}

// Migrate brings the schema up to date, and tells the version before and after.
func Migrate(ctx context.Context, c *config.Config) (from, to int64, err error) {
	if c.Database.URL.IsSQLite() {
		return sqlite.Migrate(ctx, c.Database.URL.Path())
	}
	from, to, err = postgres.Migrate(ctx, c.Database.URL.Reveal())
	return from, to, unreachable(err)
}

// SchemaStatus tells the version of the schema and the one that is needed.
func SchemaStatus(ctx context.Context, c *config.Config) (have, want int64, err error) {
	if c.Database.URL.IsSQLite() {
		status, err := sqlite.SchemaStatus(ctx, c.Database.URL.Path())
		return status.Database, status.Binary, err
	}
	status, err := postgres.SchemaStatus(ctx, c.Database.URL.Reveal())
	return status.Database, status.Binary, unreachable(err)
}
