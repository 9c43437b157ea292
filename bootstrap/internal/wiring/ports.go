package wiring

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/doorcode-auth/doorcode/adapters/jwt"
	"github.com/doorcode-auth/doorcode/adapters/memory"
	"github.com/doorcode-auth/doorcode/adapters/system"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/domain"
)

// Ports has a field for every port, each with an adapter in it. Swap or wrap a field
// between NewPorts and NewApp, and the whole app runs with another adapter: a swapped
// Clock or Random reaches the adapters in the other fields too.
type Ports struct {
	// Channels are tried in this order. A sender of domain.ChannelAny serves every
	// channel of the product and of the other senders.
	Channels     []port.ChannelSender
	Messages     port.Messages
	PhoneNumbers port.PhoneNumbers

	Clock               port.Clock
	Random              port.Random
	OTPSecrets          port.OTPSecrets
	SignIns             port.SignIns
	Users               port.Users
	Sessions            port.Sessions
	Deliveries          port.Deliveries
	Leases              port.Leases
	Database            port.Database
	Accounts            port.Accounts
	RegistrationSources port.RegistrationSources
	Funnel              port.Funnel
	Analytics           port.Analytics
	AddressLimiter      port.AddressLimiter
	AccessTokens        port.AccessTokens
	RefreshTokens       port.RefreshTokens
	AdminNotifier       port.AdminNotifier // nil without notifications

	base *base
}

// NewApp makes the app of a configuration over ports. It starts nothing.
func NewApp(cfg *config.Config, ports Ports) (*App, error) {
	if ports.base != nil {
		ports.base.set(ports.Clock, ports.Random)
	}
	ports.Channels = unfold(ports.Channels)
	return newApp(cfg, ports)
}

// unfold replaces a sender of domain.ChannelAny by one for each channel of the product
// and of the other senders.
func unfold(senders []port.ChannelSender) (unfolded []port.ChannelSender) {
	channels := slices.Clone(domain.KnownChannels)
	for _, s := range senders {
		known := func(c domain.Channel) bool { return c.Name == s.Channel.Name }
		if s.Channel.Name != domain.ChannelAny && !slices.ContainsFunc(channels, known) {
			channels = append(channels, s.Channel)
		}
	}
	for _, s := range senders {
		if s.Channel.Name != domain.ChannelAny {
			unfolded = append(unfolded, s)
			continue
		}
		for _, s.Channel = range channels {
			unfolded = append(unfolded, s)
		}
	}
	return unfolded
}

// base is the clock and the randomness of the adapters that hold these ports. The
// adapters are made before a program swaps fields of Ports; NewApp sets what the fields
// have then.
type base struct {
	clock  atomic.Pointer[port.Clock]
	random atomic.Pointer[port.Random]
}

func newBase(clock port.Clock, random port.Random) *base {
	b := &base{}
	b.set(clock, random)
	return b
}

func (b *base) set(clock port.Clock, random port.Random) {
	b.clock.Store(&clock)
	b.random.Store(&random)
}

// baseClock and baseRandom are what a base has when they are called.
type (
	baseClock  struct{ *base }
	baseRandom struct{ *base }
)

func (c baseClock) Now() time.Time { return (*c.clock.Load()).Now() }

func (r baseRandom) Seed() domain.Seed { return (*r.random.Load()).Seed() }

func (r baseRandom) UUID(at time.Time) string { return (*r.random.Load()).UUID(at) }

func (r baseRandom) Suffix(n int) string { return (*r.random.Load()).Suffix(n) }

func newAddressLimiter(c *config.Config, b *base) *memory.AddressLimiter {
	return memory.NewAddressLimiter(map[port.AddressAction]memory.Rate{
		port.AddressRequest: memory.Rate(c.RateLimit.IPRequest),
		port.AddressVerify:  memory.Rate(c.RateLimit.IPVerify),
	}, baseClock{b})
}

func newTokens(c *config.Config, b *base) (*jwt.Tokens, error) {
	key, err := config.SecretKey(c, baseRandom{b})
	if err != nil {
		return nil, err
	}
	if err := config.GeneratePrivateKey(c, baseRandom{b}); err != nil {
		return nil, err
	}
	return jwt.New(config.Tokens(c, key), baseClock{b}, baseRandom{b})
}

// newDatabase is the database of the stores. Its time is compared with the machine's
// alone: a program that swaps the clock has decided what time it is.
func newDatabase(s Stores, b *base) port.Database { return database{s.Database, b} }

type database struct {
	port.Database
	base *base
}

// Probe implements port.Database.
func (d database) Probe(ctx context.Context) (port.DatabaseStatus, error) {
	status, err := d.Database.Probe(ctx)
	if clock := *d.base.clock.Load(); clock != port.Clock(system.Clock{}) {
		status.Now = clock.Now()
	}
	return status, err
}
