package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// healthTime is how long the service may take to say how it is.
const healthTime = 5 * time.Second

// CheckHealth asks the service of this configuration, on this machine, whether it
// is ready. It fails when the service is not, or does not answer.
func (c *Command) CheckHealth(ctx context.Context) error {
	cfg, err := c.configure(ctx)
	if err != nil {
		return err
	}
	err = askHealth(ctx, cfg)
	switch {
	case !c.JSON && err == nil:
		return c.print("ready\n")
	case !c.JSON:
		return err
	case err == nil:
		return c.printJSON(map[string]string{"status": "ready"})
	default:
		return errors.Join(c.printJSON(map[string]string{"status": "not ready", "problem": err.Error()}), err)
	}
}

// askHealth asks /readyz.
func askHealth(ctx context.Context, cfg *Config) error {
	ctx, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	url := "http://" + loopback(cfg.HTTP.Addr) + "/readyz"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", ownProbe)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no proxy of the environment
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("ask the service for its health: %w (start it with doorcode serve, or set DOORCODE_HTTP_ADDR or --addr to where it listens)", err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusServiceUnavailable:
		return fmt.Errorf("the service is not ready: %s answers %s (its database is away or behind, its clock is off, or it stops: its log says which)", url, response.Status)
	default:
		return fmt.Errorf("the service is not ready: %s answers %s (something else listens there: set DOORCODE_HTTP_ADDR or --addr to where the service does)", url, response.Status)
	}
}

// loopback is where on this machine a service that listens on addr answers.
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
