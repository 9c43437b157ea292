//go:build !linux

package proc

import "syscall"

// dieWithParent is for Linux.
func dieWithParent(*syscall.SysProcAttr) {}
