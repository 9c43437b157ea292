package djangocfg

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// explain adds the cure to an error of the server or the network.
func explain(err error) error {
	var network net.Error
	switch {
	case err == nil:
		return nil
	case pq.As(err, pqerror.InsufficientPrivilege) != nil:
		return fmt.Errorf("%w (let the role read: GRANT SELECT ON %s, %s, %s TO the role)",
			err, usersTable, sourcesTable, linksTable)
	case pq.As(err, pqerror.InvalidPassword, pqerror.InvalidAuthorizationSpecification) != nil:
		return fmt.Errorf("%w (correct user and password of the Django database's URL)", err)
	case pq.As(err, pqerror.InvalidCatalogName) != nil:
		return fmt.Errorf("%w (name the database of the Django-CFG project)", err)
	case errors.Is(err, pq.ErrSSLNotSupported):
		return fmt.Errorf("%w (let the server speak TLS, "+
			"or add ?sslmode=disable to the URL where the network is trusted)", err)
	case errors.As(err, &network), errors.Is(err, driver.ErrBadConn),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w (look whether the server of the Django database runs, "+
			"and whether this machine may connect to it)", err)
	default:
		return err
	}
}
