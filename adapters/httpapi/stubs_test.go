package httpapi_test

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// store keeps secrets, users and sessions in memory, and fails or panics when a
// test wants it to.
type store struct {
	mu       sync.Mutex
	clock    *fake.Clock
	secrets  map[domain.Identifier]domain.OTPSecret
	sends    map[domain.Identifier][]time.Time
	users    map[domain.Identifier]domain.User
	sessions map[string]heldSession
	disabled bool
	calls    int
	err      error
	panics   any
	lastIn   port.SignIn
	changed  domain.ProfileChange
	sources  []domain.UserSource // of every user
}

func newStore(clock *fake.Clock) *store {
	return &store{
		clock:   clock,
		secrets: map[domain.Identifier]domain.OTPSecret{}, sends: map[domain.Identifier][]time.Time{},
		users: map[domain.Identifier]domain.User{}, sessions: map[string]heldSession{},
	}
}

// enter is what every call begins with.
func (s *store) enter() (leave func(), err error) {
	s.mu.Lock()
	s.calls++
	if s.panics != nil {
		defer s.mu.Unlock()
		panic(s.panics)
	}
	return s.mu.Unlock, s.err
}

func (s *store) called() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

func (s *store) Issue(_ context.Context, ask port.IssueRequest) (port.IssueResult, error) {
	leave, err := s.enter()
	defer leave()
	if err != nil {
		return port.IssueResult{}, err
	}
	to := ask.Fresh.Recipient
	if sends := s.sends[to]; ask.Limit.Sends > 0 && len(sends) >= ask.Limit.Sends {
		return port.IssueResult{RateLimited: true, RetryAfter: sends[0].Add(ask.Limit.Window).Sub(ask.Now)}, nil
	}
	s.sends[to] = append(s.sends[to], ask.Now)
	secret, ok := s.secrets[to]
	if !ok || secret.State(ask.Now) != domain.OTPActive {
		secret = ask.Fresh
	}
	secret.Channel = ask.Fresh.Channel
	s.secrets[to] = secret
	result := port.IssueResult{Secret: secret, SentAt: ask.Now, SendsLeft: max(0, ask.Limit.Sends-len(s.sends[to]))}
	if ask.Limit.Sends > 0 && result.SendsLeft == 0 {
		result.RetryAfter = s.sends[to][0].Add(ask.Limit.Window).Sub(ask.Now)
	}
	return result, nil
}

func (s *store) Find(_ context.Context, q port.OTPQuery) (domain.OTPSecret, bool, error) {
	leave, err := s.enter()
	defer leave()
	if err != nil {
		return domain.OTPSecret{}, false, err
	}
	if q.ChallengeID == "" {
		secret, ok := s.secrets[q.Key.Recipient]
		return secret, ok, nil
	}
	secret, ok := s.byID(q.ChallengeID)
	return secret, ok, nil
}

func (s *store) byID(id domain.ChallengeID) (domain.OTPSecret, bool) {
	for _, secret := range s.secrets {
		if secret.ChallengeID == id {
			return secret, true
		}
	}
	return domain.OTPSecret{}, false
}

func (s *store) CountWrong(_ context.Context, id domain.ChallengeID, now time.Time) (int, bool, error) {
	leave, err := s.enter()
	defer leave()
	secret, ok := s.byID(id)
	if err != nil || !ok || secret.State(now) != domain.OTPActive {
		return 0, false, err
	}
	secret.Attempts++
	s.secrets[secret.Recipient] = secret
	return secret.AttemptsLeft(now), true, nil
}

func (s *store) RefundSend(context.Context, domain.OTPKey, time.Time) error { return nil }

func (s *store) Purge(context.Context, time.Time, int) (int, error) { return 0, nil }

func (s *store) Complete(_ context.Context, in port.SignIn) (port.SignInResult, error) {
	leave, err := s.enter()
	defer leave()
	if err != nil {
		return port.SignInResult{}, err
	}
	s.lastIn = in
	secret, ok := s.byID(in.Proof.ChallengeID)
	if !ok || secret.State(in.Now) != domain.OTPActive {
		return port.SignInResult{}, nil
	}
	secret.UsedAt = in.Now
	s.secrets[secret.Recipient] = secret
	user, known := s.users[secret.Recipient]
	if !known {
		user = domain.User{
			ID: int64(len(s.users) + 1), UUID: in.NewUser.UUID, Username: in.NewUser.Username, IsActive: !s.disabled,
			DateJoined: in.Now,
		}
	}
	switch user.LastLogin = in.Now; secret.Recipient.Kind() {
	case domain.KindEmail:
		user.Email, user.EmailVerified = secret.Recipient.Value(), true
	default:
		user.Phone, user.PhoneVerified = secret.Recipient.Value(), true
	}
	s.users[secret.Recipient] = user
	s.hold(in, user, secret.Channel)
	return port.SignInResult{Consumed: true, User: user, IsNew: !known}, nil
}

// end ends every session.
func (s *store) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.sessions)
}

func (s *store) WhoAmI(_ context.Context, actor domain.Actor) (domain.User, bool, error) {
	leave, err := s.enter()
	defer leave()
	if err != nil {
		return domain.User{}, false, err
	}
	user, found := s.whoIs(actor)
	return user, found, nil
}

func (s *store) KnownSince(_ context.Context, identifier domain.Identifier) (time.Time, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	user, known := s.users[identifier]
	return user.DateJoined, known, nil
}

func (s *store) ChangeProfile(ctx context.Context, actor domain.Actor, change domain.ProfileChange) (domain.User, bool,
	error,
) {
	user, found, err := s.WhoAmI(ctx, actor)
	if err != nil || !found {
		return user, found, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = change
	for _, text := range []struct {
		from *string
		to   *string
	}{
		{change.FirstName, &user.FirstName},
		{change.LastName, &user.LastName},
		{change.Company, &user.Company},
		{change.Position, &user.Position},
	} {
		if text.from != nil {
			*text.to = *text.from
		}
	}
	s.users[user.Identifier()] = user
	return user, true, nil
}

// limiter allows every request until wait is set.
type limiter struct {
	mu   sync.Mutex
	wait time.Duration
	from []netip.Addr // clients
}

func (l *limiter) Take(_ port.AddressAction, from netip.Addr) (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.from = append(l.from, from)
	return l.wait, l.wait == 0
}

func (l *limiter) seen() []netip.Addr {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.from
}

// database answers probes.
type database struct {
	clock  *fake.Clock
	ahead  time.Duration // of the clock
	err    error
	panics bool
}

func (d *database) Probe(context.Context) (port.DatabaseStatus, error) {
	if d.panics {
		panic("boom")
	}
	return port.DatabaseStatus{Now: d.clock.Now().Add(d.ahead), SchemaVersion: 1, WantVersion: 1}, d.err
}

// sender keeps the codes that it is to bring, and answers as it is told.
type sender struct {
	mu    sync.Mutex
	codes []string
	last  port.CodeMessage
	out   port.SendOutcome
}

func (s *sender) Send(_ context.Context, m port.CodeMessage) port.SendOutcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes, s.last = append(s.codes, m.Code.Reveal()), m
	if s.out.Result == "" {
		return port.SendOutcome{Result: domain.SendAccepted}
	}
	return s.out
}

func (s *sender) lastCode() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.codes) == 0 {
		return ""
	}
	return s.codes[len(s.codes)-1]
}

// allPhones lets every number through. The only trunk prefix is +44 (0).
type allPhones struct{}

func (allPhones) Check(domain.Identifier) error { return nil }

func (allPhones) CountryOf(domain.Identifier) string { return "US" }

func (allPhones) Canonical(id domain.Identifier) domain.Identifier {
	if rest, ok := strings.CutPrefix(id.Value(), "+440"); ok {
		id, _ = domain.ParsePhone("+44" + rest)
	}
	return id
}

type messages struct{}

func (messages) ComposeCode(port.CodeMessage) (port.MessageText, error) {
	return port.MessageText{}, nil
}
