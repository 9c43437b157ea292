package auth

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// VerifyOTP judges a guess at a code and, if it is right, opens a session. Every guess
// is committed before its answer.
type VerifyOTP struct {
	ports   Ports
	keys    domain.KeyRing
	signer  signer
	notices *notices.Queue
	config  Config
}

// NewVerifyOTP makes the use case.
func NewVerifyOTP(ports Ports, keys domain.KeyRing, queue *notices.Queue, config Config) *VerifyOTP {
	if config.MaxUsernames == 0 {
		config.MaxUsernames = 4
	}
	return &VerifyOTP{ports, keys, signer{ports.AccessTokens, ports.RefreshTokens, config.Sessions}, queue, config}
}

// VerifyOTPIn is a guess at the code of an identifier, of a challenge, or of both.
type VerifyOTPIn struct {
	Identifier  *Address // nil if missing
	ChallengeID *string  // nil if missing
	Code        string   // as typed
	SourceURL   string
	Referer     string
	UserAgent   string
	From        netip.Addr
}

// VerifyOTPOut is the verdict and, when it is Right, the session.
type VerifyOTPOut struct {
	Verdict      domain.Verdict
	AttemptsLeft int // of the challenge, 0 unless it is active
	Recipient    domain.Identifier
	Channel      domain.ChannelName
	User         domain.User
	IsNewUser    bool
	SessionID    string
	Tokens       TokenPair

	SourceIgnored bool // the source_url is no source
}

// Do checks the input, takes from the limit, judges the guess and commits it, in this
// order.
func (uc *VerifyOTP) Do(ctx context.Context, in VerifyOTPIn) (VerifyOTPOut, error) {
	a := attempt{VerifyOTP: uc, in: in}
	err := a.run(ctx)
	return a.out, err
}

// attempt is one guess: what its steps have found out, and the result that they make.
type attempt struct {
	*VerifyOTP
	in     VerifyOTPIn
	source domain.RegistrationSource // the source_url of the request
	secret domain.OTPSecret
	now    time.Time
	out    VerifyOTPOut
}

func (a *attempt) run(ctx context.Context) error {
	query, err := a.parse()
	if err != nil {
		return err
	}
	if wait, ok := a.ports.AddressLimiter.Take(port.AddressVerify, a.in.From); !ok {
		return domain.RateLimited(string(port.AddressVerify), wait)
	}
	found, err := a.find(ctx, query)
	if err != nil {
		return err
	}
	if !found {
		a.out.Verdict = domain.Missing
		return nil
	}
	code, known := a.keys.Code(a.secret)
	if !known && a.secret.State(a.now) == domain.OTPActive {
		return domain.ErrUnavailable.Because(errors.New(
			"the code was made with a key that is not configured: " +
				"give all instances the same secret_key, and the one before it as secret_key_previous"))
	}
	switch a.out.Verdict = a.secret.Judge(code, a.in.Code, a.now); a.out.Verdict {
	case domain.Right:
		return a.signIn(ctx)
	case domain.Wrong:
		left, counted, err := a.ports.OTPSecrets.CountWrong(ctx, a.secret.ChallengeID, a.now)
		if err != nil {
			return err
		}
		a.out.AttemptsLeft = left
		if !counted { // parallel guesses have closed the challenge
			a.out.Verdict = domain.Exhausted
		}
	}
	if a.out.Verdict == domain.Wrong || a.out.Verdict == domain.Exhausted {
		a.notices.CountFailure(domain.Event{
			Name: domain.EventRepeatedFailures, At: a.now, Channel: a.out.Channel, From: a.in.From,
		}, a.out.Recipient)
	}
	return nil
}

// parse reads the input, before any limit or store.
func (a *attempt) parse() (query port.OTPQuery, err error) {
	query.Key.Purpose = domain.PurposeSignIn
	if a.in.ChallengeID != nil {
		query.ChallengeID = domain.ChallengeID(*a.in.ChallengeID)
	}
	if a.in.Identifier != nil {
		if query.Key.Recipient, err = a.ports.recipient(*a.in.Identifier, a.config); err != nil {
			return query, err
		}
	}
	a.out.Recipient = query.Key.Recipient
	a.source, a.out.SourceIgnored = a.config.parseSource(a.in.SourceURL)
	return query, nil
}

// find finds the secret, unless it is of another recipient, purpose or subject. An empty
// challenge id names no challenge, and the identifier does not replace it.
func (a *attempt) find(ctx context.Context, query port.OTPQuery) (found bool, err error) {
	if query.ChallengeID == "" && (a.in.ChallengeID != nil || a.in.Identifier == nil) {
		return false, nil
	}
	if a.secret, found, err = a.ports.OTPSecrets.Find(ctx, query); err != nil || !found {
		return false, err
	}
	a.now = a.ports.Clock.Now()
	a.out.AttemptsLeft, a.out.Channel = a.secret.AttemptsLeft(a.now), a.secret.Channel
	key := query.Key
	if a.secret.Purpose != key.Purpose || a.secret.Subject != key.Subject ||
		!key.Recipient.IsZero() && key.Recipient != a.secret.Recipient {
		return false, nil
	}
	a.out.Recipient = a.secret.Recipient
	return true, nil
}

// signIn consumes the challenge of a right guess and signs the tokens of its session.
// The commit decides: a right guess after another one is Used.
func (a *attempt) signIn(ctx context.Context) error {
	s := port.SignIn{
		Proof:         a.secret.ProveByCode(),
		Now:           a.now,
		KeepLastLogin: a.config.KeepLastLogin,
		Source:        a.config.source(a.source, a.secret.SourceURL, a.in.Referer),
		NewUser:       port.NewUser{UUID: a.ports.Random.UUID(a.now)},
		Session: domain.Session{
			ID: a.ports.Random.UUID(a.now), Channel: a.secret.Channel, AMR: a.secret.AMR(),
			UserAgent: domain.CleanUserAgent(a.in.UserAgent), CreatedAt: a.now, LastUsedAt: a.now,
		},
	}
	if a.in.From.IsValid() {
		s.Session.Address = a.in.From.String()
	}
	done, err := a.complete(ctx, s)
	if err != nil {
		return err
	}
	a.out.AttemptsLeft = 0
	if !done.Consumed {
		a.out.Verdict = domain.Used
		return nil
	}
	a.out.User, a.out.IsNewUser = done.User, done.IsNew
	if done.IsNew {
		event := domain.Event{
			Name: domain.EventNewRegistration, At: a.now, Channel: s.Session.Channel, From: a.in.From,
			Source: s.Source.Host, UserUUID: done.User.UUID,
		}
		a.notices.Enqueue(event, a.secret.Recipient)
		event.Name, event.Source = domain.EventFirstLogin, "" // a registration is the first login
		a.notices.Enqueue(event, a.secret.Recipient)
	}
	if !done.User.IsActive {
		return domain.ErrAccountDisabled
	}
	s.Session.UserID, a.out.SessionID = done.User.ID, s.Session.ID
	a.out.Tokens, err = a.signer.sign(s.Session, done.User.UUID, a.now)
	return err
}

// complete is the one transaction of a sign-in, retried only with another username.
func (a *attempt) complete(ctx context.Context, s port.SignIn) (port.SignInResult, error) {
	for range a.config.MaxUsernames {
		s.NewUser.Username = domain.Username(a.secret.Recipient, a.ports.Random.Suffix(domain.UsernameSuffixLen))
		done, err := a.ports.SignIns.Complete(ctx, s)
		if !errors.Is(err, port.ErrUsernameTaken) {
			return done, err
		}
	}
	return port.SignInResult{}, domain.ErrUserCreation.Because(errors.New("every username that was tried is taken"))
}
