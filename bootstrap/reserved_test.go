package bootstrap_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap"
)

// A provider may have no name of a key: what the makers of providers read is what the
// configuration refuses.
func TestConfig_reservesItsSections(t *testing.T) {
	t.Parallel()
	for field := range reflect.TypeFor[bootstrap.Config]().Fields() {
		if key := field.Tag.Get("yaml"); key != "" && key != "-" {
			require.Contains(t, port.ReservedSections, key, "add it to port.ReservedSections")
		}
	}
}
