// docs/deploying.md: its proxies in front of the service, and its configuration.
package acceptance_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
	"github.com/doorcode-auth/doorcode/test/kit/proc"
)

// What the snippets of the page have, and a test replaces.
const (
	deployedHost    = "id.example.com"
	deployedBackend = "127.0.0.1:8000"
)

// deployment is a service and the files and addresses of a proxy in front of it.
type deployment struct {
	service   *kit.Process
	dir       string // the working directory of the proxy
	address   string // where the proxy listens
	cert, key string // PEM files for deployedHost; key has both
	roots     *x509.CertPool
}

// deployedProxies are the proxies of the page by the language of their snippets: the
// Debian package, and the command line that runs a snippet in the foreground.
var deployedProxies = map[string]struct {
	program string
	command func(t *testing.T, d *deployment, snippet string) []string
}{
	"nginx": {"nginx", func(t *testing.T, d *deployment, snippet string) []string {
		snippet = replaceOnce(t, snippet, "443", d.address)
		snippet = replaceOnce(t, snippet, "/etc/ssl/id.example.com.crt", d.cert)
		snippet = replaceOnce(t, snippet, "/etc/ssl/id.example.com.key", d.key)
		temp := ""
		for _, name := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			temp += name + "_temp_path " + filepath.Join(d.dir, name) + ";\n"
		}
		config := d.write(t, "nginx.conf", "daemon off;\nmaster_process off;\npid nginx.pid;\nevents {}\n"+
			"http {\naccess_log off;\n"+temp+snippet+"}\n")
		return []string{"-p", d.dir, "-c", config, "-e", "stderr"}
	}},
	"caddyfile": {"caddy", func(t *testing.T, d *deployment, snippet string) []string {
		snippet = replaceOnce(t, snippet, deployedHost+" {", "https://"+deployedHost+":"+portOf(t, d.address)+
			" {\n\ttls "+d.cert+" "+d.key+"\n")
		config := d.write(t, "Caddyfile", "{\n\tadmin off\n\tauto_https disable_redirects\n}\n"+snippet)
		return []string{"run", "--adapter", "caddyfile", "--config", config}
	}},
	"haproxy": {"haproxy", func(t *testing.T, d *deployment, snippet string) []string {
		snippet = replaceOnce(t, snippet, ":443", d.address)
		snippet = replaceOnce(t, snippet, "/etc/haproxy/id.example.com.pem", d.key)
		return []string{"-db", "-f", d.write(t, "haproxy.cfg", snippet)}
	}},
}

func TestDeployingPage_proxies(t *testing.T) {
	t.Parallel()
	for language, proxy := range deployedProxies {
		t.Run(proxy.program, func(t *testing.T) {
			t.Parallel()
			program := findProgram(t, proxy.program)
			for name, trusted := range map[string]string{"trusted": "127.0.0.1", "not trusted": ""} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					d := newDeployment(t, trusted)
					backend := strings.TrimPrefix(d.service.URL, "http://")
					snippet := replaceOnce(t, deployingSnippet(t, language), deployedBackend, backend)
					d.run(t, program, proxy.command(t, d, snippet))
					if trusted == "" {
						d.requireOneClient(t)
						return
					}
					d.requireTwoClients(t)
					d.requireStream(t)
				})
			}
		})
	}
}

// newDeployment starts a service that allows two requests for a code per client address.
func newDeployment(t *testing.T, trusted string) *deployment {
	t.Helper()
	d := &deployment{dir: t.TempDir(), service: kit.Serve(t, kit.ProcessOptions{Env: []string{
		"DOORCODE_RATELIMIT_IP_REQUEST=2/h", "DOORCODE_HTTP_TRUSTED_PROXIES=" + trusted,
	}})}
	var err error
	d.address, err = proc.FreeAddress()
	require.NoError(t, err)
	d.makeCertificate(t)
	return d
}

// requireTwoClients proves that each client of the proxy has limits of its own, which a
// forged header does not change, and that the service logs the client's address.
func (d *deployment) requireTwoClients(t *testing.T) {
	first, second := d.client("127.0.0.2"), d.client("127.0.0.3")
	require.Equal(t, http.StatusOK, d.request(t, first, "a@example.com", ""))
	require.Equal(t, http.StatusOK, d.request(t, first, "b@example.com", ""))
	require.Equal(t, http.StatusTooManyRequests, d.request(t, first, "c@example.com", ""))
	forged := d.request(t, first, "d@example.com", "203.0.113.7")
	require.Equal(t, http.StatusTooManyRequests, forged, "a forged X-Forwarded-For was honoured")
	require.Equal(t, http.StatusOK, d.request(t, second, "e@example.com", ""))
	require.Equal(t, http.StatusOK, d.request(t, second, "f@example.com", "203.0.113.7"))
	for _, client := range []string{"127.0.0.2", "127.0.0.3"} {
		logged := func() bool { return strings.Contains(d.service.Log.String(), "client="+client) }
		require.Eventually(t, logged, 10*time.Second, 10*time.Millisecond, "the log does not have %s", client)
	}
	require.NotContains(t, d.service.Log.String(), "203.0.113.7")
}

// requireOneClient proves that a proxy that is not trusted is one client.
func (d *deployment) requireOneClient(t *testing.T) {
	require.Equal(t, http.StatusOK, d.request(t, d.client("127.0.0.2"), "a@example.com", ""))
	require.Equal(t, http.StatusOK, d.request(t, d.client("127.0.0.3"), "b@example.com", ""))
	require.Equal(t, http.StatusTooManyRequests, d.request(t, d.client("127.0.0.4"), "c@example.com", ""))
}

// requireStream proves that the proxy does not hold back the stream of a delivery status.
func (d *deployment) requireStream(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	answer := d.do(t, ctx, d.client("127.0.0.4"), http.MethodPost, kit.RequestPath, `{"identifier":"g@example.com"}`, "")
	var requested struct {
		ChallengeID string `json:"challenge_id"`
	}
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&requested))
	require.NoError(t, answer.Body.Close())
	stream := d.do(t, ctx, d.client("127.0.0.4"), http.MethodGet, "/api/auth/otp/"+requested.ChallengeID+"/events", "", "")
	defer stream.Body.Close()
	require.Equal(t, http.StatusOK, stream.StatusCode)
	line, err := bufio.NewReader(stream.Body).ReadString('\n')
	require.NoError(t, err, "the proxy buffers the stream")
	require.NotEmpty(t, line)
}

// client connects to the proxy from an address of this machine.
func (d *deployment) client(address string) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, d.address)
		},
		TLSClientConfig:   &tls.Config{RootCAs: d.roots, MinVersion: tls.VersionTLS12},
		DisableKeepAlives: true,
	}}
}

// request requests a code and returns the status of the answer.
func (d *deployment) request(t *testing.T, client *http.Client, identifier, forwarded string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	answer := d.do(t, ctx, client, http.MethodPost, kit.RequestPath, `{"identifier":"`+identifier+`"}`, forwarded)
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode
}

func (d *deployment) do(
	t *testing.T, ctx context.Context, client *http.Client, method, path, body, forwarded string,
) *http.Response {
	t.Helper()
	url := "https://" + deployedHost + ":" + portOf(t, d.address) + path
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	if forwarded != "" {
		request.Header.Set("X-Forwarded-For", forwarded)
	}
	answer, err := client.Do(request)
	require.NoError(t, err)
	return answer
}

// run starts the proxy and waits until it answers for the service. It ends with the test.
func (d *deployment) run(t *testing.T, program string, args []string) {
	t.Helper()
	log := &kit.Journal{}
	server, err := proc.Start(proc.Config{
		Program: program, Args: args, Dir: d.dir, Out: log, Log: log,
		Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + d.dir},
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, server.Signal(os.Kill))
		<-server.Ended()
	})
	client, tick, late := d.client("127.0.0.1"), time.NewTicker(20*time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for {
		answer, err := client.Get("https://" + deployedHost + ":" + portOf(t, d.address) + "/readyz")
		if err == nil {
			require.NoError(t, answer.Body.Close())
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-tick.C:
		case <-server.Ended():
			t.Fatalf("%s has ended with %d:\n%s", program, server.ExitCode(), log)
		case <-late:
			t.Fatalf("%s does not answer (%v):\n%s", program, err, log)
		}
	}
}

func (d *deployment) write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(d.dir, name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// makeCertificate makes a self-signed certificate of deployedHost.
func (d *deployment) makeCertificate(t *testing.T) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{deployedHost}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	d.roots = x509.NewCertPool()
	d.roots.AddCert(certificate)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	d.cert = d.write(t, "id.crt", string(public))
	d.key = d.write(t, "id.pem", string(public)+string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})))
}

func portOf(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	return port
}

// deployingSnippet is the one code block of the page in a language.
func deployingSnippet(t *testing.T, language string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(kit.Root(t), "docs", "deploying.md"))
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, blocks, language)
	return blocks[0][1]
}

// findProgram finds a program in PATH, or where Debian keeps servers out of it.
func findProgram(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path, err = exec.LookPath(filepath.Join("/usr/sbin", name))
	}
	require.NoError(t, err, fmt.Sprintf("type: apt-get install -y %s", name))
	return path
}

// The configuration of the page is accepted without a remark about proxies.
func TestDeployingPage_configuration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "doorcode.yaml")
	require.NoError(t, os.WriteFile(path, []byte(deployingSnippet(t, "yaml")), 0o600))
	secret := []string{"DOORCODE_SECRET_KEY=mF3vT0yq8Jc5Rk2bWn7zLx4uHs9eGd6p"}
	result := kit.Run(t, kit.Binary(t), dir, secret, "config", "check", "--config", path)
	require.Zero(t, result.Code, result.Out+result.Err)
	require.NotContains(t, result.Out+result.Err, "trusted_proxies")
}
