package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// machineLoad is how many processes have wanted a core in the last minute.
func machineLoad() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	load, _, _ := strings.Cut(string(text), " ")
	return load
}

// machine says what the figures were measured on, and whether it was busy with
// something else when they were begun.
func machine(before string) string {
	return fmt.Sprintf("%d cores, shared by the client, the server and the database; load average %s at the beginning, %s at the end.",
		runtime.NumCPU(), before, machineLoad())
}
