package contract

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// deliveries are good ones, until a test breaks a method.
type deliveries struct {
	record      func(ctx context.Context, list []domain.Delivery) error
	ofChallenge func(ctx context.Context, id domain.ChallengeID) ([]domain.Delivery, error)
	purge       func(ctx context.Context, before time.Time, limit int) (int, error)
}

func (s deliveries) Record(ctx context.Context, list []domain.Delivery) error {
	return s.record(ctx, list)
}

func (s deliveries) OfChallenge(ctx context.Context, id domain.ChallengeID) ([]domain.Delivery, error) {
	return s.ofChallenge(ctx, id)
}

func (s deliveries) Purge(ctx context.Context, before time.Time, limit int) (int, error) {
	return s.purge(ctx, before, limit)
}

func breakDeliveries(spoil func(s *deliveries, good port.Deliveries)) breaker {
	return func(s *Stores) {
		good := s.Deliveries
		bad := &deliveries{good.Record, good.OfChallenge, good.Purge}
		spoil(bad, good)
		s.Deliveries = bad
	}
}

func TestDeliveries_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	seesBreakers(t, deliveryPromises(), map[string]breaker{
		"Record must store": breakDeliveries(func(s *deliveries, good port.Deliveries) { // one after the other
			s.record = func(ctx context.Context, list []domain.Delivery) error {
				for _, d := range list {
					if err := good.Record(ctx, []domain.Delivery{d}); err != nil {
						return err
					}
				}
				return nil
			}
		}),
		"A delivery must only ever": breakDeliveries(func(s *deliveries, good port.Deliveries) {
			s.record = func(ctx context.Context, list []domain.Delivery) error {
				list = slices.Clone(list)
				for i := range list {
					if list[i].Status == domain.DeliveryDelivered {
						list[i].Status = domain.DeliveryRead
					}
				}
				return good.Record(ctx, list)
			}
		}),
		"OfChallenge must return": breakDeliveries(func(s *deliveries, good port.Deliveries) {
			s.ofChallenge = func(ctx context.Context, id domain.ChallengeID) ([]domain.Delivery, error) {
				list, err := good.OfChallenge(ctx, id)
				slices.Reverse(list)
				return list, err
			}
		}),
		"Purge must remove at most": breakDeliveries(func(s *deliveries, good port.Deliveries) {
			s.purge = func(ctx context.Context, before time.Time, limit int) (int, error) {
				return good.Purge(ctx, before.Add(time.Millisecond), limit)
			}
		}),
		"Called until it removes": breakDeliveries(func(s *deliveries, good port.Deliveries) {
			s.purge = func(ctx context.Context, before time.Time, limit int) (int, error) {
				n, err := good.Purge(ctx, before, limit)
				return n / limit * limit, err
			}
		}),
	})
}
