package contract

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// sessions are good ones, until a test breaks a method.
type sessions struct {
	port.Sessions
	rotate func(ctx context.Context, r port.Rotation) (port.RotationResult, error)
	find   func(ctx context.Context, actor domain.Actor) (domain.Session, bool, error)
	ofUser func(ctx context.Context, actor domain.Actor) ([]domain.Session, error)
	end    func(ctx context.Context, actor domain.Actor, which port.SessionFilter) (int, bool, error)
	purge  func(ctx context.Context, p port.SessionPurge) (int, error)
}

func (s *sessions) Rotate(ctx context.Context, r port.Rotation) (port.RotationResult, error) {
	return s.rotate(ctx, r)
}

func (s *sessions) Find(ctx context.Context, actor domain.Actor) (domain.Session, bool, error) {
	return s.find(ctx, actor)
}

func (s *sessions) OfUser(ctx context.Context, actor domain.Actor) ([]domain.Session, error) {
	return s.ofUser(ctx, actor)
}

func (s *sessions) End(ctx context.Context, actor domain.Actor, which port.SessionFilter) (int, bool, error) {
	return s.end(ctx, actor, which)
}

func (s *sessions) Purge(ctx context.Context, p port.SessionPurge) (int, error) {
	return s.purge(ctx, p)
}

func breakSessions(spoil func(s *sessions)) breaker {
	return func(s *Stores) {
		good := s.Sessions
		bad := &sessions{good, good.Rotate, good.Find, good.OfUser, good.End, good.Purge}
		spoil(bad)
		s.Sessions = bad
	}
}

// judged looks a session up and judges it, as a store must not: others may be
// quicker than what follows.
func (s *sessions) judged(ctx context.Context, r port.Rotation) domain.RefreshVerdict {
	session, _, _ := s.Sessions.Find(ctx, domain.Actor{UserUUID: r.UserUUID, SessionID: r.SessionID})
	return r.Policy.Judge(session, r.Generation, r.Now)
}

// askRotation changes what is asked of Rotate.
func askRotation(change func(*port.Rotation)) breaker {
	return breakSessions(func(s *sessions) {
		s.rotate = func(ctx context.Context, r port.Rotation) (port.RotationResult, error) {
			change(&r)
			return s.Sessions.Rotate(ctx, r)
		}
	})
}

// askEnd changes what is asked of End.
func askEnd(change func(*domain.Actor, *port.SessionFilter)) breaker {
	return breakSessions(func(s *sessions) {
		s.end = func(ctx context.Context, actor domain.Actor, which port.SessionFilter) (int, bool, error) {
			change(&actor, &which)
			return s.Sessions.End(ctx, actor, which)
		}
	})
}

// askPurge changes since when sessions that are removed have not been used.
func askPurge(by time.Duration) breaker {
	return breakSessions(func(s *sessions) {
		s.purge = func(ctx context.Context, p port.SessionPurge) (int, error) {
			p.UsedBefore = p.UsedBefore.Add(by)
			return s.Sessions.Purge(ctx, p)
		}
	})
}

func TestSessions_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	seesBreakers(t, rotationPromises(), map[string]breaker{
		"It must judge the":  askRotation(func(r *port.Rotation) { r.Policy.Grace += time.Microsecond }),
		"A current one must": askRotation(func(r *port.Rotation) { r.Now = r.Now.Add(-time.Microsecond) }),
		"A repeat must change": breakSessions(func(s *sessions) {
			s.rotate = func(ctx context.Context, r port.Rotation) (port.RotationResult, error) {
				rotated, err := s.Sessions.Rotate(ctx, r)
				if rotated.Verdict == domain.RefreshRepeat {
					rotated.Session.LastUsedAt = r.Now
				}
				return rotated, err
			}
		}),
		"A reused one": breakSessions(func(s *sessions) {
			s.rotate = func(ctx context.Context, r port.Rotation) (port.RotationResult, error) {
				if s.judged(ctx, r) == domain.RefreshReused {
					return port.RotationResult{Verdict: domain.RefreshReused}, nil
				}
				return s.Sessions.Rotate(ctx, r)
			}
		}),
		"Of any number of parallel rotations": breakSessions(func(s *sessions) { // in two acts
			s.rotate = func(ctx context.Context, r port.Rotation) (port.RotationResult, error) {
				r.Policy.AcceptsOlder = s.judged(ctx, r) == domain.RefreshCurrent
				return s.Sessions.Rotate(ctx, r)
			}
		}),
		"It must return and change nothing": askRotation(func(r *port.Rotation) {
			r.UserUUID = strings.TrimSpace(r.UserUUID)
		}),
		"After the end of a": breakSessions(func(s *sessions) {
			s.end = func(ctx context.Context, actor domain.Actor, _ port.SessionFilter) (int, bool, error) {
				_, found, err := s.Sessions.Find(ctx, actor)
				return 1, found, err
			}
		}),
		"Its effect must be": breakSessions(func(s *sessions) {
			s.rotate = func(ctx context.Context, r port.Rotation) (port.RotationResult, error) {
				if err := hangsUp(ctx); err != nil {
					return port.RotationResult{}, err
				}
				return s.Sessions.Rotate(ctx, r)
			}
		}),
	})
}

func TestSessions_seesWhatIsBroken_inLists(t *testing.T) {
	t.Parallel()
	seesBreakers(t, sessionListPromises(), map[string]breaker{
		"Find must return the": breakSessions(func(s *sessions) {
			s.find = func(ctx context.Context, actor domain.Actor) (domain.Session, bool, error) {
				actor.UserID = 0
				return s.Sessions.Find(ctx, actor)
			}
		}),
		"OfUser must return all": breakSessions(func(s *sessions) {
			s.ofUser = func(ctx context.Context, actor domain.Actor) ([]domain.Session, error) {
				all, err := s.Sessions.OfUser(ctx, actor)
				slices.SortFunc(all, func(a, b domain.Session) int { return b.LastUsedAt.Compare(a.LastUsedAt) })
				return all, err
			}
		}),
		"It must return none": breakSessions(func(s *sessions) {
			s.ofUser = func(ctx context.Context, actor domain.Actor) ([]domain.Session, error) {
				actor.SessionID = strings.TrimSpace(actor.SessionID)
				return s.Sessions.OfUser(ctx, actor)
			}
		}),
		"End must end exactly": askEnd(func(_ *domain.Actor, which *port.SessionFilter) {
			if which.Only != "" {
				which.Except = ""
			}
		}),
		"It must find no": askEnd(func(actor *domain.Actor, _ *port.SessionFilter) {
			actor.SessionID = strings.TrimSpace(actor.SessionID)
		}),
		"The end must be durable": breakSessions(func(s *sessions) {
			s.end = func(ctx context.Context, actor domain.Actor, which port.SessionFilter) (int, bool, error) {
				if err := hangsUp(ctx); err != nil {
					return 0, false, err
				}
				return s.Sessions.End(ctx, actor, which)
			}
		}),
		"Purge must delete at":    askPurge(day),
		"Called until it deletes": askPurge(-2 * day),
	})
}
