// Command embedding is doorcode with a rule for sign-ups, a route of its own and a
// channel of its own. It has all commands, signals and limits of doorcode.
package main

import (
	"context"
	"net/http"
	"os"
	"strings"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/domain"
)

func main() {
	os.Exit(bootstrap.Run(os.Args[1:], bootstrap.Options{
		Providers: []port.Provider{slow},
		Swap: func(ports *bootstrap.Ports) {
			ports.SignIns = acmeOnly{ports.SignIns}
		},
		Wrap: func(api http.Handler) http.Handler {
			mux := http.NewServeMux()
			mux.Handle("/", api)
			mux.HandleFunc("GET /hello", func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte("hello"))
			})
			return mux
		},
	}))
}

// acmeOnly is a port.SignIns for the people of one company.
type acmeOnly struct{ port.SignIns }

func (a acmeOnly) Complete(ctx context.Context, s port.SignIn) (port.SignInResult, error) {
	if !strings.HasSuffix(s.Proof.Recipient.Value(), "@acme.example") {
		return port.SignInResult{}, domain.ErrPermissionDenied
	}
	return a.SignIns.Complete(ctx, s)
}
