package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// lintCases are statements, and what must be found in them: "code@pointer severity". Info
// is left out unless a row asks for it.
var lintCases = []struct {
	reason string
	doc    string // statements, without the brackets
	want   []string
}{
	{"the thing's own client ID, attached: AWS calls it compliant",
		`{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:1:client/${iot:Connection.Thing.ThingName}","Condition":{"Bool":{"iot:Connection.Thing.IsAttached":"true"}}}`, nil},
	{"any client ID, but attached",
		`{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:1:client/${iot:ClientId}","Condition":{"Bool":{"iot:Connection.Thing.IsAttached":"true"}}}`, nil},
	{"the client ID that the client chose itself",
		`{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:1:client/${iot:ClientId}"}`, []string{"permissive@/Statement/0 critical"}},
	{"every client ID",
		`{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:1:client/*"}`, []string{"permissive@/Statement/0 critical"}},
	{"every client ID, but another statement denies those of others",
		`{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:1:client/*"},{"Effect":"Deny","Action":"iot:Connect","NotResource":"arn:aws:iot:us-east-1:1:client/fleet-*"}`, nil},
	{"own shadow topics: compliant",
		`{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:1:topic/$aws/things/${iot:Connection.Thing.ThingName}/shadow/*"}`, nil},
	{"shadows of all things",
		`{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:123456789012:topic/$aws/things/*/shadow/update"}`, []string{"permissive@/Statement/0 critical"}},
	{"everything below things",
		`{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:123456789012:topic/$aws/things/*"}`, []string{"permissive@/Statement/0 critical"}},
	{"a filter with + for the thing",
		`{"Effect":"Allow","Action":["iot:Subscribe","iot:Receive"],"Resource":["arn:aws:iot:us-east-1:123456789012:topicfilter/$aws/things/+/shadow/update","arn:aws:iot:us-east-1:123456789012:topic/x"]}`, []string{"permissive@/Statement/0 critical"}},
	{"receiving from all things is compliant, since subscribing decides",
		`{"Effect":"Allow","Action":"iot:Receive","Resource":"arn:aws:iot:us-east-1:123456789012:topic/$aws/things/*"}`, nil},
	{"shadows of all things over HTTPS",
		`{"Effect":"Allow","Action":["iot:GetThingShadow","iot:UpdateThingShadow"],"Resource":"arn:aws:iot:us-east-1:123456789012:thing/*"}`, []string{"permissive@/Statement/0 critical"}},
	{"shadows of two things",
		`{"Effect":"Allow","Action":["iot:GetThingShadow","iot:UpdateThingShadow"],"Resource":["arn:aws:iot:us-east-1:123456789012:thing/a","arn:aws:iot:us-east-1:123456789012:thing/b"]}`, nil},
	{"everything",
		`{"Effect":"Allow","Action":"iot:*","Resource":"*"}`, []string{"permissive@/Statement/0 critical", "all-actions@/Statement/0/Action/0 high"}},
	{"MQTT's wildcard in a Deny: the audit's first example",
		`{"Effect":"Allow","Action":"iot:Subscribe","Resource":"arn:aws:iot:us-east-1:123456789012:topicfilter/building/*"},
		 {"Effect":"Deny","Action":"iot:Subscribe","Resource":"arn:aws:iot:us-east-1:123456789012:topicfilter/building/control_room/#"},
		 {"Effect":"Allow","Action":"iot:Receive","Resource":"arn:aws:iot:us-east-1:123456789012:topic/building/*"}`,
		[]string{"deny-defeated@/Statement/1/Resource/0 medium", "deny-mqtt-wildcard@/Statement/1/Resource/0 medium"}},
	{"a wider subscription: the audit's second example",
		`{"Effect":"Allow","Action":"iot:Subscribe","Resource":"arn:aws:iot:us-east-1:123456789012:topicfilter/building/*"},
		 {"Effect":"Deny","Action":"iot:Subscribe","Resource":"arn:aws:iot:us-east-1:123456789012:topicfilter/building/control_room/*"},
		 {"Effect":"Allow","Action":"iot:Receive","Resource":"arn:aws:iot:us-east-1:123456789012:topic/building/*"}`,
		[]string{"deny-defeated@/Statement/1/Resource/0 medium"}},
	{"Receive is denied as well: compliant",
		`{"Effect":"Allow","Action":"iot:Subscribe","Resource":"arn:aws:iot:us-east-1:123456789012:topicfilter/building/*"},
		 {"Effect":"Deny","Action":"iot:Subscribe","Resource":"arn:aws:iot:us-east-1:123456789012:topicfilter/building/control_room/*"},
		 {"Effect":"Allow","Action":"iot:Receive","Resource":"arn:aws:iot:us-east-1:123456789012:topic/building/*"},
		 {"Effect":"Deny","Action":"iot:Receive","Resource":"arn:aws:iot:us-east-1:123456789012:topic/building/control_room/*"}`, nil},
	{"Subscribe on a topic",
		`{"Effect":"Allow","Action":["iot:Subscribe"],"Resource":"arn:aws:iot:us-east-1:1:topic/a"},{"Effect":"Allow","Action":"iot:Receive","Resource":"arn:aws:iot:us-east-1:1:topic/a"}`,
		[]string{"resource-type@/Statement/0/Action/0 medium", "resource-type@/Statement/0/Resource/0 medium"}},
	{"a Deny on the wrong type denies nothing",
		`{"Effect":"Deny","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:1:topicfilter/a"}`,
		[]string{"resource-type@/Statement/0/Action/0 high", "resource-type@/Statement/0/Resource/0 high"}},
	{"several actions with the types of all",
		`{"Effect":"Allow","Action":["iot:Publish","iot:Subscribe","iot:Receive"],"Resource":["arn:aws:iot:us-east-1:1:topic/a","arn:aws:iot:us-east-1:1:topicfilter/a"]}`, nil},
	{"listing works on no single resource",
		`{"Effect":"Allow","Action":"iot:ListRetainedMessages","Resource":"arn:aws:iot:us-east-1:1:topic/a"}`,
		[]string{"resource-type@/Statement/0/Action/0 medium", "resource-type@/Statement/0/Resource/0 medium"}},
	{"a variable that does not exist, in a Deny",
		`{"Effect":"Deny","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:1:topic/${iot:Thing.ThingName}/bar"}`,
		[]string{"undefined-variable@/Statement/0/Resource/0 high"}},
	{"a variable that does not exist, in an Allow",
		`{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:1:topic/${iot:Thing.ThingName}/bar"}`,
		[]string{"undefined-variable@/Statement/0/Resource/0 medium"}},
	{"a variable of IAM",
		`{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:1:topic/${cognito-identity.amazonaws.com:sub}"}`,
		[]string{"undefined-variable@/Statement/0/Resource/0 medium"}},
	{"a Deny that falls away",
		`{"Effect":"Deny","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:1:topic/${iot:Connection.Thing.ThingName}/bar"}`,
		[]string{"deny-may-not-deny@/Statement/0/Resource/0 high"}},
	{"a Deny that falls away over HTTPS",
		`{"Effect":"Deny","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:1:topic/${iot:ClientId}/bar"}`,
		[]string{"deny-may-not-deny@/Statement/0/Resource/0 medium"}},
	{"a Deny by a condition that falls away",
		`{"Effect":"Deny","Action":"iot:Publish","Resource":"*","Condition":{"StringEquals":{"iot:Connection.Thing.ThingTypeName":"lamp"}}}`,
		[]string{"deny-may-not-deny@/Statement/0/Condition/0 medium"}},
	{"a Deny by a negated condition holds for who lacks the key",
		`{"Effect":"Deny","Action":"iot:Publish","Resource":"*","Condition":{"StringNotEquals":{"iot:Connection.Thing.ThingTypeName":"lamp"}}}`, nil},
	{"a variable of MQTT in an action of HTTPS",
		`{"Effect":"Allow","Action":"iot:GetThingShadow","Resource":"arn:aws:iot:us-east-1:1:thing/${iot:Connection.Thing.ThingName}"}`,
		[]string{"unavailable-variable@/Statement/0/Resource/0 medium"}},
	{"all values of a certificate's field at once",
		`{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:1:topic/${iot:Certificate.Subject.Organization.List}"}`,
		[]string{"unavailable-variable@/Statement/0/Resource/0 medium"}},
	{"a condition of CONNECT on another action",
		`{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:1:topic/a","Condition":{"ArnEquals":{"iot:LastWillTopic":"arn:aws:iot:us-east-1:1:topic/a"}}}`,
		[]string{"unavailable-variable@/Statement/0/Condition/0 medium"}},
	{"ForAllValues lets a certificate without the field pass",
		`{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:1:topic/a","Condition":{"ForAllValues:StringEquals":{"iot:Certificate.Subject.Organization.List":["Example Corp"]}}}`,
		[]string{"for-all-values@/Statement/0/Condition/0 high"}},
	{"ForAllValues with a guard",
		`{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:1:topic/a","Condition":{"ForAllValues:StringEquals":{"iot:Certificate.Subject.Organization.List":["Example Corp"]},"Null":{"iot:Certificate.Subject.Organization.List":"false"}}}`, nil},
	{"ForAllValues over the attributes of CONNECT is what AWS shows",
		`{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:1:client/a","Condition":{"ForAllValues:StringEquals":{"iot:ConnectAttributes":["LastWill"]}}}`, nil},
	{"several values without set operator",
		`{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:1:client/a","Condition":{"StringEquals":{"iot:ConnectAttributes":"LastWill"}}}`,
		[]string{"missing-set-operator@/Statement/0/Condition/0 medium"}},
	{"a boolean that is none",
		`{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:1:client/a","Condition":{"Bool":{"iot:Connection.Thing.IsAttached":"yes"}}}`,
		[]string{"condition-value@/Statement/0/Condition/0/0 high"}},
	{"an address that is none",
		`{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:1:client/a","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.300"}}}`,
		[]string{"condition-value@/Statement/0/Condition/0/0 high"}},
	{"a date that is none",
		`{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:1:client/a","Condition":{"DateLessThan":{"aws:CurrentTime":"next week"}}}`,
		[]string{"condition-value@/Statement/0/Condition/0/0 high"}},
	{"a wildcard under StringEquals",
		`{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:1:client/a","Condition":{"StringEquals":{"iot:DomainName":"*.example.com"}}}`,
		[]string{"condition-value@/Statement/0/Condition/0/0 medium"}},
	{"a condition without value",
		`{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:1:client/a","Condition":{"StringEquals":{"iot:DomainName":[]}}}`,
		[]string{"condition-value@/Statement/0/Condition/0 medium"}},
	{"a key that does not exist",
		`{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:1:client/a","Condition":{"Bool":{"iot:Thing.IsAttached":"true"}}}`,
		[]string{"unknown-key@/Statement/0/Condition/0 medium"}},
	{"parentheses for braces",
		`{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:1:topic/a$(*)"}`,
		[]string{"parenthesis-escape@/Statement/0/Resource/0 medium"}},
	{"a topic with +",
		`{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:1:topic/a/+/b"}`,
		[]string{"literal-wildcard@/Statement/0/Resource/0 medium"}},
	{"a filter that nobody can send",
		`{"Effect":"Allow","Action":["iot:Subscribe","iot:Receive"],"Resource":["arn:aws:iot:us-east-1:1:topicfilter/a/#/b","arn:aws:iot:us-east-1:1:topic/a"]}`,
		[]string{"literal-wildcard@/Statement/0/Resource/0 low"}},
	{"an action outside the data plane",
		`{"Effect":"Allow","Action":"iot:CreateThing","Resource":"*"}`, []string{"unknown-action@/Statement/0/Action/0 medium"}},
	{"an action misspelt",
		`{"Effect":"Deny","Action":"iot:Publsh","Resource":"*"}`, []string{"unknown-action@/Statement/0/Action/0 medium"}},
	{"all but",
		`{"Effect":"Allow","Action":"iot:Publish","NotResource":"arn:aws:iot:us-east-1:1:topic/$aws/*"}`,
		[]string{"allow-by-exception@/Statement/0 medium"}},
	{"two statements of one name",
		`{"Sid":"a","Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:1:topic/a"},{"Sid":"a","Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:1:topic/b"}`,
		[]string{"duplicate-sid@/Statement/1/Sid low"}},
	{"a client called +",
		`{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:123456789012:client/*"},{"Effect":"Allow","Action":["iot:Subscribe","iot:Receive"],"Resource":["arn:aws:iot:us-east-1:123456789012:topicfilter/my/${iot:ClientId}/topic","arn:aws:iot:us-east-1:123456789012:topic/my/*"]}`,
		[]string{"permissive@/Statement/0 critical", "client-id-hole@/Statement/1/Resource/0 high"}},
	{"retaining without publishing",
		`{"Effect":"Allow","Action":"iot:RetainPublish","Resource":"arn:aws:iot:us-east-1:1:topic/a"}`, []string{"incomplete@/Statement/0 low"}},
	{"subscribing without receiving",
		`{"Effect":"Allow","Action":"iot:Subscribe","Resource":"arn:aws:iot:us-east-1:1:topicfilter/a"}`, []string{"incomplete@/Statement/0 medium"}},
	{"a shared subscription with one form",
		`{"Effect":"Allow","Action":["iot:Subscribe","iot:Receive"],"Resource":["arn:aws:iot:us-east-1:1:topicfilter/$share/*/a","arn:aws:iot:us-east-1:1:topic/a"]}`, []string{"shared-receive@ low"}},
	{"a shared subscription with both forms",
		`{"Effect":"Allow","Action":["iot:Subscribe","iot:Receive"],"Resource":["arn:aws:iot:us-east-1:1:topicfilter/$share/*/a","arn:aws:iot:us-east-1:1:topic/a","arn:aws:iot:us-east-1:1:topic/$share/*/a"]}`, nil},
	{"the second value of a field",
		`{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:1:topic/${iot:Certificate.Subject.CommonName.1}"}`, []string{"second-value@/Statement/0/Resource/0 info", "incomplete@/Statement/0 info"}},
	{"an open head",
		`{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:*:*:client/a"}`, []string{"open-head@/Statement/0/Resource/0 info"}},
}

func TestLint(t *testing.T) {
	codes := map[string]bool{}
	for _, c := range lintCases {
		doc, err := Parse([]byte(`{"Version":"2012-10-17","Statement":[` + c.doc + `]}`))
		if err != nil {
			t.Errorf("%s: %v", c.reason, err)
			continue
		}
		wantsInfo := slices.ContainsFunc(c.want, func(s string) bool { return strings.HasSuffix(s, " info") })
		var got []string
		for _, f := range Lint(doc) {
			codes[f.Code] = true
			if f.Position == (Position{}) && f.Pointer != "" || f.Message == "" || f.Mend == "" || !strings.Contains(f.String(), f.Code) {
				t.Errorf("%s: without place, message or mend: %+v", c.reason, f)
			}
			if f.Severity > Info || wantsInfo {
				got = append(got, fmt.Sprintf("%s@%s %s", f.Code, f.Pointer, f.Severity))
			}
		}
		want := slices.Clone(c.want)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", c.reason, got, want)
		}
	}
	codes[LintTooLarge], codes[LintVersion] = true, true // TestLintDocument
	for _, code := range []string{
		LintTooLarge, LintVersion, LintDuplicateSid, LintUnknownAction, LintAllActions, LintNotAllowed, LintResourceType, LintUndefinedVariable,
		LintUnavailable, LintParenthesis, LintDenyMayNotDeny, LintForAllValues, LintMissingSetOperator, LintValue, LintUnknownKey, LintSecondValue,
		LintDenyMQTTWildcard, LintDenyDefeated, LintLiteralWildcard, LintPermissive, LintClientIDHole, LintIncomplete, LintSharedReceive, LintHead,
	} {
		if !codes[code] {
			t.Errorf("no case finds %s", code)
		}
	}
}

// TestLintDocument looks at what concerns the whole document.
func TestLintDocument(t *testing.T) {
	one := `{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:1:topic/${iot:ClientId}"}`
	for _, c := range []struct {
		reason, text, want string
	}{
		{"variables need the version", `{"Statement":` + one + `}`, "version high"},
		{"so does nothing else", `{"Version":"2008-10-17","Statement":` + strings.Replace(one, "${iot:ClientId}", "a", 1) + `}`, "version low"},
		{"too large", `{"Version":"2012-10-17","Statement":[` + strings.Repeat(one+",", 20) + one + `]}`, "too-large high"},
		{"too large with white space", `{"Version":"2012-10-17","Statement":` + one + strings.Repeat(" ", 2000) + `}`, "too-large low"},
	} {
		doc, err := Parse([]byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		findings := Lint(doc)
		if got := fmt.Sprintf("%s %s", findings[0].Code, findings[0].Severity); got != c.want {
			t.Errorf("%s: %s, want %s", c.reason, got, c.want)
		}
	}
}

// TestGeneratedPoliciesAreClean: what this repository generates has no finding that
// matters.
func TestGeneratedPoliciesAreClean(t *testing.T) {
	for _, r := range theModel(t).Roles {
		for _, f := range Lint(generated(t, r.Name)) {
			if f.Severity >= Medium {
				t.Errorf("%s: %s", r.Name, f)
			}
		}
	}
}
