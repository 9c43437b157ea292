//go:build !unix

package sqlite

func linkCount(string) uint64 { return 1 }
