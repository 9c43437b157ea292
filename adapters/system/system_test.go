package system_test

import (
	"testing"

	"github.com/doorcode-auth/doorcode/adapters/system"
	"github.com/doorcode-auth/doorcode/test/contract"
)

func TestClock_contract(t *testing.T) {
	t.Parallel()
	contract.Clock(t, system.Clock{})
}

func TestRandom_contract(t *testing.T) {
	t.Parallel()
	contract.Random(t, system.Random{})
}
