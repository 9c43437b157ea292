package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/doorcode-auth/doorcode/test/bench/load"
)

// figures are what one cell of a round has measured.
type figures struct {
	rate          float64 // acts a second
	p50, p95, p99 float64 // milliseconds
	cpu           float64 // milliseconds of the server for 1,000 acts
	memory        float64 // MiB of the server
}

// row are the figures of all rounds for one operation on so many connections.
type row struct {
	operation   operation
	connections int
	product     []figures
	limit       []float64 // the rates of pgbench; none if the row is not compared
	stores      []float64 // the rates of the stores alone
}

// middle is the median of a figure over the rounds.
func (r *row) middle(of func(figures) float64) float64 {
	all := make([]float64, len(r.product))
	for i, f := range r.product {
		all[i] = of(f)
	}
	return load.Median(all)
}

// productShare is how much of pgbench's rate the product reached: the median of
// the ratios of all rounds, for what is compared was measured within seconds.
func (r *row) productShare() float64 {
	rates := make([]float64, len(r.product))
	for i, f := range r.product {
		rates[i] = f.rate
	}
	return r.share(rates)
}

func (r *row) storesShare() float64 { return r.share(r.stores) }

func (r *row) share(rates []float64) float64 {
	var shares []float64
	for i, limit := range r.limit {
		shares = append(shares, rates[i]/limit)
	}
	return load.Median(shares)
}

// fact is one figure with a goal that it should not exceed.
type fact struct {
	name  string
	value float64
	unit  string
	most  float64 // NaN without a goal
}

// report is all that is printed at the end.
type report struct {
	databases []section
	facts     []fact
	notes     []string
}

// section is the table of one database.
type section struct {
	title string
	rows  []*row
}

// print writes the report.
func (r *report) print(w io.Writer) error {
	for _, s := range r.databases {
		fmt.Fprintf(w, "\n%s\n\n", s.title)
		if err := s.print(w); err != nil {
			return err
		}
	}
	if len(r.facts) > 0 {
		fmt.Fprintln(w)
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, f := range r.facts {
			fmt.Fprintf(table, "%s\t%.1f %s\t%s\n", f.name, f.value, f.unit, f.judgement())
		}
		if err := table.Flush(); err != nil {
			return fmt.Errorf("print the report: %w", err)
		}
	}
	for _, note := range r.notes {
		fmt.Fprintf(w, "\n%s\n", note)
	}
	return nil
}

// print writes the table; the columns of pgbench are there when it has run.
func (s *section) print(w io.Writer) error {
	compared := slices.ContainsFunc(s.rows, func(r *row) bool { return len(r.limit) > 0 })
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "\tclients\tper second\tp50 ms\tp95 ms\tp99 ms\tCPU ms/1000\tRSS MiB\t")
	if compared {
		fmt.Fprint(table, "pgbench/s\tshare\tgoal\t\tstores/s\tshare\tgoal\t\t")
	}
	fmt.Fprintln(table)
	for _, r := range s.rows {
		fmt.Fprintf(table, "%s\t%d\t%.0f\t%.2f\t%.2f\t%.2f\t%.0f\t%.1f\t", r.operation, r.connections,
			r.middle(func(f figures) float64 { return f.rate }), r.middle(func(f figures) float64 { return f.p50 }),
			r.middle(func(f figures) float64 { return f.p95 }), r.middle(func(f figures) float64 { return f.p99 }),
			r.middle(func(f figures) float64 { return f.cpu }), r.middle(func(f figures) float64 { return f.memory }))
		if compared {
			fmt.Fprint(table, r.comparison())
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	return nil
}

// comparison are the cells of what the row is compared with, empty if with
// nothing.
func (r *row) comparison() string {
	if len(r.limit) == 0 {
		return strings.Repeat("\t", 8)
	}
	return fmt.Sprintf("%.0f\t%.0f %%\t%.0f %%\t%s\t%.0f\t%.0f %%\t%.0f %%\t%s\t",
		load.Median(r.limit), 100*r.productShare(), 100*goals[r.operation], judge(r.productShare() >= goals[r.operation]),
		load.Median(r.stores), 100*r.storesShare(), 100*storeGoal, judge(r.storesShare() >= storeGoal))
}

func (f fact) judgement() string {
	if math.IsNaN(f.most) {
		return ""
	}
	return fmt.Sprintf("goal %.0f %s\t%s", f.most, f.unit, judge(f.value <= f.most))
}

func judge(reached bool) string {
	if reached {
		return "reached"
	}
	return "MISSED"
}

// missed names the goals that were not reached.
func (r *report) missed() []string {
	var names []string
	for _, s := range r.databases {
		for _, row := range s.rows {
			if len(row.limit) == 0 {
				continue
			}
			name := fmt.Sprintf("%s on %d connections", row.operation, row.connections)
			if row.productShare() < goals[row.operation] {
				names = append(names, name)
			}
			if row.storesShare() < storeGoal {
				names = append(names, name+", stores alone")
			}
		}
	}
	for _, f := range r.facts {
		if !math.IsNaN(f.most) && f.value > f.most {
			names = append(names, f.name)
		}
	}
	return names
}
