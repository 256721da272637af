package gateway

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkPublishHTTPS is a request on a connection that is kept, and beside it the same
// request to a server that does nothing but read it and answer as long.
func BenchmarkPublishHTTPS(b *testing.B) {
	s := openSite(b, func(o *Options) { o.Limits.PublishRate = 1e9; o.Tap = nil })
	bare := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"message":"OK","traceId":"00000000-0000-0000-0000-000000000000"}`)
	}))
	bare.TLS = s.Gateway.routeTLS(route{alpn: "http/1.1", certificate: true})
	bare.StartTLS()
	defer bare.Close()
	_, bareAt, _ := strings.Cut(bare.URL, "//")
	headers := http.Header{} // signed once: what is measured is the server
	if err := s.credentials(b).SetHeader(headers); err != nil {
		b.Fatal(err)
	}
	for _, row := range []struct {
		name, address string
		config        *tls.Config
		custom        bool
	}{
		{"net/http", bareAt, s.tls("http/1.1", s.device), false},
		{"certificate", s.address[Port8443], s.tls("", s.device), false},
		{"custom authorizer", s.address[Port443], s.tls("http/1.1"), true},
	} {
		b.Run(row.name, func(b *testing.B) {
			transport := &http.Transport{DialTLSContext: (&tls.Dialer{Config: row.config, NetDialer: &net.Dialer{}}).DialContext}
			defer transport.CloseIdleConnections()
			_, port, _ := net.SplitHostPort(row.address)
			b.ReportAllocs()
			for b.Loop() {
				r, err := http.NewRequest(http.MethodPost, "https://localhost:"+port+"/topics/doors%2Fa?qos=1", strings.NewReader(strings.Repeat("x", 200)))
				if err != nil {
					b.Fatal(err)
				}
				if row.custom {
					r.Header = headers.Clone()
				}
				response, err := transport.RoundTrip(r)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
				if response.StatusCode != http.StatusOK {
					b.Fatal(response.Status)
				}
			}
		})
	}
}
