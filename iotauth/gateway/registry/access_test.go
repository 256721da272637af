package registry_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/gateway/registry"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// TestAccess: a key calls what its policies allow, and nothing else: one that a device's
// page has to publish with is no key to the registry.
func TestAccess(t *testing.T) {
	document := func(text string) []*policy.Document {
		d, err := policy.Parse([]byte(`{"Version": "2012-10-17", "Statement": ` + text + `}`))
		must(t, err)
		return []*policy.Document{d}
	}
	u := serve(t, open(t, ""), func(o *registry.HandlerOptions) {
		o.Keys = gateway.StaticKeys{
			"ADMIN":  {Secret: "s", Policies: document(`{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}`)},
			"READER": {Secret: "s", Principal: "reader", Policies: document(`{"Effect": "Allow", "Action": ["iot:Describe*", "iot:List*"], "Resource": "*"}`)},
			"FLEET7": {Secret: "s", Policies: document(`{"Effect": "Allow", "Action": "iot:CreateThing", "Resource": "arn:aws:iot:us-east-1:123456789012:thing/fleet7-*"}`)},
			"DEVICE": {Secret: "s", Policies: document(`{"Effect": "Allow", "Action": ["iot:Connect", "iot:Publish"], "Resource": "*"}`)},
			"NOBODY": {Secret: "s"},
		}
	})
	for _, test := range []struct {
		key, method, path string
		status            int
	}{
		{"ADMIN", "POST", "/things/a", 200},
		{"READER", "GET", "/things/a", 200},
		{"READER", "GET", "/things", 200},
		{"READER", "POST", "/things/b", 403},
		{"READER", "DELETE", "/things/a", 403},
		{"FLEET7", "POST", "/things/fleet7-1", 200},
		{"FLEET7", "POST", "/things/fleet8-1", 403},
		{"FLEET7", "GET", "/things", 403},
		{"DEVICE", "GET", "/things", 403},
		{"DEVICE", "POST", "/keys-and-certificate", 403},
		{"NOBODY", "GET", "/things", 403},
		{"NOBODY", "GET", "/jobs", 404},
		{"STRANGER", "GET", "/things", 403},
	} {
		status, kind, message := signed(t, test.key, test.method, u+test.path)
		if status != test.status {
			t.Errorf("%s %s %s: %d %s %s, want %d", test.key, test.method, test.path, status, kind, message, test.status)
		}
		if test.key == "READER" && status == 403 && (kind != "AccessDeniedException" || !strings.HasPrefix(message, "User: reader is not authorized to perform: iot:")) {
			t.Errorf("%s %s %s: %s %s", test.key, test.method, test.path, kind, message)
		}
	}
}

// signed sends a request that AWS's own signer signed.
func signed(t testing.TB, key, method, url string) (status int, kind, message string) {
	t.Helper()
	body := []byte("{}")
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	must(t, err)
	sum := sha256.Sum256(body)
	must(t, v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: key, SecretAccessKey: "s"}, request, hex.EncodeToString(sum[:]), "iot", "us-east-1", time.Now()))
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(t, err)
	var answer struct{ Message string }
	must(t, json.Unmarshal(text, &answer))
	return response.StatusCode, response.Header.Get("x-amzn-ErrorType"), answer.Message
}
