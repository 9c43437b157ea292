package delivery

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// How long a message waits for a sender that has as many under way as it may, how long giving a send back may take, and the longest name that a provider may
// give a message, in bytes.
const (
	enterWait    = 250 * time.Millisecond
	refundTime   = 5 * time.Second
	maxMessageID = 255
)

// Config bounds what sending may take.
type Config struct {
	Wait      time.Duration // how long a caller waits for an outcome
	Total     time.Duration // how long one message may take, over all its providers
	PerSender int           // messages under way at once by one channel of one provider; defaults to 64
	// CallbackBase is the public URL that providers may report to, without a slash at
	// its end. Defaults to none: they are told no address.
	CallbackBase string
	// Report hears of what no caller is told any more: why a message was not
	// accepted. Defaults to nothing.
	Report func(domain.Delivery, error)
}

// Dispatcher sends messages apart from the requests that ask for them, so that a
// caller who hangs up stops nothing, and a channel of a provider that hangs holds up
// neither callers nor other channels.
type Dispatcher struct {
	config   Config
	messages port.Messages
	clock    port.Clock
	random   port.Random
	outcomes *OutcomeLog
	slots    map[lane]chan struct{}
	underWay tally
}

// lane is one channel of one provider: what hangs on one does not fill another.
type lane struct {
	provider string
	channel  domain.ChannelName
}

func laneOf(s port.ChannelSender) lane { return lane{s.Provider, s.Channel.Name} }

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
		slots: map[lane]chan struct{}{},
	}
	for _, route := range routes.byName {
		for _, s := range route {
			d.slots[laneOf(s)] = make(chan struct{}, config.PerSender)
		}
	}
	return d
}

// Parcel is one message, the route it takes, and what is already stored of it.
type Parcel struct {
	Message port.CodeMessage // without channel and text, which the route decides
	Route   Route
	First   domain.Delivery // stored with the challenge, for the first of the route
	// Refund gives the send back. It is called when the last provider refused for a
	// reason of ours and none for the recipient's or the message's sake. nil where
	// nothing was counted.
	Refund func(ctx context.Context) error
}

// Outcome is what a caller is told of a message. A result that is neither
// accepted nor refused means that nobody knows, or not yet.
type Outcome struct {
	Result     domain.SendResult
	Channel    domain.ChannelName // that carried the message, or was tried last
	RetryAfter time.Duration
	Err        error // the cause, never with the code
}

// Send hands a parcel to the providers of its route and waits for the outcome,
// but no longer than the configured time, nor longer than the caller.
func (d *Dispatcher) Send(ctx context.Context, p Parcel) Outcome {
	done := make(chan Outcome, 1)
	start := d.clock.Now()
	d.underWay.enter()
	go func() {
		defer d.underWay.leave()
		total, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.config.Total)
		defer cancel()
		done <- d.travel(total, p, start)
	}()
	wait := time.NewTimer(d.config.Wait)
	defer wait.Stop()
	pending := Outcome{Result: domain.SendUnknown, Channel: p.First.Channel}
	select {
	case outcome := <-done:
		return outcome
	case <-wait.C:
		return pending
	case <-ctx.Done():
		return pending
	}
}

// Drain waits until nothing is under way, or ctx is done.
func (d *Dispatcher) Drain(ctx context.Context) error {
	select {
	case <-d.underWay.none():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for messages under way: %w", ctx.Err())
	}
}

// travel tries the providers of a route until one has not definitely refused. None
// is tried before that is stored: tokens tell by it how a code has travelled. The
// caller has been waiting since start.
func (d *Dispatcher) travel(ctx context.Context, p Parcel, start time.Time) Outcome {
	var out port.SendOutcome
	delivery, theirs := p.First, false // theirs: somebody refused for the recipient's or the message's sake
	for i, s := range p.Route {
		if i > 0 {
			if ctx.Err() != nil {
				break
			}
			next := d.nextDelivery(p.First, s)
			if err := d.outcomes.Record(ctx, next); err != nil {
				d.config.Report(next, fmt.Errorf("not tried: %w", err))
				break
			}
			delivery = next
		}
		out = d.hand(ctx, s, p.Message, delivery, start)
		d.note(delivery, out)
		if !out.Result.Refused() {
			break
		}
		switch out.Result {
		case domain.SendInvalidRecipient, domain.SendNotOnChannel, domain.SendRejected:
			theirs = true
		}
	}
	if out.Result.ServiceFault() && !theirs && p.Refund != nil {
		d.giveBack(ctx, p, delivery)
	}
	return Outcome{Result: out.Result, Channel: delivery.Channel, RetryAfter: out.RetryAfter, Err: out.Err}
}

// giveBack refunds a send, also when the time for sending it is over.
func (d *Dispatcher) giveBack(ctx context.Context, p Parcel, last domain.Delivery) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refundTime)
	defer cancel()
	if err := p.Refund(ctx); err != nil {
		d.config.Report(last, fmt.Errorf("give a send back: %w", err))
	}
}

func (d *Dispatcher) nextDelivery(first domain.Delivery, s port.ChannelSender) domain.Delivery {
	now := d.clock.Now()
	next := first
	next.ID, next.Channel, next.Provider = d.random.UUID(now), s.Channel.Name, s.Provider
	next.CreatedAt, next.UpdatedAt = now, now
	return next
}

// hand gives a message to one provider, once its channel has room for it.
func (d *Dispatcher) hand(
	ctx context.Context, s port.ChannelSender, m port.CodeMessage, as domain.Delivery, start time.Time,
) port.SendOutcome {
	slot := d.slots[laneOf(s)]
	if !enter(ctx, slot) {
		err := fmt.Errorf("%s of provider %s has %d messages under way", s.Channel.Name, s.Provider, cap(slot))
		return port.SendOutcome{Result: domain.SendRateLimited, RetryAfter: time.Second, Err: err}
	}
	defer func() { <-slot }()
	m.DeliveryID, m.Channel = as.ID, s.Channel.Name
	m.RetryBudget = max(0, d.config.Wait-d.clock.Now().Sub(start))
	m.CallbackURL = d.callbackURL(s.Provider, m.ChallengeID, as.ID)
	m.Compose = func() (port.MessageText, error) { return d.messages.ComposeCode(m) }
	return send(ctx, s, m)
}

// callbackURL is where a provider may report what becomes of a message. It names the
// message by our own names: a report may be here before we know the provider's.
func (d *Dispatcher) callbackURL(provider string, challenge domain.ChallengeID, delivery string) string {
	if d.config.CallbackBase == "" {
		return ""
	}
	query := url.Values{"challenge": {string(challenge)}, "delivery": {delivery}}
	return d.config.CallbackBase + "/webhooks/" + url.PathEscape(provider) + "?" + query.Encode()
}

// send calls the sender. Of one that panics, or answers with what is no result,
// nothing is known.
func send(ctx context.Context, s port.ChannelSender, m port.CodeMessage) (out port.SendOutcome) {
	defer func() {
		if recover() != nil { // what it panicked with may hold the message
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

// storable reports whether every store can keep a provider's name for a message.
// One that none can would hold up the outcomes of all the others.
func storable(id string) bool {
	return len(id) <= maxMessageID && utf8.ValidString(id) && !strings.ContainsRune(id, 0)
}

func (d *Dispatcher) note(delivery domain.Delivery, out port.SendOutcome) {
	delivery.Result, delivery.Status, delivery.MessageID = out.Result, out.Result.Status(), out.MessageID
	delivery.UpdatedAt = d.clock.Now()
	d.outcomes.Note(delivery)
	if !out.Result.Accepted() {
		d.config.Report(delivery, out.Err)
	}
}

// enter takes a place in slot. It waits a moment, for a burst is no overload.
func enter(ctx context.Context, slot chan struct{}) bool {
	select {
	case slot <- struct{}{}:
		return true
	default:
	}
	moment, cancel := context.WithTimeout(ctx, enterWait)
	defer cancel()
	select {
	case slot <- struct{}{}:
		return true
	case <-moment.Done():
		return false
	}
}
