package sqs

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// FuzzRequest: whatever the body, the answer is JSON and no fault of the server's.
func FuzzRequest(f *testing.F) {
	actions := slices.Sorted(maps.Keys(operations))
	clock := newClock()
	e, _ := openEngine(f, "", withClock(clock))
	url := createQueue(f, newClient(e), "q", nil)
	for i := range actions {
		for _, body := range []string{
			`{}`, `null`, `[]`, ``, `{"QueueUrl":1}`,
			`{"QueueUrl":"/000000000000/q","MessageBody":"b","MaxNumberOfMessages":10,"VisibilityTimeout":0,"QueueName":"r","Attributes":{"DelaySeconds":"1"}}`,
			`{"QueueUrl":"/000000000000/q","ReceiptHandle":"AAAA","VisibilityTimeout":5,"AttributeNames":["All"],"TagKeys":["a"],"Tags":{"a":"b"}}`,
			`{"QueueUrl":"/000000000000/q","Entries":[{"Id":"1","MessageBody":"b","ReceiptHandle":"AAAA","MessageAttributes":{"n":{"DataType":"Number","StringValue":"1"}}}]}`,
			`{"QueueName":"s","Attributes":{"RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:q\",\"maxReceiveCount\":\"2\"}"}}`,
		} {
			f.Add(i, body)
		}
	}
	f.Fuzz(func(t *testing.T, action int, body string) {
		name := actions[uint(action)%uint(len(actions))]
		if name == "ReceiveMessage" && bytes.Contains(bytes.ToLower([]byte(body)), []byte("waittimeseconds")) {
			t.Skip("would wait")
		}
		if _, _, _, err := e.Depth(url); err != nil { // an input deleted it
			createQueue(t, newClient(e), "q", nil)
		}
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader([]byte(body)))
		r.Header.Set("X-Amz-Target", "AmazonSQS."+name)
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		if w.Code >= 500 || w.Code != http.StatusOK && w.Header().Get("X-Amzn-Query-Error") == "" {
			t.Fatalf("%s %q: %d %s", name, body, w.Code, w.Body)
		}
		if w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%s %q: %s", name, body, w.Body)
		}
	})
}

func TestRequestsThatAreNone(t *testing.T) {
	e, _, _ := newTest(t)
	for _, tt := range []struct {
		name, method, target, body string
		status                     int
	}{
		{"a browser's GET", "GET", "", "", 404},
		{"another service's target", "POST", "DynamoDB_20120810.ListTables", "{}", 404},
		{"an action nobody has", "POST", "AmazonSQS.Fly", "{}", 400},
		{"a body above the bound", "POST", "AmazonSQS.SendMessage", string(make([]byte, maxBody+1)), 413},
		{"a number where text belongs", "POST", "AmazonSQS.SendMessage", `{"QueueUrl":1}`, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, "/", bytes.NewReader([]byte(tt.body)))
			r.Header.Set("X-Amz-Target", tt.target)
			w := httptest.NewRecorder()
			e.ServeHTTP(w, r)
			if w.Code != tt.status {
				t.Errorf("%d %s, want %d", w.Code, w.Body, tt.status)
			}
		})
	}
}
