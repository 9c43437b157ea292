package main

import (
	"database/sql/driver"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStatementScript(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	sent := func(args ...any) statement {
		s := statement{text: "SELECT $1, $2, $3, $4, $5, $6, $7, $8"}
		for i, arg := range args {
			s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: arg})
		}
		return s
	}
	variables := map[string]string{}
	personal := map[string]string{"some-id": numberUUID}
	text, err := sent("some-id", "it's", "", int64(6), []byte{0, 255}, now, now.Add(-time.Hour), nil).
		script("x", personal, variables, now)
	require.NoError(t, err)
	require.Equal(t, "SELECT ((:prefix::text || :n::text)::uuid), (:x_2), (left(:prefix::text, 0)), (:x_4), (:x_5), "+
		"(now()), (now() + interval '-3600000000 microseconds'), (NULL);\n", text)
	require.Equal(t, map[string]string{"x_2": "it's", "x_4": "6", "x_5": `\x00ff`}, variables)

	_, err = sent(struct{}{}).script("x", nil, variables, now)
	require.ErrorContains(t, err, "argument 1 of x")
	_, err = sent("one").script("x", nil, variables, now)
	require.ErrorContains(t, err, "no expression for $2")
}

func TestRecorderTake(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	_, err := r.take()
	require.ErrorContains(t, err, "has sent 0")
	r.statements = []statement{{text: "a"}, {text: "b"}}
	_, err = r.take()
	require.ErrorContains(t, err, "has sent 2")
	r.statements = []statement{{text: "a"}}
	s, err := r.take()
	require.NoError(t, err)
	require.Equal(t, "a", s.text)
}

func TestBatch(t *testing.T) {
	t.Parallel()
	now := time.Now()
	b := newBatch(now, 64, 1000)
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9]{3}-8[0-9]{3}-[0-9]{12}$`, b.uuid(63, 999), "a UUID of version 7")
	require.NotEqual(t, b.uuid(0, 1), b.uuid(1, 0))
	require.Equal(t, "1008000063000000999"+b.suffix, b.address(63, 999))
	require.NotEqual(t, b.suffix, newBatch(now.Add(1), 64, 1000).suffix)
}
