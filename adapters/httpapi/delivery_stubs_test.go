package httpapi_test

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

const (
	someChallenge = "019cec37-b600-7000-8000-00000000000c"
	someDelivery  = "019cec37-b600-7000-9000-00000000000d"
)

// deliveryStore keeps deliveries in memory, and fails or panics when a test wants it
// to.
type deliveryStore struct {
	mu     sync.Mutex
	list   []domain.Delivery
	looked int
	err    error
	panics bool
}

// put puts a delivery there.
func (s *deliveryStore) put(status domain.DeliveryStatus, change ...func(*domain.Delivery)) {
	d := domain.Delivery{
		ChallengeID: someChallenge, ID: someDelivery, Channel: domain.ChannelSMS, Provider: "twilio", Recipient: "***4567",
		Status: status, CreatedAt: fake.Noon, UpdatedAt: fake.Noon,
	}
	for _, c := range change {
		c(&d)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, d)
}

func (s *deliveryStore) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *deliveryStore) Record(context.Context, []domain.Delivery) error { return nil }

func (s *deliveryStore) Report(_ context.Context, reports []domain.DeliveryReport) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, d := range s.list {
		for _, r := range reports {
			if r.ChallengeID == d.ChallengeID && r.DeliveryID == d.ID && r.Status.Progress() > d.Status.Progress() {
				s.list[i].Status, s.list[i].ErrorCode = r.Status, r.ErrorCode
			}
		}
	}
	return s.err
}

func (s *deliveryStore) OfChallenge(_ context.Context, id domain.ChallengeID) (list []domain.Delivery, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked++
	if s.panics {
		panic("boom")
	}
	for _, d := range s.list {
		if d.ChallengeID == id {
			list = append(list, d)
		}
	}
	return list, s.err
}

func (s *deliveryStore) looks() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.looked
}

func (s *deliveryStore) Purge(context.Context, time.Time, int) (int, error) { return 0, nil }

// reader believes calls with the header X-Signature: good. Their body is the status.
type reader struct {
	mu   sync.Mutex
	last port.WebhookCall
}

func (r *reader) ReadReports(call port.WebhookCall) ([]domain.DeliveryReport, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = call
	if call.Header("X-Signature") != "good" {
		return nil, domain.ErrPermissionDenied
	}
	status := domain.DeliveryStatus(strings.TrimSpace(string(call.Body)))
	return []domain.DeliveryReport{{ChallengeID: someChallenge, DeliveryID: someDelivery, Status: status}}, nil
}

func (r *reader) heard() port.WebhookCall {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

func (w *world) readers() delivery.Readers {
	return delivery.Readers{"sendgrid": w.reader, "twilio": w.reader}
}

// panic makes every look panic, or not.
func (s *deliveryStore) panic(panics bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.panics = panics
}

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}
