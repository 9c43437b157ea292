package command

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/wiring"
)

// healthcheckTimeout is how long the service may take to answer.
const healthcheckTimeout = 5 * time.Second

func (p *program) healthcheckCommand() *cobra.Command {
	return p.command(&cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the service of this configuration, on this machine, whether it is ready",
		Long: "Ask the service of this configuration, on this machine, whether it is ready.\n" +
			"Exits with 1 when it is not, or does not answer.",
	}, p.configured(checkHealth))
}

func checkHealth(ctx context.Context, cfg *config.Config) (output, error) {
	if err := askReadiness(ctx, cfg); err != nil {
		return output{"", map[string]string{"status": "not ready", "problem": err.Error()}}, err
	}
	return output{"ready\n", map[string]string{"status": "ready"}}, nil
}

func askReadiness(ctx context.Context, cfg *config.Config) error {
	ctx, cancel := context.WithTimeout(ctx, healthcheckTimeout)
	defer cancel()
	url := "http://" + loopback(cfg.HTTP.Addr) + "/readyz"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", wiring.HealthcheckAgent)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no proxy of the environment
	response, err := client.Do(request)
	if err != nil {
		const cure = "start it with doorcode serve, or set DOORCODE_HTTP_ADDR or --addr to where it listens"
		return fmt.Errorf("ask the service for its health: %w (%s)", err, cure)
	}
	defer response.Body.Close()
	cure := "something else listens there: set DOORCODE_HTTP_ADDR or --addr to where the service does"
	switch response.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusServiceUnavailable:
		cure = "its database is away or behind, its clock is off, or it stops: its log says which"
	}
	return fmt.Errorf("the service is not ready: %s answers %s (%s)", url, response.Status, cure)
}

// loopback is the address on this machine of a service that listens on addr.
func loopback(addr string) string {
	host, number, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	switch ip, err := netip.ParseAddr(host); {
	case host == "", err == nil && ip.IsUnspecified() && ip.Is4():
		host = "127.0.0.1"
	case err == nil && ip.IsUnspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, number)
}
