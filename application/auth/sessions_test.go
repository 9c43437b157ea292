package auth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

// sessionBundle is a session of Ada's, on generation 5, used a minute ago, and the
// tokens "access", "refresh" and "older" of it; "refresh of bob" is of another
// person, and others are no tokens.
type sessionBundle struct {
	*testBundle
	sessions *mocks.Sessions
	session  domain.Session
	policy   domain.SessionPolicy
}

const bob = "019cec37-b600-7000-8000-0000000000b0"

func withSession(t *testing.T) *sessionBundle {
	t.Helper()
	b := &sessionBundle{testBundle: setup(t), sessions: mocks.NewSessions(t), policy: policy}
	b.session = domain.Session{
		ID: "sid", UserID: 7, Channel: domain.ChannelSMS, AMR: []string{"otp", "sms"}, Generation: 5,
		CreatedAt: fake.Noon.Add(-time.Hour), LastUsedAt: fake.Noon.Add(-time.Minute),
	}
	b.access.EXPECT().ParseAccess(mock.Anything).RunAndReturn(func(token string) (domain.AccessClaims, error) {
		switch token {
		case "access":
			return domain.AccessClaims{ID: "jti", UserID: 7, UserUUID: ada().UUID, SessionID: "sid"}, nil
		case "access of bob":
			return domain.AccessClaims{UserUUID: bob, SessionID: "sid of bob"}, nil
		default:
			return domain.AccessClaims{}, domain.ErrTokenNotValid
		}
	}).Maybe()
	generations := map[string]int64{"refresh": 5, "before": 4, "older": 3, "to come": 6}
	b.refresh.EXPECT().ParseRefresh(mock.Anything).RunAndReturn(func(token string) (domain.RefreshClaims, error) {
		generation, ours := generations[token]
		if !ours {
			return domain.RefreshClaims{}, domain.ErrTokenNotValid
		}
		return domain.RefreshClaims{UserUUID: ada().UUID, SessionID: "sid", Generation: generation}, nil
	}).Maybe()
	return b
}

func actorOf(token string) domain.Actor {
	actor := domain.Actor{UserUUID: ada().UUID, SessionID: "sid"}
	if token == "access" {
		actor.UserID = 7
	}
	return actor
}

// finds makes the store find the session of a token.
func (b *sessionBundle) finds(token string, found bool, err error) {
	b.sessions.EXPECT().Find(mock.Anything, actorOf(token)).Return(b.session, found, err).Once()
}

// ends makes the store end sessions, of the actor of a token.
func (b *sessionBundle) ends(token string, which port.SessionFilter, ended int, found bool, err error) {
	b.sessions.EXPECT().End(mock.Anything, actorOf(token), which).Return(ended, found, err).Once()
}

func (b *sessionBundle) ports() auth.Ports {
	ports := b.testBundle.ports()
	ports.Sessions = b.sessions
	return ports
}

func (b *sessionBundle) refreshSession() *auth.RefreshSession {
	return auth.NewRefreshSession(b.ports(), b.notices, b.policy)
}

// rotates makes the store judge a rotation so.
func (b *sessionBundle) rotates(verdict domain.RefreshVerdict, err error) *port.Rotation {
	var kept port.Rotation
	b.sessions.EXPECT().Rotate(mock.Anything, mock.Anything).
		RunAndReturn(func(_ context.Context, r port.Rotation) (port.RotationResult, error) {
			kept = r
			return port.RotationResult{Verdict: verdict, Session: b.session}, err
		}).Once()
	return &kept
}

func TestRefreshSession(t *testing.T) {
	t.Parallel()
	for _, verdict := range []domain.RefreshVerdict{domain.RefreshCurrent, domain.RefreshRepeat} {
		b := withSession(t)
		rotation := b.rotates(verdict, nil)
		access, refresh := b.signsTokens()
		out, err := b.refreshSession().Do(t.Context(), auth.RefreshSessionIn{Token: "refresh"})
		require.NoError(t, err)
		require.Equal(t, port.Rotation{
			SessionID: "sid", UserUUID: ada().UUID, Generation: 5, Policy: policy,
			Now: fake.Noon,
		}, *rotation)
		require.Equal(t, policy.AccessClaims(b.session, ada().UUID, fake.Noon), *access)
		require.Equal(t, policy.RefreshClaims(b.session, ada().UUID), *refresh)
		require.Equal(t, auth.RefreshSessionOut{
			Actor: actorOf("refresh"), Verdict: verdict,
			Tokens: auth.TokenPair{
				Access: "access", AccessExpiresIn: time.Hour, Refresh: "refresh",
				RefreshExpiresIn: 24*time.Hour - time.Minute,
			},
		}, out)
	}
}

func TestRefreshSession_withoutRotation(t *testing.T) {
	t.Parallel()
	b := withSession(t)
	b.policy.Rotates = false
	b.rotates(domain.RefreshCurrent, nil)
	b.access.EXPECT().SignAccess(mock.Anything).Return("access", nil).Once()
	out, err := b.refreshSession().Do(t.Context(), auth.RefreshSessionIn{Token: "refresh"})
	require.NoError(t, err)
	require.Equal(t, auth.TokenPair{Access: "access", AccessExpiresIn: time.Hour}, out.Tokens,
		"the one that the client has stays good")
}

func TestRefreshSession_refuses(t *testing.T) {
	t.Parallel()
	b := withSession(t)
	for _, token := range []string{"", "access", "nonsense"} {
		out, err := b.refreshSession().Do(t.Context(), auth.RefreshSessionIn{Token: token})
		require.ErrorIs(t, err, domain.ErrTokenNotValid)
		require.Zero(t, out)
	}
	for _, verdict := range []domain.RefreshVerdict{domain.RefreshReused, domain.RefreshEnded, "", "invented"} {
		b.rotates(verdict, nil)
		out, err := b.refreshSession().Do(t.Context(), auth.RefreshSessionIn{Token: "older"})
		require.ErrorIs(t, err, domain.ErrTokenNotValid)
		require.Equal(t, auth.RefreshSessionOut{Actor: actorOf("refresh"), Verdict: verdict}, out)
		var why interface{ Reason() string }
		require.ErrorAs(t, err, &why)
		require.Equal(t, string(verdict), why.Reason())
		require.ErrorContains(t, err, "the refresh token is "+string(verdict))
	}
	away := errors.New("the store is away")
	b.rotates(domain.RefreshCurrent, away)
	out, err := b.refreshSession().Do(t.Context(), auth.RefreshSessionIn{Token: "refresh"})
	require.ErrorIs(t, err, away)
	require.Zero(t, out.Tokens)
}

func TestRefreshSession_unsigned(t *testing.T) {
	t.Parallel()
	b := withSession(t)
	noKey := errors.New("no key")
	b.rotates(domain.RefreshCurrent, nil)
	b.access.EXPECT().SignAccess(mock.Anything).Return("", noKey).Once()
	_, err := b.refreshSession().Do(t.Context(), auth.RefreshSessionIn{Token: "refresh"})
	require.ErrorIs(t, err, noKey)
}

func TestVerifyToken(t *testing.T) {
	t.Parallel()
	away := errors.New("the store is away")
	for _, test := range []struct {
		name, token string
		looked      bool
		found       bool
		fault, want error
	}{
		{"an access token", "access", true, true, nil, nil},
		{"an access token of a session that has ended", "access", true, false, nil, domain.ErrTokenNotValid},
		{"the refresh token", "refresh", true, true, nil, nil},
		{"the one before, which is replaced", "before", true, true, nil, domain.ErrTokenNotValid},
		{"an older one of a live session", "older", true, true, nil, domain.ErrTokenNotValid},
		{"one that is to come", "to come", true, true, nil, domain.ErrTokenNotValid},
		{"a refresh token of a session that has ended", "refresh", true, false, nil, domain.ErrTokenNotValid},
		{"no token", "nonsense", false, false, nil, domain.ErrTokenNotValid},
		{"unavailable", "access", true, false, away, away},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := withSession(t)
			b.session.LastUsedAt = fake.Noon
			if test.looked {
				b.finds(test.token, test.found, test.fault)
			}
			out, err := auth.NewVerifyToken(b.ports(), b.policy).Do(t.Context(), auth.VerifyTokenIn{Token: test.token})
			if test.want != nil {
				require.ErrorIs(t, err, test.want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, b.session, out.Token.Session)
			require.Equal(t, actorOf(test.token), out.Token.Actor())
		})
	}
}

func TestLogOut(t *testing.T) {
	t.Parallel()
	one, all, others := port.SessionFilter{Only: "sid"}, port.SessionFilter{}, port.SessionFilter{Except: "sid"}
	for _, test := range []struct {
		name            string
		access, refresh string
		scope           auth.LogOutScope
		which           *port.SessionFilter // that are ended; nil for none
		want            error
	}{
		{"by an access token", "access", "", auth.LogOutLocal, &one, nil},
		{"everywhere", "access", "", auth.LogOutGlobal, &all, nil},
		{"everywhere else", "access", "", auth.LogOutOthers, &others, nil},
		{"by a refresh token", "", "refresh", auth.LogOutLocal, &one, nil},
		{"by both", "access", "refresh", auth.LogOutGlobal, &all, nil},
		{"by a refresh token and an access token that is over", "expired", "refresh", auth.LogOutLocal, &one, nil},
		{"by the refresh token before, after a lost answer", "", "before", auth.LogOutGlobal, &all, nil},
		{"by nothing", "", "", auth.LogOutLocal, nil, domain.ErrNotAuthenticated},
		{"by no access token", "nonsense", "", auth.LogOutLocal, nil, domain.ErrTokenNotValid},
		{"by no refresh token, beside an access token", "access", "nonsense", auth.LogOutLocal, nil, domain.ErrTokenNotValid},
		{"by an access token as refresh token", "", "access", auth.LogOutLocal, nil, domain.ErrTokenNotValid},
		{"by two people", "access of bob", "refresh", auth.LogOutLocal, nil, domain.ErrTokenNotValid},
		{"of nothing that we know", "access", "", "planet", nil, domain.ErrInvalidScope},
		{"of nothing", "access", "", "", nil, domain.ErrInvalidScope},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := withSession(t)
			b.session.LastUsedAt = fake.Noon
			if test.which != nil {
				token := "access"
				if test.refresh != "" {
					token = test.refresh
					b.finds(test.refresh, true, nil)
				}
				b.ends(token, *test.which, 3, true, nil)
			}
			out, err := b.logOut().Do(t.Context(), auth.LogOutIn{Access: test.access, Refresh: test.refresh, Scope: test.scope})
			if test.want != nil {
				require.ErrorIs(t, err, test.want)
				require.Zero(t, out.Ended)
				return
			}
			require.NoError(t, err)
			require.Equal(t, 3, out.Ended)
			require.Equal(t, ada().UUID, out.Actor.UserUUID)
		})
	}
}

func (b *sessionBundle) logOut() *auth.LogOut {
	return auth.NewLogOut(b.ports(), b.policy)
}

// Who has an old token may not log the person out everywhere, but has shown that
// the session is in two hands.
func TestLogOut_byAReusedTokenEndsItsSessionAlone(t *testing.T) {
	t.Parallel()
	b := withSession(t)
	b.finds("older", true, nil)
	b.ends("older", port.SessionFilter{Only: "sid"}, 1, true, nil)
	_, err := b.logOut().Do(t.Context(), auth.LogOutIn{Refresh: "older", Scope: auth.LogOutGlobal})
	require.ErrorIs(t, err, domain.ErrTokenNotValid)

	away := errors.New("the store is away")
	b.finds("older", true, nil)
	b.ends("older", port.SessionFilter{Only: "sid"}, 0, false, away)
	_, err = b.logOut().Do(t.Context(), auth.LogOutIn{Refresh: "older", Scope: auth.LogOutLocal})
	require.ErrorIs(t, err, away)

	b.finds("to come", true, nil)
	_, err = b.logOut().Do(t.Context(), auth.LogOutIn{Refresh: "to come", Scope: auth.LogOutLocal})
	require.ErrorIs(t, err, domain.ErrTokenNotValid)
}

func TestLogOut_ofWhatIsGone(t *testing.T) {
	t.Parallel()
	b := withSession(t)
	one := port.SessionFilter{Only: "sid"}
	b.ends("access", one, 0, false, nil)
	_, err := b.logOut().Do(t.Context(), auth.LogOutIn{Access: "access", Scope: auth.LogOutLocal})
	require.ErrorIs(t, err, domain.ErrTokenNotValid)
	b.finds("refresh", false, nil)
	_, err = b.logOut().Do(t.Context(), auth.LogOutIn{Refresh: "refresh", Scope: auth.LogOutLocal})
	require.ErrorIs(t, err, domain.ErrTokenNotValid)

	away := errors.New("the store is away")
	b.ends("access", one, 0, false, away)
	_, err = b.logOut().Do(t.Context(), auth.LogOutIn{Access: "access", Scope: auth.LogOutLocal})
	require.ErrorIs(t, err, away, "what could not be done is no success")
}

func TestListSessions(t *testing.T) {
	t.Parallel()
	b := withSession(t)
	idle, old := b.session, b.session
	idle.ID, idle.LastUsedAt = "idle", fake.Noon.Add(-25*time.Hour)
	old.ID, old.CreatedAt = "old", fake.Noon.Add(-90*24*time.Hour)
	actor := actorOf("access")
	b.sessions.EXPECT().OfUser(mock.Anything, actor).Return([]domain.Session{idle, b.session, old}, nil).Once()
	list := auth.NewListSessions(b.sessions, b.clock, b.policy)
	out, err := list.Do(t.Context(), auth.ListSessionsIn{Actor: actor})
	require.NoError(t, err)
	require.Equal(t, []domain.Session{b.session}, out.Sessions, "only those that can be used")

	b.sessions.EXPECT().OfUser(mock.Anything, actor).Return(nil, nil).Once()
	_, err = list.Do(t.Context(), auth.ListSessionsIn{Actor: actor})
	require.ErrorIs(t, err, domain.ErrTokenNotValid)
	away := errors.New("the store is away")
	b.sessions.EXPECT().OfUser(mock.Anything, actor).Return(nil, away).Once()
	_, err = list.Do(t.Context(), auth.ListSessionsIn{Actor: actor})
	require.ErrorIs(t, err, away)
}

func TestEndSession(t *testing.T) {
	t.Parallel()
	away := errors.New("the store is away")
	for _, test := range []struct {
		name, id string
		ended    int
		found    bool
		fault    error
		want     error
	}{
		{"of one's own", "another", 1, true, nil, nil},
		{"of a stranger", "another", 0, true, nil, domain.ErrSessionNotFound},
		{"by an ended session", "another", 0, false, nil, domain.ErrTokenNotValid},
		{"in vain", "another", 0, false, away, away},
	} {
		b := withSession(t)
		b.ends("access", port.SessionFilter{Only: test.id}, test.ended, test.found, test.fault)
		_, err := auth.NewEndSession(b.sessions).Do(t.Context(),
			auth.EndSessionIn{Actor: actorOf("access"), SessionID: test.id})
		require.ErrorIs(t, err, test.want, test.name)
	}
	_, err := auth.NewEndSession(mocks.NewSessions(t)).Do(t.Context(), auth.EndSessionIn{Actor: actorOf("access")})
	require.ErrorIs(t, err, domain.ErrSessionNotFound, "no id must not mean all")
}
