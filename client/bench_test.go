package client

import "testing"

// Checking a token is on the way of every request that a protected route gets.
func BenchmarkVerify(b *testing.B) {
	for _, alg := range algorithmNames() {
		b.Run(alg, func(b *testing.B) {
			f := newForgeOf(b, rsaKeyOrEC(b, "one", alg))
			token := f.good()
			check(b, f.verify(token))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.verifier.Verify(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A token costs nothing for being long, and little for an invented kid.
func BenchmarkVerify_refused(b *testing.B) {
	f := newForge(b)
	check(b, f.verify(f.good()))
	for name, token := range map[string]string{
		"oversize":    string(make([]byte, 1<<20)),
		"unknown kid": f.of(ecKey(b, "two", "ES256")),
		"wrong type":  f.head("typ", `"rt+jwt"`),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = f.verifier.Verify(b.Context(), token)
			}
		})
	}
}
