package domain_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

func ExampleParseIdentifier() {
	for _, text := range []string{"+1 (555) 123-4567", "Ada@BÜCHER.example", "555 123"} {
		id, err := domain.ParseIdentifier(text)
		if errors.Is(err, domain.ErrInvalidPhone) {
			fmt.Println(domain.AsError(err).Cure)
			continue
		}
		fmt.Println(id.Kind(), id.Value(), id)
	}
	// Output:
	// phone +15551234567 ***4567
	// email ada@xn--bcher-kva.example ad***@xn--bcher-kva.example
	// Must be + with country code, 7 to 15 digits, such as +15551234567
}

func ExampleCode() {
	code := domain.NewCode("012345")
	fmt.Printf("%v %+v %s\n", code, struct{ Code domain.Code }{code}, fmt.Sprint("code ", code))
	fmt.Println(code.Equal("012345"), code.Equal("12345"))
	// Output:
	// [code] {Code:[code]} code [code]
	// true false
}

func ExampleKeyRing_Code() {
	ring, err := domain.NewKeyRing([]byte("a secret key of at least 32 bytes"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ada, _ := domain.ParseIdentifier("ada@example.com")
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	secret := domain.OTPSecret{
		OTPKey:      domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: ada},
		ChallengeID: "0190b6c8-7b1a-7cc3-8d2e-5f3a1b2c4d5e",
		Epoch:       ring.Current(),
		Seed:        domain.Seed{1, 2, 3}, // random, in earnest
		Digits:      6,
		MaxAttempts: 3,
		ExpiresAt:   start.Add(domain.DefaultOTPLifetime),
	}
	code, _ := ring.Code(secret)
	fmt.Println(secret.Judge(code, code.Reveal(), start))
	fmt.Println(secret.Judge(code, code.Reveal(), secret.ExpiresAt))
	fmt.Println(secret.Judge(code, "12345", start))
	// Output:
	// right
	// expired
	// malformed
}

func ExampleSourceRules_Parse_structure() {
	source, err := domain.SourceRules{}.Parse("https://ada:secret@News.Example.com/item?utm_source=letter#top")
	fmt.Println(source.Host, source.URL, err)
	_, err = domain.SourceRules{}.Parse("javascript:alert(1)")
	fmt.Println(errors.Is(err, domain.ErrInvalidSourceURL))
	// Output:
	// news.example.com https://News.Example.com/item?utm_source=letter <nil>
	// true
}

func ExampleUsername() {
	ada, _ := domain.ParseIdentifier("Ada.Lovelace@example.com")
	phone, _ := domain.ParseIdentifier("+15551234567")
	fmt.Println(domain.Username(ada, "k3x9"), domain.Username(phone, "k3x9"))
	// Output:
	// ada.lovelace-k3x9 user-k3x9
}

func ExampleRateLimited() {
	err := domain.RateLimited("identifier_requests", 40*time.Minute)
	fmt.Println(errors.Is(err, domain.ErrRateLimited), err.Limit, err.RetryAfter)
	// Output:
	// true identifier_requests 40m0s
}
