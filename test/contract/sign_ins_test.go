package contract

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// signIns are what a test makes of good ones.
type signIns func(ctx context.Context, in port.SignIn) (port.SignInResult, error)

func (f signIns) Complete(ctx context.Context, in port.SignIn) (port.SignInResult, error) {
	return f(ctx, in)
}

// breakSignIns changes the input, or the result of a sign-in.
func breakSignIns(change func(*port.SignIn), answer func(port.SignIn, *port.SignInResult)) breaker {
	return func(s *Stores) {
		good := s.SignIns
		s.SignIns = signIns(func(ctx context.Context, in port.SignIn) (port.SignInResult, error) {
			if change != nil {
				change(&in)
			}
			done, err := good.Complete(ctx, in)
			if answer != nil {
				answer(in, &done)
			}
			return done, err
		})
	}
}

func TestSignIns_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	seesBreakers(t, signInPromises(), map[string]breaker{
		"It must consume a challenge only": breakSignIns(func(in *port.SignIn) { in.Now = in.Now.Add(-time.Hour) }, nil),
		"Of any number of parallel proofs": breakSignIns(nil,
			func(_ port.SignIn, done *port.SignInResult) { done.Consumed = true }),
		"A recipient without a user": breakSignIns(nil, func(in port.SignIn, done *port.SignInResult) {
			done.IsNew = done.Consumed && in.Source.Host == "source-7.example"
		}),
		"An existing user must": func(s *Stores) {
			good := s.SourcesOf
			s.SourcesOf = func(t testing.TB, userID int64) []LinkedSource {
				linked := good(t, userID)
				for i := range linked {
					linked[i].Host = "second.example"
				}
				return linked
			}
		},
		"The source of a sign-in": breakSignIns(func(in *port.SignIn) { // not of a repeated sign-in
			if in.Source.Host == "third.example" {
				in.Source = domain.RegistrationSource{}
			}
		}, nil),
		"The identifier must become": breakSignIns(nil, func(_ port.SignIn, done *port.SignInResult) {
			done.User.LastLogin = done.User.DateJoined
		}),
		"With KeepLastLogin the last": breakSignIns(func(in *port.SignIn) { in.KeepLastLogin = false }, nil),
		"The challenge of a disabled user": breakSignIns(nil, func(in port.SignIn, done *port.SignInResult) {
			if !done.User.IsActive {
				done.User.LastLogin = in.Now
			}
		}),
		"A taken username must": func(s *Stores) {
			good := s.SignIns
			s.SignIns = signIns(func(ctx context.Context, in port.SignIn) (port.SignInResult, error) {
				done, err := good.Complete(ctx, in)
				if errors.Is(err, port.ErrUsernameTaken) {
					return done, errBroken
				}
				return done, err
			})
		},
		"Its effect must be durable when": func(s *Stores) {
			good := s.SignIns
			s.SignIns = signIns(func(ctx context.Context, in port.SignIn) (port.SignInResult, error) {
				if err := hangsUp(ctx); err != nil {
					return port.SignInResult{}, err
				}
				return good.Complete(ctx, in)
			})
		},
	})
}
