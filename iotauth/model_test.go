package iotauth

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/askaround/askaround-go/iotauth/policy"
)

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// plain is JSON for comparison: a list of one is its element, as in policies.
func plain(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return unwrap(v)
}

func unwrap(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = unwrap(v[i])
		}
		if len(v) == 1 {
			return v[0]
		}
	case map[string]any:
		for k := range v {
			v[k] = unwrap(v[k])
		}
	}
	return v
}

// TestEventsAreAWSs reads the documented events, writes them again unchanged, and reads
// them as aws-lambda-go does.
func TestEventsAreAWSs(t *testing.T) {
	for _, file := range []string{"event-mqtt-ws.json", "event-certificate.json"} {
		data := read(t, file)
		var request Request
		if err := json.Unmarshal(data, &request); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		ignoreEmpty := cmpopts.IgnoreMapEntries(func(_ string, v any) bool { return v == "" })
		if diff := cmp.Diff(plain(t, data), plain(t, again), ignoreEmpty); diff != "" {
			t.Errorf("%s changes (-documented +ours):\n%s", file, diff)
		}
		var theirs, theirsOfOurs events.IoTCoreCustomAuthorizerRequest
		if err := errors.Join(json.Unmarshal(data, &theirs), json.Unmarshal(again, &theirsOfOurs)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(theirs, theirsOfOurs); diff != "" {
			t.Errorf("%s: aws-lambda-go reads another event (-documented +ours):\n%s", file, diff)
		}
		if got, want := string(request.ProtocolData.MQTT.Password), string(theirs.ProtocolData.MQTT.Password); got != want {
			t.Errorf("%s: password %q, aws-lambda-go has %q", file, got, want)
		}
	}
}

func TestCertificateFields(t *testing.T) {
	var request Request
	if err := json.Unmarshal(read(t, "event-certificate.json"), &request); err != nil {
		t.Fatal(err)
	}
	tls := request.ProtocolData.TLS
	if !strings.HasPrefix(tls.X509CertificatePEM, "-----BEGIN") || len(tls.PrincipalID) != 64 || request.certificatePrincipal() != tls.PrincipalID {
		t.Errorf("certificate fields are lost: %+v", tls)
	}
}

// TestAnswersAreAWSs does the same for answers. One with conditions is beyond
// aws-lambda-go.
func TestAnswersAreAWSs(t *testing.T) {
	data := read(t, "answer.json")
	var response Response
	if err := json.Unmarshal(data, &response); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(&response)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plain(t, data), plain(t, again)); diff != "" {
		t.Errorf("the answer changes (-documented +ours):\n%s", diff)
	}
	var theirs events.IoTCoreCustomAuthorizerResponse
	if err := json.Unmarshal(data, &theirs); err != nil {
		t.Fatal(err)
	}
	theirJSON, err := json.Marshal(theirs)
	if err != nil {
		t.Fatal(err)
	}
	var ours Response
	if err := json.Unmarshal(theirJSON, &ours); err != nil {
		t.Fatal(err)
	}
	if ours.DisconnectAfter != 24*time.Hour || ours.RefreshAfter != 5*time.Minute || ours.PrincipalID != theirs.PrincipalID ||
		ours.PolicyDocuments[0].String() != response.PolicyDocuments[0].String() || ours.Validate(nil) != nil {
		t.Errorf("aws-lambda-go's answer is read as %+v", ours)
	}
}

func TestAnswerKeepsEveryElement(t *testing.T) {
	data := read(t, "answer-conditions.json")
	var response Response
	if err := json.Unmarshal(data, &response); err != nil {
		t.Fatal(err)
	}
	if err := response.Validate(nil); err != nil {
		t.Error(err)
	}
	again, err := json.Marshal(&response)
	if err != nil {
		t.Fatal(err)
	}
	want := plain(t, data).(map[string]any)
	documents := want["policyDocuments"].([]any)
	documents[1] = plain(t, []byte(documents[1].(string))) // strings become objects
	if diff := cmp.Diff(any(want), plain(t, again)); diff != "" {
		t.Errorf("the answer changes (-read +written):\n%s", diff)
	}
}

func TestRefusalInJSON(t *testing.T) {
	data, err := json.Marshal(&Response{})
	if err != nil || string(data) != `{"isAuthenticated":false}` {
		t.Errorf("%s, %v", data, err)
	}
}

// good returns an answer that is valid.
func good() *Response {
	return &Response{
		IsAuthenticated: true,
		PrincipalID:     "Sensor7",
		DisconnectAfter: time.Hour,
		RefreshAfter:    10 * time.Minute,
		PolicyDocuments: []*policy.Document{policy.New(policy.Allow(policy.Publish).On(policy.Topic("customauthtesting")))},
	}
}

// sized returns a document of n characters.
func sized(t *testing.T, n int) *policy.Document {
	t.Helper()
	d := policy.New(policy.Allow(policy.Publish).On(policy.Topic("é")))
	d = policy.New(policy.Allow(policy.Publish).On(policy.Topic("é" + strings.Repeat("t", n-d.Size()))))
	if d.Size() != n {
		t.Fatalf("%d characters, want %d", d.Size(), n)
	}
	return d
}

func documents(n int) []*policy.Document {
	list := make([]*policy.Document, n)
	for i := range list {
		list[i] = policy.New(policy.Allow(policy.Connect).On(policy.Client("*")))
	}
	return list
}

// TestLimits goes to both sides of each limit; "" is the field of a valid answer.
func TestLimits(t *testing.T) {
	certificate := &Request{ProtocolData: &ProtocolData{TLS: &TLSData{PrincipalID: "Sensor7"}}}
	for why, row := range map[string]struct {
		change  func(r *Response)
		request *Request
		field   string
	}{
		"valid":                           {func(*Response) {}, nil, ""},
		"a refusal needs nothing":         {func(r *Response) { *r = Response{PrincipalID: "not valid"} }, nil, ""},
		"no principal":                    {func(r *Response) { r.PrincipalID = "" }, nil, "principalId"},
		"principal of 128":                {func(r *Response) { r.PrincipalID = strings.Repeat("x", 128) }, nil, ""},
		"principal of 129":                {func(r *Response) { r.PrincipalID = strings.Repeat("x", 129) }, nil, "principalId"},
		"principal with a dash":           {func(r *Response) { r.PrincipalID = "a-b" }, nil, "principalId"},
		"principal with a letter beyond":  {func(r *Response) { r.PrincipalID = "é" }, nil, "principalId"},
		"the certificate's principal":     {func(*Response) {}, certificate, ""},
		"not the certificate's principal": {func(r *Response) { r.PrincipalID = "Sensor8" }, certificate, "principalId"},
		"disconnect after 299 s":          {func(r *Response) { r.DisconnectAfter = 299 * time.Second }, nil, "disconnectAfterInSeconds"},
		"disconnect after 300 s":          {func(r *Response) { r.DisconnectAfter = 300 * time.Second }, nil, ""},
		"disconnect after 86,400 s":       {func(r *Response) { r.DisconnectAfter = 86400 * time.Second }, nil, ""},
		"disconnect after 86,401 s":       {func(r *Response) { r.DisconnectAfter = 86401 * time.Second }, nil, "disconnectAfterInSeconds"},
		"never disconnect":                {func(r *Response) { r.DisconnectAfter = 0 }, nil, "disconnectAfterInSeconds"},
		"refresh after 299 s":             {func(r *Response) { r.RefreshAfter = 299 * time.Second }, nil, "refreshAfterInSeconds"},
		"refresh after 86,401 s":          {func(r *Response) { r.RefreshAfter = 86401 * time.Second }, nil, "refreshAfterInSeconds"},
		"refresh later than disconnect":   {func(r *Response) { r.RefreshAfter = 2 * time.Hour }, nil, ""},
		"half a second":                   {func(r *Response) { r.RefreshAfter = 300*time.Second + 500*time.Millisecond }, nil, "refreshAfterInSeconds"},
		"no document":                     {func(r *Response) { r.PolicyDocuments = nil }, nil, ""},
		"10 documents":                    {func(r *Response) { r.PolicyDocuments = documents(10) }, nil, ""},
		"11 documents":                    {func(r *Response) { r.PolicyDocuments = documents(11) }, nil, "policyDocuments"},
		"2,048 characters":                {func(r *Response) { r.PolicyDocuments[0] = sized(t, 2048) }, nil, ""},
		"2,049 characters":                {func(r *Response) { r.PolicyDocuments[0] = sized(t, 2049) }, nil, "policyDocuments[0]"},
		"a nil document":                  {func(r *Response) { r.PolicyDocuments = append(r.PolicyDocuments, nil) }, nil, "policyDocuments[1]"},
		"a document that is none": {func(r *Response) {
			r.PolicyDocuments[0] = policy.New(policy.Statement{Effect: "allow"})
		}, nil, "policyDocuments[0]"},
	} {
		response := good()
		row.change(response)
		err := response.Validate(row.request)
		var field *FieldError
		switch {
		case row.field == "" && err != nil:
			t.Errorf("%s: %v", why, err)
		case row.field != "" && (!errors.As(err, &field) || field.Field != row.field || !errors.Is(err, ErrResponse) || !strings.Contains(err.Error(), row.field)):
			t.Errorf("%s: error %v, want one of %s", why, err, row.field)
		}
	}
}

func TestValidateReportsEverything(t *testing.T) {
	err := (&Response{IsAuthenticated: true, PolicyDocuments: documents(11)}).Validate(nil)
	for _, field := range []string{"principalId", "disconnectAfterInSeconds", "refreshAfterInSeconds", "policyDocuments"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("no %s in: %v", field, err)
		}
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	document := func(text string) string { return `{"isAuthenticated":true,"policyDocuments":[` + text + `]}` }
	quoted := func(d *policy.Document, space string) string {
		text, _ := json.Marshal(d.String() + space)
		return string(text)
	}
	for why, row := range map[string]struct{ text, field string }{
		"no object":                      {`[]`, ""},
		"no boolean":                     {`{"isAuthenticated":"true"}`, ""},
		"negative seconds":               {`{"refreshAfterInSeconds":-1}`, "refreshAfterInSeconds"},
		"more seconds than there are":    {`{"disconnectAfterInSeconds":9223372036854775807}`, "disconnectAfterInSeconds"},
		"a document that is no policy":   {document(`{"Version":"2012-10-17","Statement":[{"Effect":"Perhaps"}]}`), "policyDocuments[0]"},
		"the second is none":             {document(documents(1)[0].String() + `,[]`), "policyDocuments[1]"},
		"a null document":                {document(`null`), "policyDocuments[0]"},
		"a string that is no JSON":       {document(`"{"`), "policyDocuments[0]"},
		"a resource list in a string":    {document(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:Publish","Resource":"[\"arn:aws:iot:*:*:topic/a\"]"}}`), "policyDocuments[0]"},
		"space counts within a string":   {document(quoted(sized(t, 2048), " ")), "policyDocuments[0]"},
		"2,049 characters":               {document(sized(t, 2049).String()), "policyDocuments[0]"},
		"eleven documents, none is read": {document(strings.Repeat("0,", 10) + "0"), "policyDocuments"},
	} {
		var response Response
		err := json.Unmarshal([]byte(row.text), &response)
		var field *FieldError
		if !errors.Is(err, ErrResponse) || row.field != "" && (!errors.As(err, &field) || field.Field != row.field) {
			t.Errorf("%s: error %v, want one of %q", why, err, row.field)
		}
	}
	var response Response
	if err := json.Unmarshal([]byte(document(quoted(sized(t, 2048), "")+",\n \t"+sized(t, 2048).String())), &response); err != nil {
		t.Errorf("2,048 characters: %v", err)
	}
}

// FuzzResponse: what is read is written and read again as the same.
func FuzzResponse(f *testing.F) {
	for _, file := range []string{"answer.json", "answer-conditions.json"} {
		data, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"isAuthenticated":true,"refreshAfterInSeconds":1e3}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var first, second Response
		if json.Unmarshal(data, &first) != nil || first.Validate(nil) != nil {
			return
		}
		text, err := json.Marshal(&first)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if err := json.Unmarshal(text, &second); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		again, err := json.Marshal(&second)
		if err != nil || string(again) != string(text) {
			t.Errorf("%s becomes %s, %v", text, again, err)
		}
	})
}
