package domain

// CodeFrom is codeFrom, whose edges no derived code reaches in reasonable time.
func CodeFrom(hi, lo uint64, n int) Code { return codeFrom(hi, lo, n) }
