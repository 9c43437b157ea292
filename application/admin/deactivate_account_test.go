package admin_test

import (
	"testing"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestDeactivateAccount(t *testing.T) {
	t.Parallel()
	changesActive(t, false, deactivate, domain.EventAccountDeactivated)
}
