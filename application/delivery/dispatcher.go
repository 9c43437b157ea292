package delivery

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

const (
	acquireTimeout = 250 * time.Millisecond // waiting for a busy sender: a burst is no overload
	refundTimeout  = 5 * time.Second
	maxMessageID   = 255 // bytes
)

// Config bounds sending.
type Config struct {
	Wait      time.Duration // how long a request waits for an outcome
	Total     time.Duration // how long one message may take, over all its providers
	PerSender int           // messages in flight per channel of a provider; defaults to 64
	// CallbackBase is the public URL that providers may report to, without a trailing
	// slash. Defaults to none: senders get no callback URL.
	CallbackBase string
	// Report receives why a message was not accepted, also when the request has been
	// answered. Defaults to nothing.
	Report func(domain.Delivery, error)
}

// Dispatcher sends messages detached from the requests that ask for them: a client that
// hangs up cancels nothing, and a channel of a provider that hangs delays neither
// requests nor other channels.
type Dispatcher struct {
	config     Config
	messages   port.Messages
	clock      port.Clock
	random     port.Random
	outcomes   *OutcomeLog
	semaphores map[senderKey]chan struct{} // one token per message in flight
	inflight   inflight
}

// senderKey is one channel of one provider. Each has a semaphore of its own.
type senderKey struct {
	provider string
	channel  domain.ChannelName
}

func keyOf(s port.ChannelSender) senderKey { return senderKey{s.Provider, s.Channel.Name} }

// NewDispatcher makes a dispatcher for the providers of the routes.
func NewDispatcher(
	routes Routes, messages port.Messages, clock port.Clock, random port.Random, outcomes *OutcomeLog, config Config,
) *Dispatcher {
	if config.PerSender == 0 {
		config.PerSender = 64
	}
	if config.Report == nil {
		config.Report = func(domain.Delivery, error) {}
	}
	d := &Dispatcher{
		config: config, messages: messages, clock: clock, random: random, outcomes: outcomes,
		semaphores: map[senderKey]chan struct{}{},
	}
	for _, route := range routes.byName {
		for _, s := range route {
			d.semaphores[keyOf(s)] = make(chan struct{}, config.PerSender)
		}
	}
	return d
}

// Job is one message, its route, and its first delivery.
type Job struct {
	Message port.CodeMessage // without channel and text, which depend on the provider
	Route   Route
	First   domain.Delivery // stored with the challenge, for the first provider of the route
	// Refund refunds the send. It is called when the last provider refused through a
	// fault of the service and no provider through a fault of the recipient or the
	// message. nil where no send was counted.
	Refund func(ctx context.Context) error

	start time.Time // when the request began to wait
}

// Outcome is the result that a request waits for. A result that is neither accepted nor
// refused means that the message may have been sent.
type Outcome struct {
	Result     domain.SendResult
	Channel    domain.ChannelName // that carried the message, or was tried last
	RetryAfter time.Duration
	Err        error // the cause, without the code and the recipient
}

// Send starts a job and waits for its outcome, but not longer than Config.Wait or ctx.
func (d *Dispatcher) Send(ctx context.Context, job Job) Outcome {
	done := make(chan Outcome, 1)
	job.start = d.clock.Now()
	d.inflight.Add()
	go func() {
		defer d.inflight.Done()
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.config.Total)
		defer cancel()
		done <- d.deliver(detached, job)
	}()
	wait := time.NewTimer(d.config.Wait)
	defer wait.Stop()
	pending := Outcome{Result: domain.SendUnknown, Channel: job.First.Channel}
	select {
	case outcome := <-done:
		return outcome
	case <-wait.C:
		return pending
	case <-ctx.Done():
		return pending
	}
}

// Drain waits until no message is in flight, or ctx is done.
func (d *Dispatcher) Drain(ctx context.Context) error {
	select {
	case <-d.inflight.Drained():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for messages in flight: %w", ctx.Err())
	}
}

// deliver tries the providers of the route until one has not definitely refused. Each
// attempt is stored before it begins: tokens list the channels that a code was sent on.
func (d *Dispatcher) deliver(ctx context.Context, job Job) Outcome {
	var out port.SendOutcome
	delivery, recipientFault := job.First, false
	for i, s := range job.Route {
		if i > 0 {
			if ctx.Err() != nil {
				break
			}
			now, next := d.clock.Now(), job.First
			next.ID, next.Channel, next.Provider = d.random.UUID(now), s.Channel.Name, s.Provider
			next.CreatedAt, next.UpdatedAt = now, now
			if err := d.outcomes.Record(ctx, next); err != nil {
				d.config.Report(next, fmt.Errorf("not tried: %w", err))
				break
			}
			delivery = next
		}
		out = d.sendVia(ctx, s, job, delivery.ID)
		attempted := delivery
		attempted.Result, attempted.Status, attempted.MessageID = out.Result, out.Result.Status(), out.MessageID
		attempted.UpdatedAt = d.clock.Now()
		d.outcomes.Enqueue(attempted)
		if !out.Result.Accepted() {
			d.config.Report(attempted, out.Err)
		}
		if !out.Result.Refused() {
			break
		}
		switch out.Result {
		case domain.SendInvalidRecipient, domain.SendNotOnChannel, domain.SendRejected:
			recipientFault = true
		}
	}
	if out.Result.ServiceFault() && !recipientFault && job.Refund != nil {
		d.refund(ctx, job, delivery)
	}
	return Outcome{Result: out.Result, Channel: delivery.Channel, RetryAfter: out.RetryAfter, Err: out.Err}
}

// refund refunds the send, also after Config.Total.
func (d *Dispatcher) refund(ctx context.Context, job Job, last domain.Delivery) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refundTimeout)
	defer cancel()
	if err := job.Refund(ctx); err != nil {
		d.config.Report(last, fmt.Errorf("refund a send: %w", err))
	}
}

// sendVia sends a message through one provider, within its limit of messages in flight.
func (d *Dispatcher) sendVia(ctx context.Context, s port.ChannelSender, job Job, deliveryID string) port.SendOutcome {
	semaphore := d.semaphores[keyOf(s)]
	if !acquire(ctx, semaphore) {
		err := fmt.Errorf("%s of provider %s has %d messages in flight", s.Channel.Name, s.Provider, cap(semaphore))
		return port.SendOutcome{Result: domain.SendRateLimited, RetryAfter: time.Second, Err: err}
	}
	defer func() { <-semaphore }()
	m := job.Message
	m.DeliveryID, m.Channel = deliveryID, s.Channel.Name
	m.RetryBudget = max(0, d.config.Wait-d.clock.Now().Sub(job.start))
	m.CallbackURL = d.callbackURL(s.Provider, m.ChallengeID, deliveryID)
	m.Compose = func() (port.MessageText, error) { return d.messages.ComposeCode(m) }
	return send(ctx, s, m)
}

// callbackURL names the message by our ids: a report may arrive before the provider's id
// is known.
func (d *Dispatcher) callbackURL(provider string, challenge domain.ChallengeID, delivery string) string {
	if d.config.CallbackBase == "" {
		return ""
	}
	query := url.Values{"challenge": {string(challenge)}, "delivery": {delivery}}
	return d.config.CallbackBase + "/webhooks/" + url.PathEscape(provider) + "?" + query.Encode()
}

// send calls the sender. A panic and an invalid result are unknown outcomes.
func send(ctx context.Context, s port.ChannelSender, m port.CodeMessage) (out port.SendOutcome) {
	defer func() {
		if recover() != nil { // the panic value may hold the message
			out = port.SendOutcome{Result: domain.SendUnknown, Err: fmt.Errorf("provider %s panicked", s.Provider)}
		}
	}()
	out = s.Sender.Send(ctx, m)
	out.Err = maskError(out.Err, m)
	if !out.Result.Accepted() && !out.Result.Refused() && out.Result != domain.SendTimeout {
		out.Result = domain.SendUnknown
	}
	if !storable(out.MessageID) {
		out.MessageID = ""
	}
	return out
}

// storable reports whether every store can keep a provider's text. One that cannot be
// stored would fail the whole batch of outcomes.
func storable(text string) bool {
	return len(text) <= maxMessageID && utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}

func acquire(ctx context.Context, semaphore chan struct{}) bool {
	select {
	case semaphore <- struct{}{}:
		return true
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	select {
	case semaphore <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// inflight counts messages in flight. Unlike a sync.WaitGroup it may grow while Drained
// is awaited. The zero value is ready.
type inflight struct {
	mu      sync.Mutex
	count   int
	drained chan struct{} // closed when count falls to 0; nil while not awaited
}

// Add counts one more.
func (f *inflight) Add() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
}

// Done counts one less.
func (f *inflight) Done() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count--
	if f.count == 0 && f.drained != nil {
		close(f.drained)
		f.drained = nil
	}
}

// Drained is closed as soon as no message is in flight.
func (f *inflight) Drained() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == 0 {
		drained := make(chan struct{})
		close(drained)
		return drained
	}
	if f.drained == nil {
		f.drained = make(chan struct{})
	}
	return f.drained
}
