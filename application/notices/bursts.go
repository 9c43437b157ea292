package notices

import (
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

const (
	failureSpan     = time.Minute // from the first wrong guess of a burst
	minFailures     = 3           // of a burst that is worth an event
	maxFailureKeys  = 4096        // beyond it, bursts end early
	troubleInterval = 10 * time.Minute
)

// bursts aggregates repeated events. The lock of Queue guards it.
type bursts struct {
	failures map[domain.Identifier]*burst
	troubles map[troubleKey]*burst
}

// troubleKey has the channel too: each channel of a provider has its own configuration.
type troubleKey struct {
	provider string
	channel  domain.ChannelName
	result   domain.SendResult
}

// burst is the latest of many like events, and how many it stands for.
type burst struct {
	notice

	count int // not enqueued yet
	until time.Time
}

func newBursts() bursts {
	return bursts{failures: map[domain.Identifier]*burst{}, troubles: map[troubleKey]*burst{}}
}

// countFailure adds to the burst of an identifier, or begins one.
func (b bursts) countFailure(n notice, push func(notice)) {
	known := b.failures[n.subject]
	if known != nil && !n.event.At.Before(known.until) {
		b.endFailures(n.subject, push)
		known = nil
	}
	if known == nil {
		if len(b.failures) >= maxFailureKeys {
			for subject := range b.failures { // any one
				b.endFailures(subject, push)
				break
			}
		}
		known = &burst{notice: n, until: n.event.At.Add(failureSpan)}
		b.failures[n.subject] = known
	}
	known.count++
	known.event.From = n.event.From
}

func (b bursts) endFailures(subject domain.Identifier, push func(notice)) {
	ended := b.failures[subject]
	delete(b.failures, subject)
	if ended.count >= minFailures {
		ended.event.Count = ended.count
		push(ended.notice)
	}
}

// countTrouble pushes the first event of a key, and counts those that follow.
func (b bursts) countTrouble(n notice, push func(notice)) {
	key := troubleKey{n.event.Provider, n.event.Channel, n.event.Result}
	known := b.troubles[key]
	if known == nil {
		b.troubles[key] = &burst{notice: n, until: n.event.At.Add(troubleInterval)}
		push(n)
		return
	}
	known.count++
	known.notice = n
}

// end ends the bursts that are over by now, or all of them.
func (b bursts) end(now time.Time, all bool, push func(notice)) {
	for subject, f := range b.failures {
		if all || !now.Before(f.until) {
			b.endFailures(subject, push)
		}
	}
	for key, t := range b.troubles {
		if !all && now.Before(t.until) {
			continue
		}
		delete(b.troubles, key)
		if t.count > 0 {
			b.troubles[key] = &burst{notice: t.notice, until: now.Add(troubleInterval)}
			t.event.Count = t.count
			push(t.notice)
		}
	}
}
