package domain

// CodeFrom is codeFrom: derived codes do not reach its edges in reasonable time.
func CodeFrom(hi, lo uint64, n int) Code { return codeFrom(hi, lo, n) }
