package accounts_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/accounts"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

// testBundle has the ports of the use cases. A port that a test
// says nothing of must not be called.
type testBundle struct {
	accounts *mocks.Accounts
	phones   *mocks.PhoneNumbers
	clock    *fake.Clock
	random   *fake.Random
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	return &testBundle{mocks.NewAccounts(t), mocks.NewPhoneNumbers(t), fake.NewClock(), &fake.Random{}}
}

// ada is a user, named by her id.
var (
	ada = domain.User{ID: 7, UUID: "019cec37-b600-7000-8000-000000000007", Email: "ada@example.com", Username: "ada-k3x9"}
	ref = port.AccountRef{ID: 7}
)

func (b *testBundle) createSuperuser(t *testing.T, address string) (accounts.CreateSuperuserOut, error) {
	t.Helper()
	id, err := domain.ParseIdentifier(address)
	require.NoError(t, err)
	return accounts.NewCreateSuperuser(accounts.Ports{
		Accounts: b.accounts, PhoneNumbers: b.phones, Clock: b.clock, Random: b.random,
	}, "phone.example.com", false).
		Do(t.Context(), accounts.CreateSuperuserIn{Identifier: id})
}

func TestCreateSuperuser(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.phones.EXPECT().Check(mock.Anything).Return(nil)
	var asked port.Promotion
	b.accounts.EXPECT().Promote(mock.Anything, mock.Anything).
		Run(func(_ context.Context, p port.Promotion) { asked = p }).Return(ada, true, nil).Once()
	out, err := b.createSuperuser(t, "Ada@Example.com")
	require.NoError(t, err)
	require.Equal(t, accounts.CreateSuperuserOut{User: ada, IsNew: true}, out)
	require.Equal(t, "ada@example.com", asked.Identifier.Value())
	require.Equal(t, b.clock.Now(), asked.Now)
	require.Regexp(t, `^ada-[a-z2-7]{6}$`, asked.NewUser.Username)
	require.NotEmpty(t, asked.NewUser.UUID)
}

func TestCreateSuperuser_triesOtherNames(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.phones.EXPECT().Check(mock.Anything).Return(nil)
	tried := map[string]bool{}
	take := func(_ context.Context, p port.Promotion) { tried[p.NewUser.Username] = true }
	b.accounts.EXPECT().Promote(mock.Anything, mock.Anything).
		Run(take).Return(domain.User{}, false, port.ErrUsernameTaken).Times(3)
	b.accounts.EXPECT().Promote(mock.Anything, mock.Anything).Run(take).Return(ada, true, nil).Once()
	out, err := b.createSuperuser(t, "+15551234567")
	require.NoError(t, err)
	require.Equal(t, ada, out.User)
	require.Len(t, tried, 4)

	b.accounts.EXPECT().Promote(mock.Anything, mock.Anything).Return(domain.User{}, false, port.ErrUsernameTaken).Times(4)
	_, err = b.createSuperuser(t, "+15551234567")
	require.ErrorIs(t, err, domain.ErrUserCreation)
}

func TestCreateSuperuser_refuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.createSuperuser(t, "phone_15551234567@phone.example.com")
	require.ErrorIs(t, err, domain.ErrInvalidEmail, "a placeholder has no mailbox")
	_, err = b.createSuperuser(t, "root@intranet.local")
	require.ErrorIs(t, err, domain.ErrInvalidEmail, "no mail is delivered there")
	b.phones.EXPECT().Check(mock.Anything).Return(domain.ErrInvalidPhone).Once()
	_, err = b.createSuperuser(t, "+19005551234")
	require.ErrorIs(t, err, domain.ErrInvalidPhone, "no code is sent there")

	b.phones.EXPECT().Check(mock.Anything).Return(nil)
	b.accounts.EXPECT().Promote(mock.Anything, mock.Anything).Return(domain.User{}, false, domain.ErrUnavailable).Once()
	_, err = b.createSuperuser(t, "ada@example.com")
	require.ErrorIs(t, err, domain.ErrUnavailable)
}
