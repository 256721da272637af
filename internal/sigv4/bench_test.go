package sigv4

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// BenchmarkVerify has the Go SDK's signer as its baseline: what a client pays to sign.
func BenchmarkVerify(b *testing.B) {
	signer, credentials := v4.NewSigner(), aws.Credentials{AccessKeyID: suiteKey, SecretAccessKey: suiteSecret}
	for _, size := range []int{300, 64 << 10} {
		p := plan{Method: "POST", URL: "http://localhost:8000/", Body: bytes.Repeat([]byte("b"), size), Headers: [][2]string{{"X-Amz-Target", "DynamoDB_20120810.PutItem"}, {"Content-Type", "application/x-amz-json-1.0"}}}
		b.Run(fmt.Sprintf("sign/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := p.request(b)
				if err := signer.SignHTTP(b.Context(), credentials, r, p.hash(), "service", "us-east-1", suiteTime); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("verify/%d", size), func(b *testing.B) {
			r := p.request(b)
			if err := signer.SignHTTP(b.Context(), credentials, r, p.hash(), "service", "us-east-1", suiteTime); err != nil {
				b.Fatal(err)
			}
			v := p.verifier(b)
			b.ReportAllocs()
			for b.Loop() {
				r.Body = readAgain{bytes.NewReader(p.Body), http.NoBody}
				if _, err := v.Verify(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
