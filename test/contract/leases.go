package contract

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
)

// Leases proves the contract of port.Leases.
func Leases(t *testing.T, open OpenStores) {
	t.Helper()
	prove(t, open, leasePromises())
}

func leasePromises() []promise[OpenStores] {
	return []promise[OpenStores]{
		{"Acquire must grant a lease to one holder at a time, until it expires.", oneHolderAtATime},
		{
			"Its holder must be able to renew it, and another must be able to acquire it once it has expired.",
			leaseIsRenewedAndEnds,
		},
	}
}

// lease is the wish of a holder, for a minute from now.
func (i *instances) lease(holder string) port.Lease {
	now := i.clock.Now()
	return port.Lease{Name: "purge", Holder: holder, Now: now, Until: now.Add(time.Minute)}
}

func acquired(t testing.TB, store port.Leases, lease port.Lease) bool {
	t.Helper()
	got, err := store.Acquire(t.Context(), lease)
	require.NoError(t, err)
	return got
}

func oneHolderAtATime(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	for range 3 { // made anew, and taken over when it has ended
		var holders atomic.Int32
		inParallel(40, func(n int) {
			got, err := i.either(n).Leases.Acquire(context.Background(), i.lease(strconv.Itoa(n)))
			if err != nil {
				t.Errorf("acquire: %v", err)
			}
			if got {
				holders.Add(1)
			}
		})
		require.EqualValues(t, 1, holders.Load())
		i.clock.Advance(time.Minute - time.Microsecond)
		require.False(t, acquired(t, i.Leases, i.lease("late")), "before its end")
		other := i.lease("late")
		other.Name = "other-" + strconv.FormatInt(other.Now.UnixMicro(), 10)
		require.True(t, acquired(t, i.Leases, other), "another lease")
		i.clock.Advance(time.Microsecond)
	}
}

func leaseIsRenewedAndEnds(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	require.True(t, acquired(t, i.Leases, i.lease("ada")))
	i.clock.Advance(30 * time.Second)
	require.True(t, acquired(t, i.other.Leases, i.lease("ada")), "renewed")
	i.clock.Advance(time.Minute - time.Microsecond)
	require.False(t, acquired(t, i.other.Leases, i.lease("bob")), "as long as it was renewed")
	i.clock.Advance(time.Microsecond)
	require.True(t, acquired(t, i.other.Leases, i.lease("bob")), "ended")
	require.False(t, acquired(t, i.Leases, i.lease("ada")), "taken over")
	shorter := i.lease("bob")
	shorter.Until = shorter.Now
	require.True(t, acquired(t, i.Leases, shorter), "given up")
	require.True(t, acquired(t, i.Leases, i.lease("ada")))
}
