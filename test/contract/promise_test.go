package contract

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// only is the one promise that a test expects to be broken.
func only[S any](t *testing.T, says string, promises []promise[S]) []promise[S] {
	t.Helper()
	for _, p := range promises {
		if p.says == says {
			return []promise[S]{p}
		}
	}
	require.Fail(t, "no port promises: "+says)
	return nil
}

// A proof that ends in any way but by itself has failed, and is cleaned up behind.
func TestBroken(t *testing.T) {
	t.Parallel()
	var dirs []string
	proofs := []promise[int]{
		{"It is kept.", func(t testing.TB, _ int) { t.Helper(); t.Log(t.Name()) }},
		{"It is kept with a directory.", func(t testing.TB, _ int) { dirs = append(dirs, t.TempDir()) }},
		{"It says so.", func(t testing.TB, _ int) { t.Error("broken") }},
		{"It stops.", func(t testing.TB, _ int) { t.Fatal("broken") }},
		{"It stops later.", func(t testing.TB, n int) { require.Equal(t, 1, n); t.Log("not reached") }},
		{"It panics.", func(testing.TB, int) { panic("broken") }},
		{"It asks for too much.", func(t testing.TB, _ int) { t.Setenv("A", "b") }},
		{"Its cleaning up says so.", func(t testing.TB, _ int) { t.Cleanup(func() { t.Errorf("broken") }) }},
	}
	require.Equal(t, []string{
		"It says so.", "It stops.", "It stops later.", "It panics.", "It asks for too much.", "Its cleaning up says so.",
	}, broken(2, proofs))
	for _, dir := range dirs {
		_, err := os.Stat(dir)
		require.ErrorIs(t, err, os.ErrNotExist)
	}
}
