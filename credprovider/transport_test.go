package credprovider_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/askaround/askaround-go/credprovider"
	"github.com/askaround/askaround-go/credprovider/credprovidertest"
)

// TestOtherTLS: neither the newest TLS nor session tickets are relied upon.
func TestOtherTLS(t *testing.T) {
	for _, tt := range []struct {
		name       string
		change     func(*tls.Config)
		handshakes int
	}{
		{"TLS 1.2", func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, 1},
		{"TLS 1.3", func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }, 1},
		{"TLS 1.2 without tickets", func(c *tls.Config) { c.MaxVersion, c.SessionTicketsDisabled = tls.VersionTLS12, true }, 3},
		{"TLS 1.3 without tickets", func(c *tls.Config) { c.SessionTicketsDisabled = true }, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, func(o *credprovidertest.Options) { o.TLS = tt.change })
			p := w.provider(t)
			for range 3 {
				refresh(t, p)
			}
			if n := w.Counts().Handshakes; n != tt.handshakes {
				t.Errorf("%d handshakes, want %d", n, tt.handshakes)
			}
		})
	}
}

func TestIPv6(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	w := newWorld(t, func(o *credprovidertest.Options) { o.Listener = l })
	retrieve(t, w.provider(t))
}

// TestProxy sends everything through a proxy, which sees TLS only.
func TestProxy(t *testing.T) {
	w := newWorld(t)
	var tunnels atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(rw, "only CONNECT", http.StatusMethodNotAllowed)
			return
		}
		tunnels.Add(1)
		far, err := net.Dial("tcp", r.Host)
		if err != nil {
			http.Error(rw, err.Error(), http.StatusBadGateway)
			return
		}
		defer far.Close()
		near, _, err := http.NewResponseController(rw).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer near.Close()
		_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(far, near) }()
		_, _ = io.Copy(near, far) // until one of them ends it
	}))
	t.Cleanup(proxy.Close)
	u, err := url.Parse(proxy.URL)
	must(t, err)
	p := w.provider(t, func(o *credprovider.Options) { o.Proxy = http.ProxyURL(u) })
	retrieve(t, p)
	if tunnels.Load() != 1 {
		t.Errorf("%d tunnels", tunnels.Load())
	}
}

// TestHTTPClient is a client that somebody else configured.
func TestHTTPClient(t *testing.T) {
	w := newWorld(t)
	identity, err := credprovider.FromCertificate(w.device.TLS)
	must(t, err)
	config := credprovider.TLSConfig(identity, w.CA.Pool())
	transport := &http.Transport{TLSClientConfig: config}
	defer transport.CloseIdleConnections()
	for name, client := range map[string]credprovider.HTTPClient{
		"standard library": &http.Client{Transport: transport},
		"AWS":              awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) { tr.TLSClientConfig = config.Clone() }),
	} {
		t.Run(name, func(t *testing.T) {
			p := w.providerOf(t, nil, func(o *credprovider.Options) { o.HTTPClient = client })
			retrieve(t, p)
		})
	}
}

func TestRetrieveWithExpiry(t *testing.T) {
	w := newWorld(t)
	p := w.provider(t)
	c, err := p.RetrieveWithExpiry(t.Context())
	must(t, err)
	s, ok := w.Session(c.AccessKeyID)
	if !ok || !c.Expires.Equal(s.Expires) || !c.CanExpire || c.SessionToken != s.SessionToken {
		t.Errorf("expires %v, the service says %v", c.Expires, s.Expires)
	}
	w.Close()
	if _, err := w.provider(t).RetrieveWithExpiry(t.Context()); err == nil {
		t.Error("credentials from nowhere")
	}
}

// TestConfiguredTwice adds one middleware.
func TestConfiguredTwice(t *testing.T) {
	w := newWorld(t)
	f := newFarSide(t, w)
	f.create(t, thing)
	p, other := w.provider(t), w.provider(t)
	cfg := f.local.Config()
	other.Configure(&cfg)
	p.Configure(&cfg)
	p.Configure(&cfg)
	client := f.clientOf(cfg)
	for range 2 {
		_, err := client.PutItem(t.Context(), record(thing))
		must(t, err)
		f.expire(p.Status().AccessKeyID)
	}
	if n := w.Counts().Requests; n != 2 {
		t.Errorf("%d requests for credentials", n)
	}
}
