package contract

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// otpSecrets are good ones, until a test breaks a method.
type otpSecrets struct {
	issue      func(ctx context.Context, req port.IssueRequest) (port.IssueResult, error)
	find       func(ctx context.Context, q port.OTPQuery) (domain.OTPSecret, bool, error)
	countWrong func(ctx context.Context, id domain.ChallengeID, now time.Time) (int, bool, error)
	refundSend func(ctx context.Context, key domain.OTPKey, sentAt time.Time) error
	purge      func(ctx context.Context, before time.Time, limit int) (int, error)
}

func (s otpSecrets) Issue(ctx context.Context, req port.IssueRequest) (port.IssueResult, error) {
	return s.issue(ctx, req)
}

func (s otpSecrets) Find(ctx context.Context, q port.OTPQuery) (domain.OTPSecret, bool, error) {
	return s.find(ctx, q)
}

func (s otpSecrets) CountWrong(ctx context.Context, id domain.ChallengeID, now time.Time) (int, bool, error) {
	return s.countWrong(ctx, id, now)
}

func (s otpSecrets) RefundSend(ctx context.Context, key domain.OTPKey, sentAt time.Time) error {
	return s.refundSend(ctx, key, sentAt)
}

func (s otpSecrets) Purge(ctx context.Context, before time.Time, limit int) (int, error) {
	return s.purge(ctx, before, limit)
}

// breakSecrets makes a breaker of what breaks a method.
func breakSecrets(spoil func(s *otpSecrets, good port.OTPSecrets)) breaker {
	return func(s *Stores) {
		good := s.OTPSecrets
		bad := &otpSecrets{good.Issue, good.Find, good.CountWrong, good.RefundSend, good.Purge}
		spoil(bad, good)
		s.OTPSecrets = bad
	}
}

// A failed run of the property leaves its sends in the store that the next run shares,
// such as the replay of the failure: those must not fail it.
func TestOTPSecrets_windowAfterAFailedRun(t *testing.T) {
	quickly(t)
	issues := 0
	once := breakIssue(nil, func(a port.IssueRequest, i *port.IssueResult) {
		if a.Fresh.Recipient.Value() == "skew@example.com" {
			return
		}
		if issues++; issues == 8 {
			i.RetryAfter = -time.Second // no wait of the model
		}
	})
	r := &recorder{}
	r.run(func() { slidingWindow(r, once.open) })
	if log := strings.Join(r.log, "\n"); !strings.Contains(log, "flaky test, can not reproduce a failure") {
		t.Errorf("the replay has failed too: %s", log)
	}
}

// breakIssue changes what is asked, or what is answered.
func breakIssue(change func(*port.IssueRequest), answer func(port.IssueRequest, *port.IssueResult)) breaker {
	return breakSecrets(func(s *otpSecrets, good port.OTPSecrets) {
		s.issue = func(ctx context.Context, a port.IssueRequest) (port.IssueResult, error) {
			if change != nil {
				change(&a)
			}
			issued, err := good.Issue(ctx, a)
			if answer != nil && !issued.RateLimited {
				answer(a, &issued)
			}
			return issued, err
		}
	})
}

func TestOTPSecrets_seesWhatIsBroken(t *testing.T) {
	quickly(t)
	seesBreakers(t, otpSecretPromises(), map[string]breaker{
		"While a secret": breakIssue(nil,
			func(a port.IssueRequest, i *port.IssueResult) { i.Secret.ExpiresAt = a.Fresh.ExpiresAt }),
		"Without an active one": breakIssue(func(a *port.IssueRequest) { a.Fresh.Seed = domain.Seed{} }, nil),
		"A secret with an epoch": breakIssue(func(a *port.IssueRequest) { a.Epochs = []domain.Epoch{someEpoch, oldEpoch} },
			nil),
		"Every send must be counted,": breakIssue(nil, func(a port.IssueRequest, i *port.IssueResult) {
			if a.Fresh.Lane != "" && a.Limit.Sends == 4 {
				i.SentAt = a.Now.Add(time.Microsecond)
			}
		}),
		"A refused request must": breakSecrets(rememberRefusals),
		"An issued code must":    breakIssue(nil, func(_ port.IssueRequest, i *port.IssueResult) { i.SendsLeft = 1 }),
		"With req.Limit.Sends of 0": breakIssue(func(a *port.IssueRequest) {
			a.Limit.Sends = max(1,
				a.Limit.Sends)
		}, nil),
		"Parallel requests for one key": breakIssue(nil,
			func(a port.IssueRequest, i *port.IssueResult) { i.Secret = a.Fresh }),
		"Parallel requests for one recipient": breakSecrets(limitInMemory),
		"The delivery must be stored":         breakIssue(func(a *port.IssueRequest) { a.Delivery.Provider = "" }, nil),
		"A challenge must keep the": breakIssue(func(a *port.IssueRequest) {
			a.Cohort.Country = a.Cohort.Country[1:]
		}, nil),
		"Find must return":           breakSecrets(findByKeyAlone),
		"It must list every channel": breakSecrets(tellTheLastChannel),
		"An unknown challenge": breakSecrets(func(s *otpSecrets, good port.OTPSecrets) {
			s.find = func(ctx context.Context, q port.OTPQuery) (domain.OTPSecret, bool, error) {
				if strings.Contains(string(q.ChallengeID), "\x00") {
					return domain.OTPSecret{}, false, errBroken
				}
				return good.Find(ctx, q)
			}
		}),
		"It must count only": breakSecrets(func(s *otpSecrets, good port.OTPSecrets) {
			s.countWrong = func(ctx context.Context, id domain.ChallengeID, _ time.Time) (int, bool, error) {
				return good.CountWrong(ctx, id, time.Time{})
			}
		}),
		"Of any number of parallel guesses": breakSecrets(readThenCount),
		"A count must be durable": breakSecrets(func(s *otpSecrets, good port.OTPSecrets) {
			s.countWrong = func(ctx context.Context, id domain.ChallengeID, now time.Time) (int, bool, error) {
				if err := hangsUp(ctx); err != nil {
					return 0, false, err
				}
				return good.CountWrong(ctx, id, now)
			}
		}),
		"RefundSend must refund exactly": breakSecrets(giveBackBySeconds),
		"It must take all guesses":       breakSecrets(takeGuessesAtOnce),
		"It must not refund the":         breakSecrets(giveBackAlways()),
		"However requests, guesses and":  breakSecrets(giveBackAlways()),
		"Purge must delete at most": breakSecrets(func(s *otpSecrets, good port.OTPSecrets) {
			s.purge = func(ctx context.Context, before time.Time, limit int) (int, error) {
				return good.Purge(ctx, before.Add(time.Microsecond), limit)
			}
		}),
		"Called until it deletes": breakSecrets(func(s *otpSecrets, good port.OTPSecrets) {
			s.purge = func(ctx context.Context, before time.Time, limit int) (int, error) {
				n, err := good.Purge(ctx, before, limit)
				return n / limit * limit, err
			}
		}),
	})
}

// tellTheLastChannel forgets the others.
func tellTheLastChannel(s *otpSecrets, good port.OTPSecrets) {
	s.find = func(ctx context.Context, q port.OTPQuery) (domain.OTPSecret, bool, error) {
		secret, found, err := good.Find(ctx, q)
		secret.SentOn = []domain.ChannelName{secret.Channel}
		return secret, found, err
	}
}

// findByKeyAlone does not look at the challenge that is named.
func findByKeyAlone(s *otpSecrets, good port.OTPSecrets) {
	s.find = func(ctx context.Context, q port.OTPQuery) (domain.OTPSecret, bool, error) {
		if q.Key.Recipient.IsZero() {
			return good.Find(ctx, q)
		}
		return good.Find(ctx, port.OTPQuery{Key: q.Key})
	}
}

// rememberRefusals counts refused requests too.
func rememberRefusals(s *otpSecrets, good port.OTPSecrets) {
	s.issue = func(ctx context.Context, req port.IssueRequest) (port.IssueResult, error) {
		issued, err := good.Issue(ctx, req)
		if issued.RateLimited && req.Limit.Sends > 1 {
			req.Limit.Sends++
			_, err = good.Issue(ctx, req)
		}
		return issued, err
	}
}

// limitInMemory keeps the limit where no other instance sees it.
func limitInMemory(s *otpSecrets, good port.OTPSecrets) {
	var mu sync.Mutex
	sends := map[domain.Identifier]int{}
	s.issue = func(ctx context.Context, req port.IssueRequest) (port.IssueResult, error) {
		mu.Lock()
		sends[req.Fresh.Recipient]++
		limited := sends[req.Fresh.Recipient] > req.Limit.Sends
		mu.Unlock()
		if limited {
			return port.IssueResult{RateLimited: true}, nil
		}
		req.Limit = noLimit
		return good.Issue(ctx, req)
	}
}

// readThenCount decides by what it has read before it writes: more calls
// read than there are guesses.
func readThenCount(s *otpSecrets, good port.OTPSecrets) {
	var calls atomic.Int32
	var read sync.WaitGroup
	const first = 4
	read.Add(first)
	s.countWrong = func(ctx context.Context, id domain.ChallengeID, now time.Time) (int, bool, error) {
		secret, found, err := good.Find(ctx, port.OTPQuery{ChallengeID: id})
		if calls.Add(1) <= first {
			read.Done()
			read.Wait()
		}
		if err != nil || !found || secret.State(now) != domain.OTPActive {
			return 0, false, err
		}
		_, _, err = good.CountWrong(ctx, id, now)
		return secret.AttemptsLeft(now) - 1, true, err
	}
}

// giveBackBySeconds does not look at the rest of a time.
func giveBackBySeconds(s *otpSecrets, good port.OTPSecrets) {
	s.refundSend = func(ctx context.Context, key domain.OTPKey, sentAt time.Time) error {
		return good.RefundSend(ctx, key, sentAt.Truncate(time.Second))
	}
}

// takeGuessesAtOnce does not wait for the last send of a secret.
func takeGuessesAtOnce(s *otpSecrets, good port.OTPSecrets) {
	s.refundSend = func(ctx context.Context, key domain.OTPKey, sentAt time.Time) error {
		secret, _, err := good.Find(ctx, port.OTPQuery{Key: key})
		for counted := err == nil; counted && err == nil; {
			_, counted, err = good.CountWrong(ctx, secret.ChallengeID, sentAt)
		}
		return err
	}
}

// giveBackAlways asks nothing of the secret.
func giveBackAlways() func(s *otpSecrets, good port.OTPSecrets) {
	var mu sync.Mutex
	given := map[domain.Identifier]int{} // by all instances
	return func(s *otpSecrets, good port.OTPSecrets) {
		s.refundSend = func(_ context.Context, key domain.OTPKey, _ time.Time) error {
			mu.Lock()
			defer mu.Unlock()
			given[key.Recipient]++
			return nil
		}
		s.issue = func(ctx context.Context, req port.IssueRequest) (port.IssueResult, error) {
			mu.Lock()
			req.Limit.Sends += given[req.Fresh.Recipient]
			mu.Unlock()
			return good.Issue(ctx, req)
		}
	}
}
