package gateway

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/iotauth/policy"
)

func TestRetainedOverHTTPS(t *testing.T) {
	s := openSite(t)
	began := time.Now().Truncate(time.Millisecond)
	for i := range 5 {
		m := Message{Topic: fmt.Sprintf("doors/%d/ü", i), Payload: []byte("kept")[:i], QoS: byte(i % 2), Retain: true}
		if i == 4 {
			m.UserProperties = [][2]string{{"a", "1"}, {"a", "2"}}
		}
		if err := s.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	get := func(path string) map[string]any {
		t.Helper()
		status, body := s.signed(t, "GET", path)
		var answer map[string]any
		if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 200 {
			t.Fatalf("%s: %d %s\n%s", path, status, body, s.log)
		}
		return answer
	}
	recent := func(answer any) {
		t.Helper()
		m := answer.(map[string]any)
		if at := time.UnixMilli(int64(m["lastModifiedTime"].(float64))); at.Before(began) || at.After(time.Now()) {
			t.Errorf("modified at %v", at)
		}
		delete(m, "lastModifiedTime")
	}

	got := get("/retainedMessage/doors%2F4%2F%C3%BC")
	recent(got)
	want := map[string]any{"topic": "doors/4/ü", "payload": b64("kept"), "qos": 0.0, "userProperties": b64(`[{"a":"1"},{"a":"2"}]`)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := get("/retainedMessage/doors/3/%C3%BC"); got["userProperties"] != nil {
		t.Errorf("user properties %v", got["userProperties"])
	}
	var topics []any
	for path := "/retainedMessage?maxResults=3"; path != ""; { // the message without payload is not retained
		page := get(path)
		for _, one := range page["retainedTopics"].([]any) {
			recent(one)
			topics = append(topics, one)
		}
		if path = ""; page["nextToken"] != nil {
			path = "/retainedMessage?maxResults=3&nextToken=" + page["nextToken"].(string)
		}
	}
	var all []any
	for i := 1; i < 5; i++ {
		all = append(all, map[string]any{"topic": fmt.Sprintf("doors/%d/ü", i), "payloadSize": float64(i), "qos": float64(i % 2)})
	}
	if diff := cmp.Diff(all, topics); diff != "" {
		t.Error(diff)
	}
}

func TestRetainedRefusals(t *testing.T) {
	s := openSite(t, func(o *Options) {
		o.Keys = StaticKeys{siteKey: {Secret: siteSecret, Policies: []*policy.Document{policy.New(policy.Allow(policy.GetRetainedMessage).On(policy.Topic("doors/*")))}}}
	})
	for path, want := range map[string]int{
		"/retainedMessage/doors%2Fa":      404,
		"/retainedMessage/windows":        403,
		"/retainedMessage":                403,
		"/retainedMessage/":               400,
		"/retainedMessage/doors%2F%23":    400,
		"/retainedMessage?maxResults=0":   400,
		"/retainedMessage?maxResults=201": 400,
		"/retainedMessage?nextToken=!":    400,
	} {
		if status, body := s.signed(t, "GET", path); status != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, body := s.signed(t, "POST", "/retainedMessage"); status != 405 {
		t.Errorf("POST: %d %s", status, body)
	}
	if head, _ := s.send(t, "GET /retainedMessage/doors%2Fa HTTP/1.1\r\nHost: localhost\r\n"+s.customHeaders(t)+"\r\n"); head[:3] != "403" {
		t.Errorf("not signed: %s", head)
	}
}
