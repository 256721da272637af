package credprovider_test

import (
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/askaround/askaround-go/credprovider"
)

// TestTenThousandCallers come at once to a provider that has nothing, over a real network.
func TestTenThousandCallers(t *testing.T) {
	w := newWorld(t)
	p := w.provider(t)
	var callers sync.WaitGroup
	for range 10_000 {
		callers.Go(func() { retrieve(t, p) })
	}
	callers.Wait()
	if c := w.Counts(); c.Requests != 1 || c.Handshakes != 1 {
		t.Errorf("%+v", c)
	}
}

// TestLoadDefaultConfig is how most programs give a provider to AWS's clients.
func TestLoadDefaultConfig(t *testing.T) {
	w := newWorld(t)
	p := w.provider(t)
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("us-east-1"), config.WithCredentialsProvider(p))
	must(t, err)
	c, err := cfg.Credentials.Retrieve(t.Context())
	must(t, err)
	if _, cached := cfg.Credentials.(*aws.CredentialsCache); !cached {
		t.Errorf("%T is no cache: this test and the package's doc are out of date", cfg.Credentials)
	}
	if !c.Expires.Before(p.Status().Expires) || !aws.IsCredentialsProvider(cfg.Credentials, (*credprovider.Provider)(nil)) {
		t.Errorf("expires %v, in truth %v", c.Expires, p.Status().Expires)
	}
	p.Configure(&cfg)
	if cfg.Credentials != aws.CredentialsProvider(p) || len(cfg.APIOptions) == 0 {
		t.Errorf("got %T and %d options", cfg.Credentials, len(cfg.APIOptions))
	}
}

// BenchmarkFetch is one exchange: with a full handshake, and with a TLS session that is
// resumed.
func BenchmarkFetch(b *testing.B) {
	b.Run("cold", func(b *testing.B) {
		w := newWorld(b)
		for b.Loop() {
			p := w.provider(b)
			retrieve(b, p)
			p.Close()
		}
		b.ReportMetric(float64(w.Counts().Handshakes)/float64(b.N), "handshakes/op")
	})
	b.Run("resumed", func(b *testing.B) {
		w := newWorld(b)
		p := w.provider(b)
		retrieve(b, p)
		for b.Loop() {
			refresh(b, p)
		}
		b.ReportMetric(float64(w.Counts().Handshakes-1)/float64(b.N), "handshakes/op")
	})
}
