//go:build !unix

package sqlite

func names(string) uint64 { return 1 }
