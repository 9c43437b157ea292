package auth_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var (
	known  = auth.NewServices(map[string]string{"orders": "the secret of orders", "billing": "the secret of billing"})
	orders = auth.ServiceCredential{Name: "orders", Secret: "the secret of orders"}
)

func TestServices(t *testing.T) {
	t.Parallel()
	require.True(t, known.Authenticate(orders))
	for _, c := range []auth.ServiceCredential{
		{},
		{Name: "orders"},
		{Name: "orders", Secret: "the secret of billing"},
		{Name: "shipping", Secret: "the secret of orders"},
		{Name: "Orders", Secret: "the secret of orders"},
		{Secret: "the secret of orders"},
		{Name: "orders", Secret: "the secret of orders "},
	} {
		require.False(t, known.Authenticate(c), "%+v", c)
	}
	require.False(t, auth.Services{}.Authenticate(auth.ServiceCredential{}), "no service is known by nothing")
	require.False(t, auth.NewServices(nil).Authenticate(orders))
}

func TestIntrospectToken(t *testing.T) {
	t.Parallel()
	b := withSession(t)
	introspect := auth.NewIntrospectToken(known, auth.NewVerifyToken(b.ports(), b.policy))
	for _, token := range []string{"access", "refresh"} {
		b.finds(token, true, nil)
		out, err := introspect.Do(t.Context(), auth.IntrospectTokenIn{Service: orders, Token: token})
		require.NoError(t, err)
		require.True(t, out.Active)
		require.Equal(t, b.session, out.Token.Session)
		require.Equal(t, token, string(out.Token.Kind))
	}
	b.finds("access", false, nil)
	for _, token := range []string{"access", "nonsense"} {
		out, err := introspect.Do(t.Context(), auth.IntrospectTokenIn{Service: orders, Token: token})
		require.NoError(t, err)
		require.Zero(t, out, "of a token that is not good nothing is told")
	}
	_, err := introspect.Do(t.Context(),
		auth.IntrospectTokenIn{Service: auth.ServiceCredential{Name: "orders"}, Token: "access"})
	require.ErrorIs(t, err, domain.ErrInvalidClient)
	away := errors.New("the store is away")
	b.finds("access", false, away)
	_, err = introspect.Do(t.Context(), auth.IntrospectTokenIn{Service: orders, Token: "access"})
	require.ErrorIs(t, err, away, "unavailable is not inactive")
}

func TestRevokeToken(t *testing.T) {
	t.Parallel()
	b := withSession(t)
	one := port.SessionFilter{Only: "sid"}
	revoke := auth.NewRevokeToken(known, b.ports())
	for _, token := range []string{"access", "refresh", "older"} {
		b.ends(token, one, 1, true, nil)
		out, err := revoke.Do(t.Context(), auth.RevokeTokenIn{Service: orders, Token: token})
		require.NoError(t, err)
		require.Equal(t, auth.RevokeTokenOut{Actor: actorOf(token), Ended: true}, out)
	}
	b.ends("access", one, 0, false, nil)
	out, err := revoke.Do(t.Context(), auth.RevokeTokenIn{Service: orders, Token: "access"})
	require.NoError(t, err, "it is revoked already")
	require.False(t, out.Ended)
	out, err = revoke.Do(t.Context(), auth.RevokeTokenIn{Service: orders, Token: "nonsense"})
	require.NoError(t, err)
	require.Zero(t, out)
	_, err = revoke.Do(t.Context(), auth.RevokeTokenIn{Token: "access"})
	require.ErrorIs(t, err, domain.ErrInvalidClient)
	away := errors.New("the store is away")
	b.ends("access", one, 0, false, away)
	_, err = revoke.Do(t.Context(), auth.RevokeTokenIn{Service: orders, Token: "access"})
	require.ErrorIs(t, err, away)
}
