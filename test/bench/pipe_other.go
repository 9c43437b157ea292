//go:build !linux

package main

// widenPipe leaves the pipe as it is.
func widenPipe(int, int) error { return nil }
