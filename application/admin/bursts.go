package admin

import (
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// What makes a burst: its time, and how many failures are worth a notice. Of more
// identifiers than burstRoom at once, some are told, or forgotten, early.
const (
	burstSpan  = time.Minute
	burstLeast = 3
	burstRoom  = 4096
	quietSpan  = 10 * time.Minute
)

// bursts are what has happened again and again, and is told as one. They are guarded
// by the lock of Notices.
type bursts struct {
	failures map[domain.Identifier]*burst
	troubles map[trouble]*burst
}

// trouble is what is wrong with one channel of a provider: each has a sender of its own,
// who may be wrong.
type trouble struct {
	provider string
	channel  domain.ChannelName
	result   domain.SendResult
}

// burst is one event that stands for many until its time is over.
type burst struct {
	notice

	count int // that were not told
	until time.Time
}

func newBursts() bursts {
	return bursts{failures: map[domain.Identifier]*burst{}, troubles: map[trouble]*burst{}}
}

// countFailure adds to the burst of an identifier, or begins one.
func (b bursts) countFailure(f notice, tell func(notice)) {
	known := b.failures[f.about]
	if known != nil && !f.event.At.Before(known.until) {
		b.endFailures(f.about, tell)
		known = nil
	}
	if known == nil {
		b.makeRoom(tell)
		known = &burst{notice: f, until: f.event.At.Add(burstSpan)}
		b.failures[f.about] = known
	}
	known.count++
	known.event.From = f.event.From // who was the last
}

// makeRoom ends any burst if there are too many.
func (b bursts) makeRoom(tell func(notice)) {
	if len(b.failures) < burstRoom {
		return
	}
	for about := range b.failures {
		b.endFailures(about, tell)
		return
	}
}

func (b bursts) endFailures(about domain.Identifier, tell func(notice)) {
	over := b.failures[about]
	delete(b.failures, about)
	if over.count >= burstLeast {
		over.event.Count = over.count
		tell(over.notice)
	}
}

// countTrouble tells of the first trouble of its sort, and counts what follows.
func (b bursts) countTrouble(t notice, tell func(notice)) {
	sort := trouble{t.event.Provider, t.event.Channel, t.event.Result}
	known := b.troubles[sort]
	if known == nil {
		b.troubles[sort] = &burst{notice: t, until: t.event.At.Add(quietSpan)}
		tell(t)
		return
	}
	known.count++
	known.notice = t
}

// end ends the bursts whose time is over, or all.
func (b bursts) end(now time.Time, all bool, tell func(notice)) {
	for about, f := range b.failures {
		if all || !now.Before(f.until) {
			b.endFailures(about, tell)
		}
	}
	for sort, t := range b.troubles {
		if !all && now.Before(t.until) {
			continue
		}
		delete(b.troubles, sort)
		if t.count > 0 {
			b.troubles[sort] = &burst{notice: t.notice, until: now.Add(quietSpan)}
			t.event.Count = t.count
			tell(t.notice)
		}
	}
}
