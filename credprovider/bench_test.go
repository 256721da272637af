package credprovider

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// BenchmarkRetrieve has the credentials at hand. The peer is AWS's cache over a provider
// that asks the service each time.
func BenchmarkRetrieve(b *testing.B) {
	s := &source{answer: "fresh", lifetime: time.Hour}
	ours, err := New("endpoint.example", "alias", nil, func(o *Options) { o.HTTPClient = s })
	if err != nil {
		b.Fatal(err)
	}
	defer ours.Close()
	for _, bench := range []struct {
		name     string
		provider aws.CredentialsProvider
	}{
		{"credprovider", ours},
		{"aws.CredentialsCache", aws.NewCredentialsCache(plain{s})},
		{"aws.CredentialsCache/credprovider", aws.NewCredentialsCache(ours)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := bench.provider.Retrieve(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(bench.name+"/parallel", func(b *testing.B) {
			b.ReportAllocs()
			ctx := b.Context()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := bench.provider.Retrieve(ctx); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// plain asks the service in each call, as providers that are made for a cache do.
type plain struct{ client HTTPClient }

func (p plain) Retrieve(ctx context.Context) (aws.Credentials, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://endpoint.example/", nil)
	if err != nil {
		return aws.Credentials{}, err
	}
	response, err := p.client.Do(request)
	if err != nil {
		return aws.Credentials{}, err
	}
	defer response.Body.Close()
	body := make([]byte, maxAnswer)
	n, _ := response.Body.Read(body)
	g, failure := parseGrant(response, body[:n])
	if failure != nil {
		return aws.Credentials{}, failure
	}
	return g.credentials, nil
}

// TestRetrieveDoesNotAllocate, and so costs no garbage collection.
func TestRetrieveDoesNotAllocate(t *testing.T) {
	p := newFake(t, &source{answer: "fresh", lifetime: time.Hour})
	defer p.Close()
	if _, err := p.Retrieve(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if n := testing.AllocsPerRun(1000, func() { _, _ = p.Retrieve(ctx) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
