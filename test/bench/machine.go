package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/test/bench/load"
)

// strangers notices how much of the machine is taken by what is not ours: it
// looks between the rounds, when nothing of ours is busy. Ratios of one run bear
// some of that, absolute figures none.
type strangers struct{ shares []float64 }

// A look takes so long; a tick of /proc/stat is 10 ms of one core.
const lookTime = 400 * time.Millisecond

// look samples the machine once. Where there is no /proc it sees nothing.
func (s *strangers) look(ctx context.Context) {
	busy, total, ok := processorTimes()
	if !ok || !pause(ctx, lookTime) {
		return
	}
	busyThen, totalThen, ok := processorTimes()
	if ok && totalThen > total {
		s.shares = append(s.shares, float64(busyThen-busy)/float64(totalThen-total))
	}
}

// note says what the figures were measured on.
func (s *strangers) note() string {
	text := fmt.Sprintf("%d cores, shared by the client, the server and the database", runtime.NumCPU())
	if len(s.shares) == 0 {
		return text + "."
	}
	return fmt.Sprintf("%s; between the rounds other processes took %.0f %% of them.", text, 100*load.Median(s.shares))
}

// processorTimes reads how long all cores were busy, and how long they were, since
// the machine was started.
func processorTimes() (busy, total int64, ok bool) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, false
	}
	return parseProcessorTimes(string(text))
}

// parseProcessorTimes reads the first line of /proc/stat, "cpu user nice system
// idle iowait irq softirq steal ...".
func parseProcessorTimes(text string) (busy, total int64, ok bool) {
	const idle, iowait, steal = 4, 5, 8
	line, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(line)
	if len(fields) <= steal || fields[0] != "cpu" {
		return 0, 0, false
	}
	for i, field := range fields[1 : steal+1] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, 0, false
		}
		total += n
		if i+1 != idle && i+1 != iowait {
			busy += n
		}
	}
	return busy, total, true
}
