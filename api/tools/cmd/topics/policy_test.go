package main

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/api/tools/internal/asyncapi"
)

// cases is how many random cases a test of authority tries: 100,000 in the slow suite.
func cases() int {
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		return 100_000
	}
	return 10_000
}

func theModel(t testing.TB) *asyncapi.Model {
	t.Helper()
	model, err := asyncapi.Read(os.DirFS("../../.."), "asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// may is what the document says: may a client of role, called identity, do action with a
// topic, or for "subscribe" with a filter? It knows nothing of globs.
func may(model *asyncapi.Model, role *asyncapi.Role, identity, action, name string) bool {
	for _, c := range model.Channels {
		op := c.Receive
		if action == "publish" {
			op = c.Send
		}
		if g := op.Grant(role); g != nil && covers(c, g, identity, action == "subscribe", name) {
			return true
		}
	}
	return false
}

func covers(c *asyncapi.Channel, g *asyncapi.Grant, identity string, filter bool, name string) bool {
	levels := strings.Split(name, "/")
	if len(levels) != len(c.Segments) {
		return false
	}
	for i, s := range c.Segments {
		own := s.Parameter != nil && g.Scope == asyncapi.Own && s.Parameter.Identity == g.Role.Identity
		switch {
		case s.Parameter == nil && levels[i] != s.Literal,
			own && levels[i] != identity:
			return false
		case s.Parameter == nil || own:
		case filter && levels[i] == "+" && g.Scope != asyncapi.Each:
		case !s.Parameter.Pattern.Match(levels[i]):
			return false
		}
	}
	return true
}

// TestPoliciesAgreeWithTheModel compares every role's policy, read by a plain matcher of
// globs, with the document. Topics are those of channels, which is all that there is to
// publish: on other topics a "*" may allow what nobody uses.
func TestPoliciesAgreeWithTheModel(t *testing.T) {
	model, seed := theModel(t), rand.Uint64()
	w := newWorld(model, seed)
	allowed := map[string]int{}
	policies := map[*asyncapi.Role]policy{}
	for _, role := range model.Roles {
		policies[role] = readPolicy(t, "../../../policies/"+role.Name+".json")
	}
	for range cases() {
		role := model.Roles[w.IntN(len(model.Roles))]
		identity := w.identity(role)
		action := []string{"publish", "receive", "subscribe"}[w.IntN(3)]
		name := w.topic()
		if action == "subscribe" {
			name = w.filter()
		}
		want := may(model, role, identity, action, name)
		if got := policyAllows(policies[role], identity, action, name); got != want {
			t.Fatalf("seed %d: %s %q may %s %s: policy %t, model %t", seed, role.Name, identity, action, name, got, want)
		}
		if want {
			allowed[role.Name+" "+action]++
		}
	}
	for _, role := range model.Roles {
		if allowed[role.Name+" publish"]+allowed[role.Name+" receive"] == 0 {
			t.Errorf("seed %d: role %s was never allowed anything", seed, role.Name)
		}
	}
}

// TestSubscriptionsReachNothingElse tries filters with wildcards in any place. A policy's
// glob may allow one that the document does not speak of; then all that it brings must be
// what the role may receive anyway.
func TestSubscriptionsReachNothingElse(t *testing.T) {
	model, seed := theModel(t), rand.Uint64()
	w := newWorld(model, seed)
	policies := map[*asyncapi.Role]policy{}
	for _, role := range model.Roles {
		policies[role] = readPolicy(t, "../../../policies/"+role.Name+".json")
	}
	allowed := 0
	for range cases() {
		role := model.Roles[w.IntN(len(model.Roles))]
		identity, name := w.identity(role), w.topic()
		filter := w.wildcards(name)
		if !policyAllows(policies[role], identity, "subscribe", filter) {
			continue
		}
		allowed++
		if !filterMatch(filter, name) {
			t.Fatalf("%s does not match %s", filter, name)
		}
		if !may(model, role, identity, "receive", name) {
			t.Fatalf("seed %d: the policy lets %s %q subscribe to %s, which brings %s", seed, role.Name, identity, filter, name)
		}
	}
	if allowed == 0 {
		t.Errorf("seed %d: no filter was allowed", seed)
	}
}

// TestEveryGrant tries each role, channel and action once with the client's own topic and
// once with another's.
func TestEveryGrant(t *testing.T) {
	model := theModel(t)
	w := newWorld(model, 1)
	tried := 0
	for _, role := range model.Roles {
		p, acl := readPolicy(t, "../../../policies/"+role.Name+".json"), readACL(t, role.Name)
		identity := w.identity(role)
		for _, c := range model.Channels {
			own := c.Format(func(p *asyncapi.Parameter) string {
				if p.Identity != "" && p.Identity == role.Identity && p.Pattern.Match(identity) {
					return identity
				}
				return w.values[p][0]
			})
			other := c.Format(func(p *asyncapi.Parameter) string { return w.values[p][1] })
			for _, action := range []string{"publish", "receive", "subscribe"} {
				for _, name := range []string{own, other} {
					tried++
					want := may(model, role, identity, action, name)
					if got := policyAllows(p, identity, action, name); got != want {
						t.Errorf("%s may %s %s: policy %t, model %t", role.Name, action, name, got, want)
					}
					if action == "subscribe" {
						continue
					}
					if got := acl.allows(identity, action, name); got != want {
						t.Errorf("%s may %s %s: ACL %t, model %t", role.Name, action, name, got, want)
					}
				}
			}
			if action := "subscribe"; policyAllows(p, identity, action, c.Filter()) != may(model, role, identity, action, c.Filter()) {
				t.Errorf("%s may subscribe to %s: policy and model differ", role.Name, c.Filter())
			}
			if policyAllows(p, identity, "subscribe", "#") || policyAllows(p, identity, "subscribe", "askaround/#") {
				t.Errorf("%s may subscribe to everything", role.Name)
			}
		}
	}
	if want := len(model.Roles) * len(model.Channels) * 3 * 2; tried != want {
		t.Errorf("%d of %d cases", tried, want)
	}
}

// TestRetaining: who may publish on a retained channel may set RETAIN there, and nowhere
// else.
func TestRetaining(t *testing.T) {
	model := theModel(t)
	w := newWorld(model, 1)
	retained := 0
	for _, role := range model.Roles {
		p, identity := readPolicy(t, "../../../policies/"+role.Name+".json"), w.identity(role)
		for _, c := range model.Channels {
			name := c.Format(func(p *asyncapi.Parameter) string {
				if p.Identity != "" && p.Identity == role.Identity && p.Pattern.Match(identity) {
					return identity
				}
				return w.values[p][0]
			})
			want := c.Send.Retain && may(model, role, identity, "publish", name)
			if got := policyAllows(p, identity, "retain", name); got != want {
				t.Errorf("%s may retain on %s: policy %t, model %t", role.Name, name, got, want)
			}
			if want {
				retained++
			}
		}
	}
	if retained == 0 {
		t.Error("nobody may retain anything")
	}
}

// TestConnecting: a client connects under its own name.
func TestConnecting(t *testing.T) {
	for _, test := range []struct {
		role, identity, client string
		want                   bool
	}{
		{"robot", "r2", "r2", true},
		{"robot", "r2", "r3", false},
		{"robot", "r2", "r2-1", false},
		{"device", "esp", "esp", true},
		{"device", "esp", "", false},
		{"user", "0123", "0123-phone", true},
		{"user", "0123", "4567-phone", false},
		{"user", "0123", "r2", false},
		{"service", "", "service-7", true},
		{"service", "", "operator-7", false},
		{"operator", "", "operator-7", true},
	} {
		p := readPolicy(t, "../../../policies/"+test.role+".json")
		if got := policyAllows(p, test.identity, "connect", test.client); got != test.want {
			t.Errorf("%s %q connects as %q: %t", test.role, test.identity, test.client, got)
		}
		attached := p.Statement[0].Condition["Bool"]["iot:Connection.Thing.IsAttached"] == "true"
		if isThing := test.role == "robot" || test.role == "device"; attached != isThing {
			t.Errorf("%s must be attached: %t", test.role, attached)
		}
	}
}

// TestPoliciesFit: AWS refuses larger ones, also when region and account are written out.
func TestPoliciesFit(t *testing.T) {
	model := theModel(t)
	for _, role := range model.Roles {
		body, err := os.ReadFile("../../../policies/" + role.Name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		written := writtenOut(model, body)
		if bytes.Contains(written, []byte(":*:")) || bytes.Contains(written, []byte("{account}")) {
			t.Errorf("policy of %s is not written out:\n%s", role.Name, written)
		}
		n := visible(written)
		t.Logf("policy of %s: %d characters of %d", role.Name, n, maxPolicyChars)
		if n > maxPolicyChars || n <= visible(body) {
			t.Errorf("policy of %s has %d characters", role.Name, n)
		}
	}
}

func TestWidest(t *testing.T) {
	for _, test := range []struct{ reason, globs, want string }{
		{"what a * covers goes", "v1/robot/*/telemetry */telemetry v1/*/telemetry", "*/telemetry"},
		{"what differs stays", "a/*/x a/*/y", "a/*/x a/*/y"},
		{"of two that are equal one stays", "a/* a/*", "a/*"},
		{"a variable is covered by a *", "a/${iot:ClientId}/b a/*/b", "a/*/b"},
		{"a * is not covered by a variable", "a/{account} a/*/b", "a/{account} a/*/b"},
		{"a ? covers no letter", "a/?????? a/abcdef", "a/?????? a/abcdef"},
		{"a * at the end covers all below", "a/b a/* a/b/c ab", "a/* ab"},
		{"the text between two * may come late", "a/*/b/* a/x/y/b/z a/b", "a/*/b/* a/b"},
	} {
		if got := strings.Join(widest(strings.Fields(test.globs)), " "); got != test.want {
			t.Errorf("%s: %s, want %s", test.reason, got, test.want)
		}
	}
}

func readPolicy(t testing.TB, path string) policy {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var p policy
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// policyAllows reads a policy as AWS IoT does: one statement that allows is enough.
func policyAllows(p policy, identity, action, name string) bool {
	wanted := map[string]string{
		"publish": "iot:Publish topic/", "retain": "iot:RetainPublish topic/", "connect": "iot:Connect client/", "receive": "iot:Receive topic/", "subscribe": "iot:Subscribe topicfilter/",
	}[action]
	verb, kind, _ := strings.Cut(wanted, " ")
	for _, s := range p.Statement {
		if s.Effect != "Allow" || s.Action != verb {
			continue
		}
		for _, resource := range s.Resource {
			if globMatch(resource, identity, "arn:aws:iot:eu-west-1:123456789012:"+kind+name) {
				return true
			}
		}
	}
	return false
}

// globMatch matches "*" and "?"; what stands for the identity matches just that.
func globMatch(glob, identity, text string) bool {
	for _, variable := range identityVariable {
		if rest, ok := strings.CutPrefix(glob, variable); ok {
			after, ok := strings.CutPrefix(text, identity)
			return ok && globMatch(rest, identity, after)
		}
	}
	switch {
	case glob == "":
		return text == ""
	case glob[0] == '*':
		for i := 0; i <= len(text); i++ {
			if globMatch(glob[1:], identity, text[i:]) {
				return true
			}
		}
		return false
	case text == "":
		return false
	}
	return (glob[0] == '?' || glob[0] == text[0]) && globMatch(glob[1:], identity, text[1:])
}
