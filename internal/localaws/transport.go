package localaws

import (
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/askaround/askaround-go/internal/inprocess"
	"github.com/askaround/askaround-go/internal/localaws/sqs"
)

// Config returns the configuration of AWS clients that call the services in the
// process. It reads no environment and no files.
func (l *Local) Config() aws.Config {
	return aws.Config{
		Region:       l.options.Region,
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
		HTTPClient:   &http.Client{Transport: l.Transport()},
		BaseEndpoint: aws.String("http://localaws.invalid"),
	}
}

// Handler returns the services as they are reached over a socket.
func (l *Local) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sqs.Speaks(r) {
			l.sqs.ServeHTTP(w, r)
			return
		}
		l.dynamodb.ServeHTTP(w, r) // answers unknown targets as AWS does
	})
}

// Transport returns an [http.RoundTripper] to the services without a socket.
func (l *Local) Transport() http.RoundTripper { return inprocess.Transport(l.Handler()) }
