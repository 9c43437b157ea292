package delivery

import (
	"context"
	"slices"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// How many reports one commit takes, and how old what a report tells may be: what
// claims to be older, or to come, is as of now.
const (
	reportBatch  = 500
	maxReportAge = 7 * 24 * time.Hour
)

// Readers are the providers whose reports can be read, by their names.
type Readers map[string]port.DeliveryReports

// ReceiveReports notes what a provider tells of messages later.
type ReceiveReports struct {
	readers    Readers
	deliveries port.Deliveries
	clock      port.Clock
}

// NewReceiveReports makes the use case.
func NewReceiveReports(readers Readers, deliveries port.Deliveries, clock port.Clock) *ReceiveReports {
	return &ReceiveReports{readers, deliveries, clock}
}

// ReceiveReportsIn is a call of a provider, whose time is left to the use case.
type ReceiveReportsIn struct {
	Provider string
	Call     port.WebhookCall
}

// ReceiveReportsOut is how many reports of messages were in the call. Those that were
// known already, or name what is not there, are among them.
type ReceiveReportsOut struct{ Reports int }

// Do notes what a call tells. It fails with not_found where the provider reports
// nothing, and with permission_denied unless the call is the provider's own. What it
// could not write comes again: providers repeat a call that fails, and what is known
// changes nothing.
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
		reports[i] = cleaned(r, in.Call.Now)
	}
	for batch := range slices.Chunk(reports, reportBatch) {
		if err := uc.deliveries.Report(ctx, batch); err != nil {
			return ReceiveReportsOut{}, err
		}
	}
	return ReceiveReportsOut{Reports: len(reports)}, nil
}

// cleaned is a report that every store can keep.
func cleaned(r domain.DeliveryReport, now time.Time) domain.DeliveryReport {
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
