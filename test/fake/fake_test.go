package fake_test

import (
	"testing"

	"github.com/doorcode-auth/doorcode/test/contract"
	"github.com/doorcode-auth/doorcode/test/fake"
)

func TestClock_contract(t *testing.T) {
	t.Parallel()
	contract.Clock(t, fake.NewClock())
}

func TestRandom_contract(t *testing.T) {
	t.Parallel()
	contract.Random(t, &fake.Random{})
}
