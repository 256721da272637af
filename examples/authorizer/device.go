package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/askaround/askaround-go/iotauth"
)

// device is what lies on a device: where AWS IoT is, and whom it trusts to be that.
type device struct {
	endpoint string // host, or host:port
	roots    *x509.CertPool
}

// newDevice reads the file of authorities; none means the system's.
func newDevice(endpoint, ca string) (*device, error) {
	d := &device{endpoint: endpoint}
	if ca == "" {
		return d, nil
	}
	text, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	d.roots = x509.NewCertPool()
	if !d.roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate in PEM form", ca)
	}
	return d, nil
}

// answer is what AWS IoT says to a publication by HTTPS.
type answer struct {
	status    string // "200 OK"
	code      int
	body      string
	requestID string
}

func (a answer) String() string { return a.status + " " + a.body }

// publish publishes by HTTPS with a token.
func (d *device) publish(ctx context.Context, c iotauth.Credentials, topic, payload string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+d.endpoint+"/topics/"+url.PathEscape(topic)+"?qos=1", strings.NewReader(payload))
	if err != nil {
		return answer{}, err
	}
	if err := c.SetHeader(request.Header); err != nil {
		return answer{}, err
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: d.roots}}}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	return answer{response.Status, response.StatusCode, string(body), response.Header.Get("x-amzn-RequestId")}, err
}

// mqtt opens a connection for MQTT with a custom authorizer: port 443, and the protocol
// "mqtt" in ALPN.
func (d *device) mqtt(ctx context.Context) (net.Conn, error) {
	host, port, err := net.SplitHostPort(d.endpoint)
	if err != nil {
		host, port = d.endpoint, "443"
	}
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: d.roots, ServerName: host, NextProtos: []string{"mqtt"}}}
	return dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, port))
}

// errAnswer: the gateway answered otherwise than the example says.
var errAnswer = errors.New("not the answer that was expected")

func (a answer) expect(code int) error {
	if a.code != code {
		return fmt.Errorf("%w: status %s where %d should be", errAnswer, a, code)
	}
	return nil
}
