package httpapi

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestProbe(t *testing.T) {
	t.Parallel()
	errDown := errors.New("down")
	t.Run("concurrent callers share one check", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			checks, release := 0, make(chan struct{})
			p := &probe{check: func(context.Context) error {
				checks++
				<-release
				return errDown
			}}
			answers := make(chan error, 21)
			for range 21 {
				go func() { answers <- p.ask(t.Context()) }()
			}
			synctest.Wait()
			close(release)
			for range 21 {
				require.Equal(t, errDown, <-answers)
			}
			require.Equal(t, 1, checks)
			require.Equal(t, errDown, p.ask(t.Context()))
			require.Equal(t, 2, checks, "a result is not kept for later callers")
		})
	})
	t.Run("a caller that gives up changes nothing for the others", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			p := &probe{check: func(ctx context.Context) error {
				<-release
				return ctx.Err()
			}}
			gone, leave := context.WithCancel(t.Context())
			first, second := make(chan error, 1), make(chan error, 1)
			go func() { first <- p.ask(gone) }()
			synctest.Wait()
			go func() { second <- p.ask(t.Context()) }()
			synctest.Wait()
			leave()
			require.ErrorIs(t, <-first, domain.ErrUnavailable)
			close(release)
			require.NoError(t, <-second)
		})
	})
}
