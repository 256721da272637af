package policy

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestParseErrors: every error says where it is, and what should be there.
func TestParseErrors(t *testing.T) {
	statement := func(s string) string { return "{\"Version\":\"2012-10-17\",\n\"Statement\":[{" + s + "}]}" }
	for _, c := range []struct {
		reason, text, want string
	}{
		{"nothing", ``, "1:1: end of text where a value should be"},
		{"no object", `[]`, "1:1: a policy document must be an object"},
		{"text behind", "{\"Statement\":[]}\n x", `2:2: "x" behind the end of the document`},
		{"never closed", `{"Statement":[`, `1:14: "[" is never closed`},
		{"a trailing comma, as in AWS's own examples", "{\"Statement\":[],\n}", `2:1: "}" directly behind a comma`},
		{"no comma", `{"Version":"2012-10-17" "Statement":[]}`, `1:25: "\"" where "," or "}" should be`},
		{"no colon", `{"Version" "2012-10-17"}`, `1:12: "\"" where the ":" of "Version" should be`},
		{"a stray brace", `{"Statement":[]}}`, `1:17: "}" behind the end of the document`},
		{"a name twice", `{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}`, `1:25: "Version" stands twice`},
		{"an escape that JSON lacks", `{"Version":"\x"}`, "1:12 /Version: a string with an escape"},
		{"a line break inside a string", "{\"Version\":\"2012\n\"}", `1:17 /Version: control character "\n"`},
		{"characters are counted, not bytes", `{"Id":"é€","Version":nul}`, `1:22 /Version: "n" where a value should be`},
		{"an unknown element", `{"Statements":[]}`, `1:2: a policy document has no element "Statements"`},
		{"an element in other case", `{"statement":[]}`, `1:2: a policy document has no element "statement": it is spelt "Statement"`},
		{"a principal", statement(`"Effect":"Allow","Principal":"*","Action":"iot:Publish","Resource":"*"`), "/Statement/0/Principal: a policy of AWS IoT has no Principal"},
		{"no effect", statement(`"Action":"iot:Publish","Resource":"*"`), `2:14 /Statement/0/Effect: the effect is ""`},
		{"an effect in other case", statement(`"Effect":"allow","Action":"iot:Publish","Resource":"*"`), `2:15 /Statement/0/Effect: the effect is "allow": want "Allow" or "Deny"`},
		{"no action", statement(`"Effect":"Allow","Resource":"*"`), "2:14 /Statement/0: neither Action nor NotAction"},
		{"no resource", statement(`"Effect":"Allow","Action":"iot:Publish"`), "2:14 /Statement/0: neither Resource nor NotResource"},
		{"both", statement(`"Effect":"Allow","Action":"iot:Publish","NotAction":"iot:Publish","Resource":"*"`), "2:14 /Statement/0: Action and NotAction exclude each other"},
		{"an empty list", statement(`"Effect":"Allow","Action":[],"Resource":"*"`), "2:32 /Statement/0/Action: the list is empty"},
		{"an action without service", statement(`"Effect":"Allow","Action":["iot:Publish","Publish"],"Resource":"*"`), `2:56 /Statement/0/Action/1: action "Publish" names no service: want "iot:Publish"`},
		{"a resource that is no ARN", statement(`"Effect":"Allow","Action":"iot:Publish","Resource":"topic/a"`), `2:66 /Statement/0/Resource/0: resource "topic/a" is no ARN`},
		{"a list turned into a string", statement(`"Effect":"Allow","Action":"iot:Publish","Resource":"[\"arn:aws:iot:r:1:topic/a\"]"`), "is no ARN"},
		{"a variable that is never closed", statement(`"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:r:1:topic/${iot:ClientId"`), `the variable "${iot:ClientId" has no "}"`},
		{"a resource that is no string", statement(`"Effect":"Allow","Action":"iot:Publish","Resource":{}`), "/Statement/0/Resource: must be a string or a list of strings"},
		{"an unknown operator", statement(`"Effect":"Allow","Action":"iot:Publish","Resource":"*","Condition":{"StringIs":{"iot:ClientId":"a"}}`), `/Statement/0/Condition/0: "StringIs" is no condition operator`},
		{"an operator in other case", statement(`"Effect":"Allow","Action":"iot:Publish","Resource":"*","Condition":{"stringEquals":{"iot:ClientId":"a"}}`), `its operator is spelt "StringEquals"`},
		{"an unknown set operator", statement(`"Effect":"Allow","Action":"iot:Publish","Resource":"*","Condition":{"ForSome:StringEquals":{"iot:ClientId":"a"}}`), `"ForSome" is no set operator`},
		{"Null has no IfExists", statement(`"Effect":"Allow","Action":"iot:Publish","Resource":"*","Condition":{"NullIfExists":{"iot:ClientId":"true"}}`), `"NullIfExists" is no condition operator`},
		{"a condition that is no object", statement(`"Effect":"Allow","Action":"iot:Publish","Resource":"*","Condition":"a"`), "Condition must be an object of operators"},
		{"an unknown version", `{"Version":"2013-01-01","Statement":[]}`, `1:2 /Version: "2013-01-01" is no version`},
		{"no statement", `{"Version":"2012-10-17"}`, "1:1: a policy document needs Statement"},
		{"not UTF-8", "{\"Id\":\"\xff\"}", "1:8: not UTF-8"},
		{"too deep", strings.Repeat("[", 40), "nested deeper than 16 levels"},
	} {
		_, err := Parse([]byte(c.text))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.reason, err, c.want)
		}
	}
}

// TestParseReportsAll: faults of a document that is JSON are reported together.
func TestParseReportsAll(t *testing.T) {
	_, err := Parse([]byte(`{"Statement":[{"Effect":"no","Action":"Publish","Resource":"x"}]}`))
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("%v", err)
	}
}

// TestParseAccepts reads every form that a document may have.
func TestParseAccepts(t *testing.T) {
	for _, c := range []struct {
		reason, text string
		want         *Document
	}{
		{"strings", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:Publish","Resource":"*"}}`, New(Allow(Publish).On("*"))},
		{"lists", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iot:Publish"],"Resource":["*"]}]}`, New(Allow(Publish).On("*"))},
		{"an empty policy", `{"Version":"2012-10-17","Statement":[]}`, New()},
		{"numbers and booleans in conditions", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NumericLessThan":{"n":1.50},"Bool":{"b":[true,false]}}}}`,
			New(Allow("*").On("*").When("NumericLessThan", "n", "1.50").When("Bool", "b", "true", "false"))},
		{"escapes", `{"Version":"2012-10-17","Statement":{"Sid":"\u00e9\n","Effect":"Allow","Action":"*","Resource":"arn:\u0061ws:iot:r:1:topic\/a"}}`,
			New(Allow("*").On("arn:aws:iot:r:1:topic/a").Named("é\n"))},
	} {
		got, err := Parse([]byte(c.text))
		if err != nil {
			t.Errorf("%s: %v", c.reason, err)
			continue
		}
		if diff := cmp.Diff(c.want, got, cmpopts.IgnoreUnexported(Document{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
	}
}

// TestPositions: elements are found by their pointers.
func TestPositions(t *testing.T) {
	doc, err := Parse([]byte("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\n    \"Effect\": \"Allow\", \"Action\": [\"iot:Publish\", \"iot:Receive\"],\n    \"Resource\": \"*\",\n    \"Condition\": {\"Bool\": {\"é\": \"true\", \"b\": [\"true\"]}}\n  }\n}"))
	if err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string]string{
		"/Version": "2:3", "/Statement/0": "3:16", "/Statement/0/Action": "4:24", "/Statement/0/Action/1": "4:50", "/Statement/0/Resource/0": "5:17",
		"/Statement/0/Condition/0": "6:28", "/Statement/0/Condition/1": "6:41", "/Statement/0/Condition/1/0": "6:47", "/nowhere": "-",
	} {
		if got := doc.Position(pointer).String(); got != want {
			t.Errorf("%s is at %s, want %s", pointer, got, want)
		}
	}
}

// TestJSON: documents are fields of other documents, as in an authorizer's answer.
func TestJSON(t *testing.T) {
	var answer struct{ Documents []*Document }
	text := `{"Documents":[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:r:1:topic/<a>"}]}]}`
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatal(err)
	}
	if got := answer.Documents[0].String(); got != text[len(`{"Documents":[`):len(text)-2] {
		t.Errorf("written as %s", got)
	}
	if err := json.Unmarshal([]byte(strings.Replace(text, "Allow", "allow", 1)), &answer); err == nil {
		t.Error("an invalid document was read")
	}
}

func TestVerdictText(t *testing.T) {
	for _, v := range []Verdict{ImplicitDeny, ExplicitDeny, Allowed} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var got Verdict
		if err := json.Unmarshal(text, &got); err != nil || got != v {
			t.Errorf("%s is read as %s, %v", text, got, err)
		}
	}
	if err := new(Verdict).UnmarshalText([]byte("DENIED")); err == nil {
		t.Error("an unknown verdict was read")
	}
}
