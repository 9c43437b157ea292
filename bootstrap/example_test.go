package bootstrap_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/domain"
)

// inbox is a port.CodeSender that keeps what it is to send.
type inbox chan port.CodeMessage

func (in inbox) Send(_ context.Context, m port.CodeMessage) port.SendOutcome {
	in <- m
	return port.SendOutcome{Result: domain.SendAccepted}
}

// One field of Ports is swapped, and the whole service signs somebody in.
func Example() {
	ctx := context.Background()
	cfg, err := bootstrap.Configure(bootstrap.Sources{Flags: map[string]string{
		"environment": "testing", "database.url": "sqlite://:memory:", "log.level": "error",
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ports, closePorts, err := bootstrap.NewPorts(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer closePorts()

	codes := make(inbox, 1)
	ports.Channels = []port.ChannelSender{{
		Channel: domain.Channel{Name: domain.ChannelEmail, Kind: domain.KindEmail}, Provider: "inbox", Sender: codes,
	}}

	app, err := bootstrap.NewApp(cfg, ports)
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(app.Handler())
	defer server.Close()

	asked := call(http.MethodPost, server.URL+"/api/auth/otp/request/", "", map[string]any{"identifier": "Ada@Example.com"})
	fmt.Println(asked["message"], "for", asked["recipient"])

	signedIn := call(http.MethodPost, server.URL+"/api/auth/otp/verify/", "", map[string]any{
		"challenge_id": asked["challenge_id"], "otp_code": (<-codes).Code.Reveal(),
	})
	fmt.Println("new user:", signedIn["is_new_user"])

	access := signedIn["tokens"].(map[string]any)["access"].(string)
	profile := call(http.MethodGet, server.URL+"/api/profile/", access, nil)
	fmt.Println(profile["email"], "verified:", profile["email_verified"])

	// Output:
	// OTP sent to email for ad***@example.com
	// new user: true
	// ada@example.com verified: true
}

// call sends a JSON body, with a token unless that is "", and reads the answer.
func call(method, url, token string, body map[string]any) map[string]any {
	text, err := json.Marshal(body)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	request, err := http.NewRequest(method, url, bytes.NewReader(text))
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	defer response.Body.Close()
	answer := map[string]any{}
	text, err = io.ReadAll(response.Body)
	if err == nil {
		err = json.Unmarshal(text, &answer)
	}
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	return answer
}
