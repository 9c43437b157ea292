package console

import (
	"path/filepath"
	"testing"

	"github.com/doorcode-auth/doorcode/test/contract"
)

func TestProvider_contract(t *testing.T) {
	t.Parallel()
	contract.Provider(t, contract.ProviderSetup{Provider: Provider, Configs: func(t testing.TB, _ string) []any {
		return []any{&Config{File: filepath.Join(t.TempDir(), "messages")}}
	}})
}
