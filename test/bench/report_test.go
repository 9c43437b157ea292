package main

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReport(t *testing.T) {
	t.Parallel()
	r := &report{
		databases: []section{
			{title: "PostgreSQL", rows: []*row{
				{
					operation: verify, connections: 8,
					product: []figures{{rate: 5000, p50: 1, cpu: 200}, {rate: 4000, p50: 3, cpu: 220}, {rate: 4500, p50: 2, cpu: 210}},
					limit:   []float64{12000, 8000, 10000}, stores: []float64{9000, 5200, 7000},
				},
				{
					operation: request, connections: 32,
					product: []figures{{rate: 2400}}, limit: []float64{10000}, stores: []float64{6900},
				},
				{operation: request, connections: 64, product: []figures{{rate: 100}}},
			}},
			{title: "SQLite", rows: []*row{{operation: whoAmI, connections: 8, product: []figures{{rate: 9999}}}}},
		},
		facts: []fact{
			{"cold start", 41, "ms", 40}, {"binary", 20, "MiB", 35}, {"p99", 3, "ms", math.NaN()},
		},
		notes: []string{"load average 3"},
	}
	require.Equal(t, []string{
		"request on 32 connections", "request on 32 connections, stores alone", "cold start",
	}, r.missed(), "the row on 64 connections has no goals")

	var out strings.Builder
	require.NoError(t, r.print(&out))
	var lines []string
	for line := range strings.Lines(out.String()) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	for _, want := range []string{
		"clients per second p50 ms p95 ms p99 ms CPU ms/1000 RSS MiB pgbench/s share goal stores/s share goal",
		"verify 8 4500 2.00 0.00 0.00 210 0.0 10000 45 % 45 % reached 7000 70 % 70 % reached",
		"request 32 2400 0.00 0.00 0.00 0 0.0 10000 24 % 25 % MISSED 6900 69 % 70 % MISSED",
		"request 64 100 0.00 0.00 0.00 0 0.0",
		"clients per second p50 ms p95 ms p99 ms CPU ms/1000 RSS MiB", // of SQLite
		"who-am-I 8 9999 0.00 0.00 0.00 0 0.0",
		"cold start 41.0 ms goal 40 ms MISSED", "binary 20.0 MiB goal 35 MiB reached", "p99 3.0 ms",
		"load average 3",
	} {
		require.Contains(t, lines, want)
	}
}
