package delivery

import (
	"context"
	"slices"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

const (
	reportBatch  = 500                // reports in one commit
	maxReportAge = 7 * 24 * time.Hour // an older time, or a future one, counts as now
)

// Readers are the report readers of providers, by the providers' names.
type Readers map[string]port.DeliveryReports

// ReceiveReports stores the delivery reports of a provider.
type ReceiveReports struct {
	readers    Readers
	deliveries port.Deliveries
	clock      port.Clock
}

// NewReceiveReports makes the use case.
func NewReceiveReports(readers Readers, deliveries port.Deliveries, clock port.Clock) *ReceiveReports {
	return &ReceiveReports{readers, deliveries, clock}
}

// ReceiveReportsIn is a webhook call. The use case sets its time.
type ReceiveReportsIn struct {
	Provider string
	Call     port.WebhookCall
}

// ReceiveReportsOut counts the reports in the call, repeated and unknown ones too.
type ReceiveReportsOut struct{ Reports int }

// Do fails with not_found for a provider without reports, and with permission_denied
// unless the provider has signed the call. Providers repeat a call that fails, and
// repeated reports change nothing.
func (uc *ReceiveReports) Do(ctx context.Context, in ReceiveReportsIn) (ReceiveReportsOut, error) {
	reader, ok := uc.readers[in.Provider]
	if !ok {
		return ReceiveReportsOut{}, domain.ErrDeliveryNotFound
	}
	in.Call.Now = uc.clock.Now()
	reports, err := reader.ReadReports(in.Call)
	if err != nil {
		return ReceiveReportsOut{}, err
	}
	for i, r := range reports {
		reports[i] = sanitize(r, in.Call.Now)
	}
	for batch := range slices.Chunk(reports, reportBatch) {
		if err := uc.deliveries.Report(ctx, batch); err != nil {
			return ReceiveReportsOut{}, err
		}
	}
	return ReceiveReportsOut{Reports: len(reports)}, nil
}

// sanitize makes a report that every store can keep.
func sanitize(r domain.DeliveryReport, now time.Time) domain.DeliveryReport {
	for _, text := range []*string{&r.MessageID, &r.ErrorCode, &r.Price} {
		if !storable(*text) {
			*text = ""
		}
	}
	if r.At.After(now) || now.Sub(r.At) > maxReportAge {
		r.At = now
	}
	r.At = r.At.UTC().Truncate(time.Microsecond)
	return r
}
