package contract_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
)

// Pager is a channel that somebody has written outside of this tree.
type Pager struct{ network *Network }

// Send beeps.
func (p Pager) Send(ctx context.Context, m port.CodeMessage) port.SendOutcome {
	text, err := m.Compose()
	if err != nil {
		return port.SendOutcome{Result: domain.SendRejected, Err: err}
	}
	return p.network.Beep(ctx, m.To.Value(), text.Body)
}

// Network is the provider of pagers, as a test has it.
type Network struct {
	mu         sync.Mutex
	beeps      []contract.Handed
	mute, down bool
}

// Beep takes a text for a number.
func (n *Network) Beep(ctx context.Context, number, text string) port.SendOutcome {
	switch mute, down := n.take(ctx, number, text); {
	case down: // and it says more than it should
		return port.SendOutcome{Result: domain.SendRejected, Err: errors.New("cannot beep: " + text)}
	case mute:
		<-ctx.Done()
		return port.SendOutcome{Result: domain.SendTimeout, Err: ctx.Err()}
	case ctx.Err() != nil:
		return port.SendOutcome{Result: domain.SendUnreachable, Err: ctx.Err()}
	default:
		return port.SendOutcome{Result: domain.SendAccepted}
	}
}

func (n *Network) take(ctx context.Context, number, text string) (mute, down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if ctx.Err() == nil && !n.down {
		n.beeps = append(n.beeps, contract.Handed{To: []string{number}, Text: text})
	}
	return n.mute, n.down
}

// Beeps is what was taken so far.
func (n *Network) Beeps() []contract.Handed {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.beeps)
}

// openPager is what the kit asks for: a sender, and a provider to see through.
func openPager(testing.TB) contract.SenderUnderTest {
	n := &Network{}
	return contract.SenderUnderTest{
		Sender:   Pager{n},
		Received: n.Beeps,
		Hang:     func() { n.mute = true },
		Fail:     func() { n.down = true },
	}
}

// A team that writes a channel of its own holds it against the kit: with
// contract.CodeSender in a test or, as here, with CheckCodeSender. This pager is
// almost there.
func ExampleCheckCodeSender() {
	pager := contract.SenderSetup{
		Channel: domain.Channel{Name: "pager", Kind: domain.KindPhone},
		Open:    openPager,
	}
	for _, broken := range contract.CheckCodeSender(pager) {
		fmt.Println("broken:", broken)
	}
	// Output: broken: It must never show the code in an error.
}

// In a test the kit is one call; every promise is a subtest.
func ExampleCodeSender() {
	test := func(t *testing.T) {
		contract.CodeSender(t, contract.SenderSetup{
			Channel: domain.Channel{Name: "pager", Kind: domain.KindPhone},
			Open:    openPager,
		})
	}
	fmt.Printf("%T", test)
	// Output: func(*testing.T)
}
