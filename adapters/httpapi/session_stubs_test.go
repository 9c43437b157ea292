package httpapi_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// heldSession is a session that the store keeps, and whose it is.
type heldSession struct {
	domain.Session

	userUUID string
}

// hold keeps the session of a sign-in.
func (s *store) hold(in port.SignIn, user domain.User, channel domain.ChannelName) {
	s.sessions[in.Session.ID] = heldSession{domain.Session{
		ID: in.Session.ID, UserID: user.ID, Channel: channel, AMR: []string{"otp", string(channel)}, CreatedAt: in.Now,
		LastUsedAt: in.Now,
		UserAgent:  in.Session.UserAgent, Address: in.Session.Address,
	}, user.UUID}
}

// whoIs finds the user of an actor, if both they and their session stand.
func (s *store) whoIs(actor domain.Actor) (domain.User, bool) {
	if s.sessions[actor.SessionID].userUUID != actor.UserUUID {
		return domain.User{}, false
	}
	for _, user := range s.users {
		if user.UUID == actor.UserUUID {
			return user, user.IsActive
		}
	}
	return domain.User{}, false
}

// disable disables every user.
func (s *store) disable() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, user := range s.users {
		user.IsActive = false
		s.users[id] = user
	}
}

// fail makes every call fail, or none with nil.
func (s *store) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// sessionStore is the store as port.Sessions.
type sessionStore struct{ *store }

func (s sessionStore) Rotate(_ context.Context, r port.Rotation) (port.RotationResult, error) {
	leave, err := s.enter()
	defer leave()
	if err != nil {
		return port.RotationResult{}, err
	}
	if _, found := s.whoIs(domain.Actor{UserUUID: r.UserUUID, SessionID: r.SessionID}); !found {
		return port.RotationResult{Verdict: domain.RefreshEnded}, nil
	}
	held := s.sessions[r.SessionID]
	rotated := port.RotationResult{Verdict: r.Policy.Judge(held.Session, r.Generation, r.Now)}
	switch rotated.Verdict {
	case domain.RefreshCurrent:
		if r.Policy.Rotates {
			held.Generation++
		}
		held.LastUsedAt = r.Now
		s.sessions[r.SessionID], rotated.Session = held, held.Session
	case domain.RefreshRepeat:
		rotated.Session = held.Session
	case domain.RefreshReused:
		delete(s.sessions, r.SessionID)
	}
	return rotated, nil
}

func (s sessionStore) Find(_ context.Context, actor domain.Actor) (domain.Session, bool, error) {
	leave, err := s.enter()
	defer leave()
	if err != nil {
		return domain.Session{}, false, err
	}
	_, found := s.whoIs(actor)
	return s.sessions[actor.SessionID].Session, found, nil
}

func (s sessionStore) OfUser(_ context.Context, actor domain.Actor) (all []domain.Session, err error) {
	leave, err := s.enter()
	defer leave()
	if _, found := s.whoIs(actor); err != nil || !found {
		return nil, err
	}
	for _, held := range s.sessions {
		if held.userUUID == actor.UserUUID {
			all = append(all, held.Session)
		}
	}
	slices.SortFunc(all, func(a, b domain.Session) int { return cmp.Compare(b.ID, a.ID) })
	return all, nil
}

func (s sessionStore) End(_ context.Context, actor domain.Actor, which port.SessionFilter) (ended int, found bool,
	err error,
) {
	leave, err := s.enter()
	defer leave()
	if _, found := s.whoIs(actor); err != nil || !found {
		return 0, false, err
	}
	for id, held := range s.sessions {
		if held.userUUID == actor.UserUUID && id != which.Except && (which.Only == "" || which.Only == id) {
			delete(s.sessions, id)
			ended++
		}
	}
	return ended, true, nil
}

func (s sessionStore) Purge(context.Context, port.SessionPurge) (int, error) { return 0, nil }

// tokens are plain text here: the user, the session and, of a refresh token, which
// generation.
type tokens struct{}

func (tokens) SignAccess(c domain.AccessClaims) (string, error) {
	return "access." + c.UserUUID + "." + c.SessionID, nil
}

func (tokens) ParseAccess(token string) (domain.AccessClaims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || parts[0] != "access" {
		return domain.AccessClaims{}, domain.ErrTokenNotValid.Because(otherKind{})
	}
	return domain.AccessClaims{
		ID: "jti-" + parts[2], UserUUID: parts[1], SessionID: parts[2], IssuedAt: fake.Noon,
		ExpiresAt: fake.Noon.Add(time.Hour),
	}, nil
}

// otherKind is why a token is refused that is no access token.
type otherKind struct{}

func (otherKind) Error() string { return "not an access token" }

func (otherKind) Reason() string { return "wrong_type" }

func (tokens) KeySet() []byte { return []byte(`{"keys":[{"kty":"EC","kid":"a"}]}`) }

func (tokens) SignRefresh(c domain.RefreshClaims) (string, error) {
	return fmt.Sprintf("refresh.%s.%s.%d", c.UserUUID, c.SessionID, c.Generation), nil
}

func (tokens) ParseRefresh(token string) (domain.RefreshClaims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 4 || parts[0] != "refresh" {
		return domain.RefreshClaims{}, domain.ErrTokenNotValid.Because(otherKind{})
	}
	generation, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil {
		return domain.RefreshClaims{}, domain.ErrTokenNotValid
	}
	return domain.RefreshClaims{
		ID: "jti-" + parts[3], UserUUID: parts[1], SessionID: parts[2], Generation: generation,
		IssuedAt: fake.Noon, ExpiresAt: fake.Noon.Add(24 * time.Hour),
	}, nil
}
