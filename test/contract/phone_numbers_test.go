package contract

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/phonenumbers"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

func openPhoneNumbers(t testing.TB, countries ...string) port.PhoneNumbers {
	numbers, err := phonenumbers.New(phonenumbers.Config{Countries: countries})
	require.NoError(t, err)
	return numbers
}

type phoneNumbersFunc func(id domain.Identifier) error

func (f phoneNumbersFunc) Check(id domain.Identifier) error { return f(id) }

func TestPhoneNumbers_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	require.Empty(t, broken[OpenPhoneNumbers](openPhoneNumbers, phoneNumberPromises()))
	for name, row := range map[string]struct {
		breaks int
		spoil  func(id domain.Identifier, err error) error
	}{
		"premium rates of one country": {0, func(id domain.Identifier, err error) error {
			if strings.HasPrefix(id.Value(), "+44909") {
				return nil
			}
			return err
		}},
		"the calling code alone": {1, func(id domain.Identifier, err error) error {
			if strings.HasPrefix(id.Value(), "+1876") {
				return nil
			}
			return err
		}},
		"only numbers that are known": {2, func(id domain.Identifier, err error) error {
			if strings.HasPrefix(id.Value(), "+1555") {
				return domain.ErrInvalidPhone
			}
			return err
		}},
		"another refusal": {3, func(_ domain.Identifier, err error) error {
			if err != nil {
				return domain.ErrPermissionDenied
			}
			return nil
		}},
		"a refusal with the number": {3, func(id domain.Identifier, err error) error {
			if err != nil {
				return domain.ErrInvalidPhone.Because(fmt.Errorf("no %s here", id.Value()))
			}
			return nil
		}},
		"no addresses": {4, func(id domain.Identifier, err error) error {
			if id.Kind() == domain.KindEmail {
				return domain.ErrInvalidPhone
			}
			return err
		}},
	} {
		bad := func(t testing.TB, countries ...string) port.PhoneNumbers {
			good := openPhoneNumbers(t, countries...)
			return phoneNumbersFunc(func(id domain.Identifier) error { return row.spoil(id, good.Check(id)) })
		}
		require.Contains(t, broken[OpenPhoneNumbers](bad, phoneNumberPromises()), phoneNumberPromises()[row.breaks].says, name)
	}
}

func TestPhoneNumbers_seesWhatIsConfused(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	confused := func(t testing.TB, countries ...string) port.PhoneNumbers {
		good := openPhoneNumbers(t, countries...)
		return phoneNumbersFunc(func(id domain.Identifier) error {
			if calls.Add(1) > 500 {
				return nil
			}
			return good.Check(id)
		})
	}
	require.Contains(t, broken[OpenPhoneNumbers](confused, phoneNumberPromises()), phoneNumberPromises()[5].says)
}
