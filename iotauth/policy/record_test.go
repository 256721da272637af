package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
)

// A recordable is a case that the operation TestAuthorization can be asked, with the answer
// where it was asked. The command in directory record fills that in.
type recordable struct {
	Reason   string      `json:"reason"`
	Policies []*Document `json:"policies"`
	ClientID string      `json:"clientId,omitempty"`
	Action   Action      `json:"action"`
	Resource string      `json:"resource"`
	Want     Verdict     `json:"want"`               // by the documented rules
	Answer   *Decision   `json:"answer,omitempty"`   // of AWS
	Recorded string      `json:"recorded,omitempty"` // date
}

// recordables are the documented cases that need no thing, certificate or CONNECT packet.
func recordables(t *testing.T) []recordable {
	var out []recordable
	for _, c := range decisionCases(t) {
		conn := c.conn
		asked := slices.Contains([]Action{Connect, Publish, Subscribe, Receive}, c.action)
		plain := conn.Thing == nil && conn.Certificate == nil && !conn.SourceIP.IsValid() && conn.DomainName == "" && len(conn.Extra) == 0 &&
			conn.ConnectAttributes == nil && conn.LastWillTopic == "" && conn.Protocol == MQTT && conn.Region == ""
		if !asked || !plain || slices.ContainsFunc(c.docs, func(d oracleDoc) bool { return d.group || len(d.Statements) == 0 }) {
			continue
		}
		// AWS would take its own clock and region, and look for a thing in the registry.
		own := func(key string) bool { return strings.Contains(c.docs[0].String(), key) }
		if slices.ContainsFunc([]string{KeyCurrentTime, KeyEpochTime, KeyIsAttached, KeySecureTransport, "iot:us-*"}, own) {
			continue
		}
		r := recordable{Reason: c.reason, ClientID: conn.ClientID, Action: c.action, Resource: conn.Request(c.action, c.name).Resource, Want: c.want}
		for _, d := range c.docs {
			r.Policies = append(r.Policies, d.Document)
		}
		out = append(out, r)
	}
	return out
}

// TestRecordables keeps the list that the recorder reads.
func TestRecordables(t *testing.T) {
	list := recordables(t)
	if len(list) < 150 {
		t.Errorf("only %d cases can be recorded", len(list))
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, r := range list {
		if err := e.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "testdata/recordable.jsonl", b.String())
}

// TestRecordedAnswers holds the evaluator against what AWS answered.
func TestRecordedAnswers(t *testing.T) {
	text, err := os.ReadFile("testdata/recorded.jsonl")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("nobody with an AWS account has recorded answers yet: see directory record")
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range replay(string(text)) {
		t.Error(err)
	}
}

// replay decides recorded cases, and returns where AWS decided otherwise.
func replay(text string) []error {
	var out []error
	for d := json.NewDecoder(strings.NewReader(text)); d.More(); {
		var r recordable
		if err := d.Decode(&r); err != nil {
			return append(out, err)
		}
		set, err := Compile(r.Policies...)
		if err != nil || r.Answer == nil {
			out = append(out, fmt.Errorf("%s: no answer, or no policy: %v", r.Reason, err))
			continue
		}
		request := Request{Action: r.Action, Resource: r.Resource, Context: Context{}}
		if r.ClientID != "" {
			request.Context[KeyClientID] = []string{r.ClientID}
		}
		e := set.Explain(request)
		if e.Verdict != r.Answer.Verdict {
			out = append(out, fmt.Errorf("%s: AWS said %s on %s: %s", r.Reason, r.Answer.Verdict, r.Recorded, e))
		}
	}
	return out
}

// TestReplay: an answer that differs is reported.
func TestReplay(t *testing.T) {
	line := `{"reason":"r","policies":[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:r:1:topic/${iot:ClientId}"}]}],` +
		`"clientId":"c","action":"iot:Publish","resource":"arn:aws:iot:r:1:topic/c","want":"ALLOWED","answer":{"authDecision":"%s"}}` + "\n"
	if got := replay(fmt.Sprintf(line, "ALLOWED")); got != nil {
		t.Error(got)
	}
	if got := replay(fmt.Sprintf(line, "IMPLICIT_DENY")); len(got) != 1 {
		t.Error(got)
	}
	if got := replay(strings.Replace(fmt.Sprintf(line, "ALLOWED"), `,"answer":{"authDecision":"ALLOWED"}`, "", 1)); len(got) != 1 {
		t.Error(got)
	}
}
