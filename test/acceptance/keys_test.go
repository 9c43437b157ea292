// Keys: what becomes of codes and tokens when the secret key is replaced.
package acceptance_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

const nextKey = "the key after it, which has 32 bytes or more"

// With the key before it, everything that was made with that one stays good; a
// code is sent again as it was.
func TestKeys_areReplaced(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		before := kit.Start(t, db, kit.Options{})
		eve := before.SignIn(t, "eve@example.com")
		asked := before.Request(t, "ada@example.com").Want(t, http.StatusOK)
		code := before.Code(t, "ada@example.com")
		before.Stop(t)
		after := kit.Start(t, db,
			kit.Options{Set: map[string]string{"secret_key": nextKey, "secret_key_previous": kit.SecretKey}})
		require.Equal(t, asked.Text("challenge_id"),
			after.Request(t, "ada@example.com").Want(t, http.StatusOK).Text("challenge_id"))
		require.Equal(t, code, after.Code(t, "ada@example.com"))
		ada := after.Verify(t, "ada@example.com", code).Session(t)
		after.Profile(t, ada.Access).Want(t, http.StatusOK)
		after.Profile(t, eve.Access).Want(t, http.StatusOK)
	})
}

// Without it no code can be verified. That is no wrong guess, and
// a client that asks again gets a code that can be verified.
func TestKeys_areLost(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		before := kit.Start(t, db, kit.Options{})
		eve := before.SignIn(t, "eve@example.com")
		asked := before.Request(t, "ada@example.com").Want(t, http.StatusOK)
		code := before.Code(t, "ada@example.com")
		before.Stop(t)
		lost := kit.Start(t, db, kit.Options{Set: map[string]string{"secret_key": nextKey}})
		for range 4 {
			lost.Verify(t, "ada@example.com", code).Refused(t, http.StatusServiceUnavailable, "unavailable")
		}
		require.Zero(t, db.Count(t, "SELECT attempts FROM otp_secrets WHERE recipient = 'ada@example.com'"))
		lost.Profile(t, eve.Access).Refused(t, http.StatusUnauthorized, "token_not_valid")
		again := lost.Request(t, "ada@example.com").Want(t, http.StatusOK)
		require.NotEqual(t, asked.Text("challenge_id"), again.Text("challenge_id"))
		require.Equal(t, 3, again.Number("attempts"))
		lost.Verify(t, "ada@example.com", lost.Code(t, "ada@example.com")).Want(t, http.StatusOK)
	})
}
