package acceptance_test

import (
	"os"
	"testing"

	"github.com/doorcode-auth/doorcode/test/kit"
)

func TestMain(m *testing.M) { os.Exit(kit.Main(m)) }
