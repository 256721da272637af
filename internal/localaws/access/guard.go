package access

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/askaround/askaround-go/internal/sigv4"
)

// Request is one thing that a session wants to do.
type Request struct {
	AccessKeyID string
	Action      string // "dynamodb:PutItem"
	Resource    string // an ARN, or "*"
	Context     map[string][]string
}

// Authorizer decides, and names the session as AWS does in refusals:
// "arn:aws:sts::123456789012:assumed-role/role/session".
type Authorizer func(Request) (principal string, allowed bool)

// Options configure a guard. A zero value means the default.
type Options struct {
	// Region and AccountID stand in the ARNs of tables, as in localaws.Options. Defaults
	// "us-east-1" and "000000000000".
	Region, AccountID string
}

// unknown is the value of condition keys that are not worked out.
const unknown = "(not evaluated)"

// Guard lets the requests of sessions through to next where authorize allows them.
func Guard(next http.Handler, sessions sigv4.Provider, authorize Authorizer, optFns ...func(*Options)) (http.Handler, error) {
	o := Options{Region: "us-east-1", AccountID: "000000000000"}
	for _, fn := range optFns {
		fn(&o)
	}
	verifier, err := sigv4.New(sessions, []string{"dynamodb", "sqs"}, func(v *sigv4.Options) { v.Regions = []string{o.Region} })
	if err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		identity, err := verifier.Verify(r)
		if err != nil {
			next.ServeHTTP(w, r) // which says why in its protocol, or knows the key
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			next.ServeHTTP(w, r)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		for _, want := range o.wants(r.Header.Get("X-Amz-Target"), body) {
			want.AccessKeyID = identity.AccessKeyID
			want.Context = map[string][]string{"dynamodb:LeadingKeys": {unknown}, "dynamodb:Attributes": {unknown}, "dynamodb:Select": {unknown}}
			if principal, allowed := authorize(want); !allowed {
				refuse(w, principal, want)
				return
			}
		}
		next.ServeHTTP(w, r)
	}), nil
}

// refuse answers in the JSON protocol of DynamoDB, in AWS's words.
func refuse(w http.ResponseWriter, principal string, r Request) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-Requestid", rand.Text())
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{ // who went away is not told
		"__type": "com.amazon.coral.service#AccessDeniedException",
		"Message": fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s because no identity-based policy allows the %s action",
			principal, r.Action, r.Resource, r.Action),
	})
}
