//go:build aws

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iot"

	"github.com/askaround/askaround-go/iotauth/policy"
)

// fakeIoT answers the three operations that the recorder uses, decided by package policy,
// for an account and a region that are not those of the cases.
type fakeIoT struct {
	mu       sync.Mutex
	policies map[string]*policy.Document
	created  int
}

func (f *fakeIoT) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := strings.TrimPrefix(r.URL.Path, "/policies/")
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/test-authorization":
		f.test(w, r)
	case r.Method == http.MethodPost:
		var in struct{ PolicyDocument string }
		doc := new(policy.Document)
		if json.NewDecoder(r.Body).Decode(&in) != nil || json.Unmarshal([]byte(in.PolicyDocument), doc) != nil {
			http.Error(w, `{"message":"malformed"}`, http.StatusBadRequest)
			return
		}
		f.created++
		f.policies[name] = doc
		json.NewEncoder(w).Encode(map[string]string{"policyName": name, "policyArn": "arn:aws:iot:ap-south-1:111122223333:policy/" + name})
	case r.Method == http.MethodDelete:
		delete(f.policies, name)
	}
}

func (f *fakeIoT) test(w http.ResponseWriter, r *http.Request) {
	var in struct {
		AuthInfos []struct {
			ActionType string
			Resources  []string
		}
		PolicyNamesToAdd []string
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var docs []*policy.Document
	for _, name := range in.PolicyNamesToAdd {
		docs = append(docs, f.policies[name])
	}
	set, err := policy.Compile(docs...)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	context := policy.Context{}
	if id := r.URL.Query().Get("clientId"); id != "" {
		context[policy.KeyClientID] = []string{id}
	}
	d := set.Evaluate(policy.Request{
		Action: policy.Action("iot:" + in.AuthInfos[0].ActionType), Resource: in.AuthInfos[0].Resources[0], Context: context,
	})
	json.NewEncoder(w).Encode(map[string]any{"authResults": []any{d}})
}

// TestRecorder records all cases from a server that decides as the documented rules do.
func TestRecorder(t *testing.T) {
	fake := &fakeIoT{policies: map[string]*policy.Document{}}
	server := httptest.NewServer(fake)
	defer server.Close()
	client := iot.New(iot.Options{
		Region: "ap-south-1", BaseEndpoint: aws.String(server.URL),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
		}),
	})
	in, err := os.Open("../testdata/recordable.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out bytes.Buffer
	r := recorder{client: client, region: "ap-south-1"}
	if err := r.all(t.Context(), in, &out); err != nil {
		t.Fatal(err)
	}
	if len(fake.policies) != 0 || fake.created == 0 {
		t.Errorf("%d policies of %d are left", len(fake.policies), fake.created)
	}
	n := 0
	for d := json.NewDecoder(&out); d.More(); n++ {
		var l line
		if err := d.Decode(&l); err != nil {
			t.Fatal(err)
		}
		if l.Answer.Verdict != l.Want || l.Recorded == "" {
			t.Errorf("%s: recorded %s, want %s", l.Reason, l.Answer.Verdict, l.Want)
		}
	}
	if n == 0 {
		t.Error("nothing recorded")
	}
}
