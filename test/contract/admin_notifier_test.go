package contract

import (
	"context"
	"errors"
	"html"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

// herald is a notifier in memory that keeps every promise but the one that a test
// takes away.
type herald struct {
	mu    sync.Mutex
	told  []string
	state error // what it fails with, nil while all is well
	hang  bool

	newest    bool // tells of the last event only
	markup    bool // lets markup through
	deaf      bool // does not hear that it is called off
	optimist  bool // says that it has told when it is called off
	impatient bool // does not say how long to wait
	vague     bool // has no fault for a refusal
	certain   bool // takes a service that is away for one that refuses
	talkative bool // shows its secret
}

const heraldSecret = "the secret of a herald"

func (h *herald) Notify(ctx context.Context, events []domain.Event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.hang && h.deaf:
		time.Sleep(time.Hour) // of the bubble
	case h.hang:
		<-ctx.Done()
	}
	switch {
	case h.hang && h.optimist:
		return nil
	case h.hang && h.talkative:
		return errors.New("called off: " + heraldSecret)
	case h.hang:
		return ctx.Err()
	case h.state != nil:
		return h.state
	}
	for i, e := range events {
		if h.newest && i < len(events)-1 {
			continue
		}
		text := e.Recipient + " " + e.Source
		if h.markup {
			text = html.UnescapeString(text)
		}
		h.told = append(h.told, text)
	}
	return nil
}

// heraldWith opens heralds that are spoiled in one way.
func heraldWith(spoil func(h *herald)) func(testing.TB) NotifierUnderTest {
	return func(testing.TB) NotifierUnderTest {
		h := &herald{}
		spoil(h)
		fails := func(err *domain.Error, kept bool) func() {
			return func() {
				if h.state = err; !kept {
					h.state = errors.New("cannot")
				}
			}
		}
		return NotifierUnderTest{
			Notifier: h, Secret: heraldSecret,
			Received: func() []string { return h.told },
			Hang:     func() { h.hang = true },
			RateLimit: func(seconds int) {
				wait := time.Duration(seconds) * time.Second
				if h.impatient {
					wait = 0
				}
				h.state = domain.ErrRateLimited.After(wait)
			},
			Refuse: fails(domain.ErrPermissionDenied, !h.vague),
			Vanish: func() {
				if h.state = domain.ErrUnavailable; h.certain {
					h.state = domain.ErrPermissionDenied
				}
			},
		}
	}
}

func TestAdminNotifier_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		require.Empty(t, broken(heraldWith(func(*herald) {}), adminNotifierPromises()))
	})
	for says, spoil := range map[string][]func(*herald){
		"It must deliver every event, in one message or more.": {func(h *herald) { h.newest = true }},
		"It must escape markup in events.":                     {func(h *herald) { h.markup = true }},
		"It must return when ctx is done, with an error if the events may not have been delivered.": {
			func(h *herald) { h.deaf = true }, func(h *herald) { h.optimist = true },
		},
		"It must fail with a fault of the kind Throttled and its RetryAfter when the service rate-limits it.": {
			func(h *herald) { h.impatient = true },
		},
		"It must fail with a fault of the kind Denied when the service refuses it until the configuration changes.": {
			func(h *herald) { h.vague = true }, func(h *herald) { h.certain = true },
		},
		"It must never show a secret of its configuration in an error.": {func(h *herald) { h.talkative = true }},
	} {
		for _, s := range spoil {
			synctest.Test(t, func(t *testing.T) {
				require.Equal(t, []string{says}, broken(heraldWith(s), only(t, says, adminNotifierPromises())))
				time.Sleep(2 * time.Hour) // of the bubble: the deaf herald recovers
			})
		}
	}
}
