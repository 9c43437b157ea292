package contract

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// deliveries are good ones, until a test breaks a method.
type deliveries struct {
	record      func(ctx context.Context, list []domain.Delivery) error
	report      func(ctx context.Context, list []domain.DeliveryReport) error
	ofChallenge func(ctx context.Context, id domain.ChallengeID) ([]domain.Delivery, error)
	purge       func(ctx context.Context, before time.Time, limit int) (int, error)
}

func (s deliveries) Record(ctx context.Context, list []domain.Delivery) error {
	return s.record(ctx, list)
}

func (s deliveries) Report(ctx context.Context, list []domain.DeliveryReport) error {
	return s.report(ctx, list)
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
		bad := &deliveries{good.Record, good.Report, good.OfChallenge, good.Purge}
		spoil(bad, good)
		s.Deliveries = bad
	}
}

func TestDeliveries_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	breakers := reportBreakers()
	maps.Copy(breakers, map[string]breaker{
		"Record must insert or": breakDeliveries(func(s *deliveries, good port.Deliveries) { // one after the other
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
		"Purge must delete at most": breakDeliveries(func(s *deliveries, good port.Deliveries) {
			s.purge = func(ctx context.Context, before time.Time, limit int) (int, error) {
				return good.Purge(ctx, before.Add(time.Millisecond), limit)
			}
		}),
		"Called until it deletes": breakDeliveries(func(s *deliveries, good port.Deliveries) {
			s.purge = func(ctx context.Context, before time.Time, limit int) (int, error) {
				n, err := good.Purge(ctx, before, limit)
				return n / limit * limit, err
			}
		}),
	})
	seesBreakers(t, deliveryPromises(), breakers)
}

// reportBreakers break what is promised of reports.
func reportBreakers() map[string]breaker {
	return map[string]breaker{
		// forgets it once there was a report
		"The outcome of a send must": breakDeliveries(func(s *deliveries, good port.Deliveries) {
			s.record = func(ctx context.Context, list []domain.Delivery) error {
				list = slices.DeleteFunc(slices.Clone(list), func(d domain.Delivery) bool {
					there, _ := good.OfChallenge(ctx, d.ChallengeID)
					return len(there) > 0 && there[0].Status.Progress() >= d.Status.Progress()
				})
				return good.Record(ctx, list)
			}
		}),
		// and those that are not there, too
		"Report must update exactly": breakDeliveries(func(s *deliveries, good port.Deliveries) {
			s.report = func(ctx context.Context, list []domain.DeliveryReport) error {
				for _, r := range list {
					if there, err := good.OfChallenge(ctx, r.ChallengeID); err != nil || len(there) > 0 || r.DeliveryID == "" {
						continue
					}
					_ = good.Record(ctx, []domain.Delivery{{
						ChallengeID: r.ChallengeID, ID: r.DeliveryID, Status: r.Status,
						CreatedAt: r.At, UpdatedAt: r.At,
					}})
				}
				return good.Report(ctx, list)
			}
		}),
		"It must fill in": breakDeliveries(func(s *deliveries, good port.Deliveries) { // only with progress
			s.report = func(ctx context.Context, list []domain.DeliveryReport) error {
				list = slices.DeleteFunc(slices.Clone(list), func(r domain.DeliveryReport) bool {
					there, _ := good.OfChallenge(ctx, r.ChallengeID)
					return len(there) > 0 && there[0].Status.Progress() >= r.Status.Progress()
				})
				return good.Report(ctx, list)
			}
		}),
		"An error code must": breakDeliveries(func(s *deliveries, good port.Deliveries) { // and from the furthest alone
			s.report = func(ctx context.Context, list []domain.DeliveryReport) error {
				list = slices.Clone(list)
				for i := range list {
					if list[i].Status != domain.DeliveryRead {
						list[i].ErrorCode = ""
					}
				}
				return good.Report(ctx, list)
			}
		}),
	}
}
