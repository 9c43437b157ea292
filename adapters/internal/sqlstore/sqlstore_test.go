package sqlstore

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

func TestFirstUUID_separatesTheMilliseconds(t *testing.T) {
	t.Parallel()
	random := &fake.Random{}
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(1_000_000, 1<<55).Draw(t, "at"))
		first := FirstUUID(at)
		require.True(t, domain.IsUUID(first), first)
		require.Less(t, first, random.UUID(at))
		require.Less(t, random.UUID(at.Add(-time.Millisecond)), first)
	})
	require.Equal(t, "00000000-0000-7000-8000-000000000000", FirstUUID(time.Time{}))
}

func TestTime_scansTheColumnsOfBothDialects(t *testing.T) {
	t.Parallel()
	at := fake.Noon.Add(123_456 * time.Microsecond)
	for column, want := range map[any]time.Time{
		at.UnixMicro():                      at,
		at.In(time.FixedZone("CET", 3600)):  at,
		at:                                  at,
		any(nil):                            {},
		fake.Noon.Add(-1 << 50).UnixMicro(): fake.Noon.Add(-1 << 50).Truncate(time.Microsecond),
	} {
		got := Time{fake.Noon}
		require.NoError(t, got.Scan(column))
		require.Equal(t, want, got.Time)
	}
	for _, none := range []any{"2026-03-14", []byte("2026-03-14"), "infinity", 1.5} {
		require.Error(t, new(Time).Scan(none))
	}
}

// Every stored time can be written as JSON.
func TestTime_isRepresentable(t *testing.T) {
	t.Parallel()
	for _, column := range []any{
		time.Date(200_000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-43, 3, 15, 0, 0, 0, 0, time.UTC),
		int64(1<<63 - 1), int64(-1 << 63),
		time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -3600)), []byte("infinity"), []byte("-infinity"),
	} {
		var got Time
		require.NoError(t, got.Scan(column))
		_, err := got.MarshalJSON()
		require.NoError(t, err, column)
		require.NotContains(t, got.Format(time.RFC3339), "-0001")
	}
}

func TestFurthest(t *testing.T) {
	t.Parallel()
	report := func(challenge, id string, status domain.DeliveryStatus, message string) domain.Delivery {
		return domain.Delivery{ChallengeID: domain.ChallengeID(challenge), ID: id, Status: status, MessageID: message}
	}
	given := []domain.Delivery{
		report("b", "1", domain.DeliverySent, "first"), report("a", "2", domain.DeliveryQueued, ""),
		report("b", "1", domain.DeliverySent, "second"), report("a", "2", domain.DeliveryRead, ""),
		report("a", "1", domain.DeliveryFailed, ""), report("a", "2", domain.DeliveryDelivered, ""),
	}
	want := []domain.Delivery{
		report("a", "1", domain.DeliveryFailed, ""), report("a", "2", domain.DeliveryRead, ""),
		report("b", "1", domain.DeliverySent, "first"),
	}
	untouched := append([]domain.Delivery(nil), given...)
	require.Equal(t, want, Furthest(given))
	require.Equal(t, untouched, given)
}

func TestToDomain_refusesInvalidRows(t *testing.T) {
	t.Parallel()
	good := OTPSecret{Recipient: "ada@example.com", OTPParts: OTPParts{Epoch: make([]byte, 4), Seed: make([]byte, 16)}}
	_, err := good.ToDomain()
	require.NoError(t, err)
	for _, spoil := range []func(*OTPSecret){
		func(r *OTPSecret) { r.Recipient = "no address" },
		func(r *OTPSecret) { r.Epoch = nil },
		func(r *OTPSecret) { r.Seed = make([]byte, 17) },
	} {
		row := good
		spoil(&row)
		_, err := row.ToDomain()
		require.Error(t, err)
	}
}

func TestMigrations_latest(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"migrations/00009_a.sql": {}, "migrations/00010_b.sql": {}, "migrations/00002_c.sql": {}, "migrations/doc.go": {},
	}
	latest, err := Migrations{Files: files}.Latest()
	require.NoError(t, err)
	require.EqualValues(t, 10, latest)
	_, err = Migrations{Files: fstest.MapFS{}}.Latest()
	require.Error(t, err)
}
