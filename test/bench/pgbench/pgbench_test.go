package pgbench

import (
	"testing"
	"time"

	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
	"github.com/stretchr/testify/require"
)

func TestStatement(t *testing.T) {
	t.Parallel()
	text, err := Statement("\nSELECT $2::text, $1, $10, $2;\n", "1", ":name", "3", "4", "5", "6", "7", "8", "9", "now()")
	require.ErrorContains(t, err, "no $3")
	require.Empty(t, text)

	text, err = Statement("\nSELECT $2::text, $1, $2;\n", "1", ":name || 'x'")
	require.NoError(t, err)
	require.Equal(t, "SELECT (:name || 'x')::text, (1), (:name || 'x');\n", text)

	text, err = Statement("SELECT $1, $2", "1")
	require.ErrorContains(t, err, "no expression for $2")
	require.Empty(t, text)
}

const report = `pgbench (15.10 (Debian 15.10-0+deb12u1))
transaction type: /tmp/x.sql
scaling factor: 1
query mode: prepared
number of clients: 8
number of threads: 1
maximum number of tries: 1
duration: 2 s
number of transactions actually processed: 23580
number of failed transactions: 0 (0.000%)
latency average = 0.678 ms
initial connection time = 18.911 ms
tps = 11800.353719 (without initial connection time)
`

func TestParse(t *testing.T) {
	t.Parallel()
	result, err := parse(report)
	require.NoError(t, err)
	require.Equal(t, Result{Transactions: 23580, Rate: 11800.353719, Latency: 678 * time.Microsecond}, result)

	_, err = parse("tps = 1.0 (without initial connection time)")
	require.ErrorContains(t, err, "pgbench does not say")
	_, err = parse(report + "number of failed transactions: 7 (0.03%)\n")
	require.NoError(t, err, "the first line counts")
	_, err = parse("number of failed transactions: 7 (0.03%)\n" + report)
	require.ErrorContains(t, err, "7 failed")
}

func TestRun(t *testing.T) {
	t.Parallel()
	program, err := Find()
	require.NoError(t, err)
	options := Options{
		Program: program, URL: pgtest.Database(t), Clients: 2, Seconds: 1,
		Script:    "\\set i :i + 1\nSELECT 1 / (CASE WHEN :i::bigint > 0 AND :word = 'a b' THEN 1 ELSE 0 END);\n",
		Variables: map[string]string{"i": "0", "word": "a b"},
	}
	result, err := Run(t.Context(), options)
	require.NoError(t, err)
	require.Greater(t, result.Transactions, 10)
	require.InDelta(t, result.Transactions, result.Rate, float64(result.Transactions)/2, "in about a second")

	options.Variables["word"] = "b"
	_, err = Run(t.Context(), options)
	require.ErrorContains(t, err, "division by zero")
}
