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
		Credentials:  credentials.NewStaticCredentialsProvider(l.keys.ownID, l.keys.ownSecret, ""),
		HTTPClient:   inprocess.NewClient(l.Handler()),
		BaseEndpoint: aws.String("http://localaws.invalid"),
	}
}

// Handler returns the services as they are reached over a socket.
func (l *Local) Handler() http.Handler {
	tables := l.guard(service{l.dynamodb, "dynamodb"}) // answers unknown targets as AWS does
	queues := l.guard(service{l.sqs, "sqs"})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sqs.Speaks(r) {
			queues.ServeHTTP(w, r)
			return
		}
		tables.ServeHTTP(w, r)
	})
}

// Transport returns an [http.RoundTripper] to the services without a socket.
func (l *Local) Transport() http.RoundTripper { return inprocess.Transport(l.Handler()) }
