package policy

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

func set(t testing.TB, statements ...Statement) *Set {
	t.Helper()
	s, err := Compile(New(statements...))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestProve(t *testing.T) {
	thing := "${iot:Connection.Thing.ThingName}"
	for _, c := range []struct {
		reason string
		a, b   []Statement
		want   string // the counterexample, "" where a allows no more than b
	}{
		{"a policy allows no more than itself", []Statement{Allow(Publish).On(Topic("a/*"))}, []Statement{Allow(Publish).On(Topic("a/*"))}, ""},
		{"an exact topic is below a wildcard", []Statement{Allow(Publish).On(Topic("a/b"))}, []Statement{Allow(Publish).On(Topic("a/*"))}, ""},
		{"a wildcard is more than a topic", []Statement{Allow(Publish).On(Topic("a/*"))}, []Statement{Allow(Publish).On(Topic("a/b"))}, "iot:Publish topic/a/"},
		{"question marks are below a star", []Statement{Allow(Publish).On(Topic("a/??"))}, []Statement{Allow(Publish).On(Topic("a/?*"))}, ""},
		{"a union covers what no member does", []Statement{Allow(Publish).On(Topic("a?*"))}, []Statement{Allow(Publish).On(Topic("a?")), Allow(Publish).On(Topic("a??*"))}, ""},
		{"an action more", []Statement{Allow(Publish, Receive).On(Topic("a"))}, []Statement{Allow(Publish).On(Topic("a"))}, "iot:Receive topic/a"},
		{"iot:* is more than the known ones in use", []Statement{Allow("iot:*").On("*")}, []Statement{Allow(Connect, Publish, Receive, Subscribe, RetainPublish).On("*")}, "iot:GetRetainedMessage topic/a"},
		{"a Deny takes away", []Statement{Allow(Publish).On(Topic("a/*"))}, []Statement{Allow(Publish).On(Topic("a/*")), Deny(Publish).On(Topic("a/x"))}, "iot:Publish topic/a/x"},
		{"what both deny", []Statement{Allow(Publish).On(Topic("a/*")), Deny(Publish).On(Topic("*/x"))}, []Statement{Allow(Publish).On(Topic("*")), Deny(Publish).On(Topic("a/x"))}, ""},
		{"NotResource is a complement", []Statement{Allow(Publish).Except(Topic("a*"))}, []Statement{Allow(Publish).On(Topic("*")), Deny(Publish).On(Topic("a*"))}, ""},
		{"a Deny of NotResource", []Statement{Allow(Publish).On(Topic("*")), Deny(Publish).Except(Topic("a*"))}, []Statement{Allow(Publish).On(Topic("a*"))}, ""},
		{"own topics are below all", []Statement{Allow(Publish).On(Topic(thing + "/x"))}, []Statement{Allow(Publish).On(Topic("*/x"))}, ""},
		{"all topics are more than own", []Statement{Allow(Publish).On(Topic("*/x"))}, []Statement{Allow(Publish).On(Topic(thing + "/x"))}, "iot:Publish topic//x where ${iot:Connection.Thing.ThingName} has a value"},
		{"a variable is not one character", []Statement{Allow(Publish).On(Topic(thing))}, []Statement{Allow(Publish).On(Topic("?"))}, "iot:Publish topic/w1 where ${iot:Connection.Thing.ThingName} has a value"},
		{"two variables differ", []Statement{Allow(Publish).On(Topic(thing))}, []Statement{Allow(Publish).On(Topic("${iot:ClientId}"))}, "iot:Publish topic/w1 where ${iot:Connection.Thing.ThingName} has a value and ${iot:ClientId} has a value"},
		{"a thing may be called like what is denied", []Statement{Allow(Publish).On(Topic("t/" + thing))}, []Statement{Allow(Publish).On(Topic("t/" + thing)), Deny(Publish).On(Topic("t/master"))}, "iot:Publish topic/t/master where ${iot:Connection.Thing.ThingName} has a value"},
		{"a Deny by a variable fails open", []Statement{Allow(Publish).On(Topic("t/*")), Deny(Publish).On(Topic("t/" + thing))}, []Statement{Allow(Publish).On(Topic("t/*")), Deny(Publish).On(Topic("t/*")).When("Null", KeyThingName, "true")}, "iot:Publish topic/t/ where ${iot:Connection.Thing.ThingName} has no value and Null iot:Connection.Thing.ThingName \"true\""},
		{"a condition narrows", []Statement{Allow(Connect).On("*").When("Bool", KeyIsAttached, "true")}, []Statement{Allow(Connect).On("*")}, ""},
		{"without condition it is more", []Statement{Allow(Connect).On("*")}, []Statement{Allow(Connect).On("*").When("Bool", KeyIsAttached, "true")}, "iot:Connect client/a where not Bool iot:Connection.Thing.IsAttached \"true\""},
		{"another condition is another matter", []Statement{Allow(Connect).On("*").When("StringEquals", KeyDomainName, "a")}, []Statement{Allow(Connect).On("*").When("StringEquals", KeyDomainName, "b")}, "iot:Connect client/a where StringEquals iot:DomainName \"a\" and not StringEquals iot:DomainName \"b\""},
		{"a + is what a filter may have", []Statement{Allow(Subscribe).On(TopicFilter("a/*"))}, []Statement{Allow(Subscribe).On(TopicFilter("a/*")), Deny(Subscribe).On(TopicFilter("a/+"))}, "iot:Subscribe topicfilter/a/+"},
		{"a topic has no +", []Statement{Allow(Publish).On(Topic("a/*"))}, []Statement{Allow(Publish).On(Topic("a/*")), Deny(Publish).On(Topic("a/+"))}, ""},
		{"a region more", []Statement{Allow(Publish).On(Topic("a"))}, []Statement{Allow(Publish).On("arn:aws:iot:us-east-1:1:topic/a")}, "iot:Publish topic/a"},
		{"actions on no resource", []Statement{Allow(ListRetainedMessages).On("*")}, []Statement{Allow(ListRetainedMessages).On(Topic("*"))}, "iot:ListRetainedMessages *"},
	} {
		got, err := Prove(set(t, c.a...), set(t, c.b...))
		if err != nil {
			t.Errorf("%s: %v", c.reason, err)
			continue
		}
		text := ""
		if !got.Holds {
			text = got.Counterexample.String()
		}
		if text != c.want {
			t.Errorf("%s: got %q, want %q", c.reason, text, c.want)
		}
	}
}

// TestProveAgreesWithDecisions asks random pairs of sets random requests: where the proof
// holds none may tell the sets apart, and a confirmed counterexample must.
func TestProveAgreesWithDecisions(t *testing.T) {
	pairs, seed := 60, rand.Uint64()
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		pairs = 3000
	}
	d := dice{rand.New(rand.NewPCG(seed, 0))}
	held, refuted := 0, 0
	for range pairs {
		docs := [2]*Document{d.narrow(), d.narrow()}
		if d.IntN(2) == 0 { // one that follows from the other
			docs[1] = New(append(docs[0].Statements, docs[1].Statements...)...)
		}
		a, b := set(t, docs[0].Statements...), set(t, docs[1].Statements...)
		proof, err := Prove(a, b)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s\n%s", seed, err, docs[0], docs[1])
		}
		if c := proof.Counterexample; c != nil && c.Confirmed {
			refuted++
			if oracle([]oracleDoc{{docs[0], false}}, c.Request) != Allowed || oracle([]oracleDoc{{docs[1], false}}, c.Request) == Allowed {
				t.Fatalf("seed %d: %s tells nothing apart\n%s\n%s", seed, c, docs[0], docs[1])
			}
		}
		if !proof.Holds {
			continue
		}
		held++
		for range 300 {
			conn := d.connection()
			r := conn.Request(pick(d, Publish, Receive, Subscribe), d.topicOrFilter())
			if a.Evaluate(r).Allowed() && !b.Evaluate(r).Allowed() {
				t.Fatalf("seed %d: proven, but %s %s %v tells them apart\n%s\n%s", seed, r.Action, r.Resource, r.Context, docs[0], docs[1])
			}
		}
	}
	if held < pairs/10 || refuted < pairs/10 {
		t.Errorf("seed %d: %d held, %d refuted of %d", seed, held, refuted, pairs)
	}
}

// narrow makes a document whose statements meet often.
func (d dice) narrow() *Document {
	doc := New()
	for range 1 + d.IntN(3) {
		s := Statement{Effect: pick(d, EffectAllow, EffectAllow, EffectDeny)}
		s.Action = []Action{pick(d, Publish, Subscribe, "iot:*")}
		var resources []string
		for range 1 + d.IntN(2) {
			var name strings.Builder
			for range 1 + d.IntN(3) {
				name.WriteString(pick(d, "a", "/", "*", "?", "${iot:ClientId}", "${iot:Connection.Thing.ThingName}", "+", "b"))
			}
			resources = append(resources, "arn:aws:iot:*:*:"+pick(d, "topic/", "topicfilter/", "topic*/")+name.String())
		}
		if d.IntN(5) == 0 {
			s.NotResource = resources
		} else {
			s.Resource = resources
		}
		if d.IntN(4) == 0 {
			s.Condition = []Condition{pick(d, Condition{"Bool", KeyIsAttached, []string{"true"}}, Condition{"StringEquals", KeyClientID, []string{"a"}}, Condition{"Null", KeyThingName, []string{"true"}})}
		}
		doc.Statements = append(doc.Statements, s)
	}
	return doc
}

func (d dice) topicOrFilter() string {
	var b strings.Builder
	for range 1 + d.IntN(4) {
		b.WriteString(pick(d, "a", "b", "/", "ab", "a/b", "a*b"))
	}
	return b.String()
}
