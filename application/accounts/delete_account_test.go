package accounts_test

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/accounts"
	"github.com/doorcode-auth/doorcode/domain"
)

func TestDeleteAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	uc := accounts.NewDeleteAccount(b.accounts)
	for _, r := range []struct {
		found     bool
		err, want error
	}{
		{found: true},
		{want: domain.ErrAccountNotFound},
		{err: domain.ErrUnavailable, want: domain.ErrUnavailable},
	} {
		b.accounts.EXPECT().Delete(mock.Anything, ref).Return(r.found, r.err).Once()
		_, err := uc.Do(t.Context(), accounts.DeleteAccountIn{Name: ref})
		require.ErrorIs(t, err, r.want)
	}
}
