package jwt

import "testing"

// Every authenticated request verifies an access token.

func BenchmarkSignAccess(b *testing.B) {
	for _, algorithm := range Algorithms() {
		b.Run(algorithm, func(b *testing.B) {
			x := setup(b, signedBy(b, algorithm, "one"))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := x.tokens.SignAccess(someAccess); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseAccess(b *testing.B) {
	for _, algorithm := range Algorithms() {
		b.Run(algorithm, func(b *testing.B) {
			x := setup(b, signedBy(b, algorithm, "one"))
			text := x.access(b)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := x.tokens.ParseAccess(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseRefresh(b *testing.B) {
	x := setup(b)
	text := x.refresh(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := x.tokens.ParseRefresh(text); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseAccess_oversize shows that a token costs nothing for being long.
func BenchmarkParseAccess_oversize(b *testing.B) {
	x := setup(b)
	text := string(make([]byte, 1<<20))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = x.tokens.ParseAccess(text)
	}
}
