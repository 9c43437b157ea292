package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// message is a line as the console sender writes it; its text tries to look like
// members.
func message(to, code string) string {
	return fmt.Sprintf(`{"time":"2026-01-02T03:04:05Z","channel":"email","to":%q,"subject":"s",`+
		`"body":"say \"to\":\"x\" and \"code\":\"y\"","html":%q,"code":%q,"challenge_id":"id-of-%s"}`+"\n",
		to, strings.Repeat("<p>", 1000), code, to)
}

func TestInbox(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "codes")
	in, err := newInbox(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, in.close()) })
	writer, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, writer.Close()) })

	_, err = in.take("a@b.example")
	require.ErrorContains(t, err, "no code has come for a@b.example")

	const many = 200 // far more than 64 KiB
	for i := range many {
		_, err := writer.WriteString(message(fmt.Sprintf("p%d@b.example", i), fmt.Sprintf("%06d", i)))
		require.NoError(t, err)
	}
	half := message("late@b.example", "999999")
	_, err = writer.WriteString(half[:100])
	require.NoError(t, err)
	for i := range many {
		to := fmt.Sprintf("p%d@b.example", i)
		l, err := in.take(to)
		require.NoError(t, err)
		require.Equal(t, letter{challenge: "id-of-" + to, code: fmt.Sprintf("%06d", i)}, l)
		_, err = in.take(to)
		require.Error(t, err, "a letter is taken once")
	}
	_, err = in.take("late@b.example")
	require.Error(t, err, "half a line is no letter")
	_, err = writer.WriteString(half[100:])
	require.NoError(t, err)
	l, err := in.take("late@b.example")
	require.NoError(t, err)
	require.Equal(t, "999999", l.code)

	_, err = writer.WriteString("{\"to\":\"a@b.example\"}\n")
	require.NoError(t, err)
	_, err = in.take("a@b.example")
	require.ErrorContains(t, err, `no "code":"`)
}
