package localaws_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Requests of SQS's older protocol find their way too; DynamoDB has no forms.
func TestRouting(t *testing.T) {
	local := open(t, "")
	defer local.Close()
	server := httptest.NewServer(local.Handler())
	defer server.Close()
	for _, tt := range []struct {
		name, method, target, path, form string
		want                             string
	}{
		{"SQS in JSON", "POST", "AmazonSQS.ListQueues", "/", "{}", "{}"},
		{"SQS by form", "POST", "", "/", "Action=ListQueues&Version=2012-11-05", "<ListQueuesResponse"},
		{"SQS by query", "GET", "", "/?Action=ListQueues&Version=2012-11-05", "", "<ListQueuesResponse"},
		{"DynamoDB", "POST", "DynamoDB_20120810.ListTables", "/", "{}", `"TableNames"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), tt.method, server.URL+tt.path, strings.NewReader(tt.form))
			if err != nil {
				t.Fatal(err)
			}
			if r.Header.Set("Content-Type", "application/x-www-form-urlencoded"); tt.target != "" {
				r.Header.Set("X-Amz-Target", tt.target)
				r.Header.Set("Content-Type", "application/x-amz-json-1.0")
			}
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=0")
			r.Header.Set("X-Amz-Date", "20260101T000000Z")
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(body), tt.want) {
				t.Errorf("%s %s, %v; want %s", response.Status, body, err, tt.want)
			}
		})
	}
}
