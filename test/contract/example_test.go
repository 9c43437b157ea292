package contract_test

import (
	"context"
	"sync"
	"testing"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/test/contract"
)

// memoryLeases is an adapter as a stranger may write one.
type memoryLeases struct {
	mu   sync.Mutex
	held map[string]port.Lease
}

func (m *memoryLeases) Acquire(_ context.Context, wish port.Lease) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	held, ok := m.held[wish.Name]
	if ok && held.Holder != wish.Holder && wish.Now.Before(held.Until) {
		return false, nil
	}
	m.held[wish.Name] = wish
	return true, nil
}

func openMemoryLeases(testing.TB) func(testing.TB) contract.Stores {
	leases := &memoryLeases{held: map[string]port.Lease{}}
	return func(testing.TB) contract.Stores { return contract.Stores{Leases: leases} }
}

// In the tests of an adapter one function for each of its ports calls the suite
// of that port. Here it is an adapter that keeps leases and nothing else.
func Example() {
	_ = func(t *testing.T) { // func TestLeases_contract(t *testing.T)
		contract.Leases(t, openMemoryLeases)
	}
	// Output:
}

func TestLeases_contractOfTheExample(t *testing.T) {
	t.Parallel()
	contract.Leases(t, openMemoryLeases)
}
