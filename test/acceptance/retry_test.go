package acceptance_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/twilio"
	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/test/kit"
)

// refuser is Twilio's Messages, of which some channels refuse everything.
type refuser struct {
	*httptest.Server
	refusals map[string]http.HandlerFunc // by channel

	mu    sync.Mutex
	asked []string // by which channel
}

func startRefuser(t testing.TB, refusals map[string]http.HandlerFunc) *refuser {
	t.Helper()
	r := &refuser{refusals: refusals}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *refuser) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	channel := "sms"
	if strings.HasPrefix(request.PostFormValue("To"), "whatsapp:") {
		channel = "whatsapp"
	}
	r.mu.Lock()
	r.asked = append(r.asked, channel)
	r.mu.Unlock()
	if refuse := r.refusals[channel]; refuse != nil {
		refuse(w, request)
		return
	}
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"sid":"SM%032x","status":"queued","error_code":null}`, 1)
}

// channels are those by which it was asked, in order.
func (r *refuser) channels() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.asked)
}

// options make a service use it, with what is set by default, over a route.
func (r *refuser) options(t testing.TB, route string) kit.Options {
	t.Helper()
	return kit.Options{
		Set: map[string]string{"phone.channels": route},
		Swap: func(ports *bootstrap.Ports) {
			channels, err := twilio.Provider.Open(t.Context(), &twilio.Config{
				AccountSID: twilioAccount, AuthToken: twilioToken, SMSFrom: "+15550109999", WhatsAppFrom: "+15550109999",
				BaseURL:        r.URL,
				RequestTimeout: 30 * time.Second, MaxRetries: 3, RetryDelay: time.Second,
			})
			require.NoError(t, err)
			ports.Channels = channels
		},
	}
}

// A provider that wants to be left alone for longer than the client waits has refused:
// the next of the route is tried while the client still waits.
func TestRetries_theRouteNeedNotWait(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		provider := startRefuser(t, map[string]http.HandlerFunc{"whatsapp": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "12")
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, `{"code":20429,"message":"Too Many Requests","status":429}`)
		}})
		s := kit.Start(t, db, provider.options(t, "whatsapp,sms"))
		// A request that had waited in vain would answer with the first channel.
		answer := s.Request(t, "+15551234567").Want(t, http.StatusOK)
		require.Equal(t, "sms", answer.Text("channel"))
		require.Equal(t, []string{"whatsapp", "sms"}, provider.channels())
	})
}

// A provider that is away is tried as often as it is by default, and the client hears
// of it before they stop waiting.
func TestRetries_theClientHearsOfARefusal(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		provider := startRefuser(t, map[string]http.HandlerFunc{"sms": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
		}})
		s := kit.Start(t, db, provider.options(t, "sms"))
		// A request that had waited in vain would answer with 200.
		s.Request(t, "+15551234567").Refused(t, http.StatusServiceUnavailable, "sms_send_failed")
		require.Equal(t, []string{"sms", "sms", "sms", "sms"}, provider.channels())
	})
}
