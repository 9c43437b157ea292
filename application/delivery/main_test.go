package delivery_test

import (
	"testing"

	"go.uber.org/goleak"
)

// No message and no log may leave a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
