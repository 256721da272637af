package policy

import (
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// A dice makes documents and connections of a small vocabulary, so that they meet.
type dice struct{ *rand.Rand }

func pick[T any](d dice, list ...T) T { return list[d.IntN(len(list))] }

func (d dice) document() *Document {
	doc := New()
	doc.Version = pick(d, Version, Version, Version, Version, Version, oldVersion, "")
	for range 1 + d.IntN(4) {
		doc.Statements = append(doc.Statements, d.statement())
	}
	return doc
}

func (d dice) statement() Statement {
	s := Statement{Effect: pick(d, EffectAllow, EffectAllow, EffectDeny)}
	list := make([]Action, 1+d.IntN(2))
	for i := range list {
		list[i] = pick(d, Publish, Receive, Subscribe, Connect, RetainPublish, "iot:*", "iot:P*", "IOT:publish", "*", "iot:?eceive", GetThingShadow)
	}
	if d.IntN(8) == 0 {
		s.NotAction = list
	} else {
		s.Action = list
	}
	resources := make([]string, 1+d.IntN(3))
	for i := range resources {
		resources[i] = d.resource()
	}
	if d.IntN(6) == 0 {
		s.NotResource = resources
	} else {
		s.Resource = resources
	}
	for d.IntN(3) == 0 {
		s.Condition = append(s.Condition, d.condition())
	}
	return s
}

func (d dice) resource() string {
	if d.IntN(12) == 0 {
		return pick(d, "*", "arn:*", "arn:aws:iot:*", "*/a", "?rn:*", "arn:*:topic/a*", "arn:aws:iot:us-east-1:1?*/b", "arn:*?topic/a")
	}
	head := pick(d, "arn:aws:iot:*:*:", "arn:aws:iot:us-east-1:1:", "arn:aws:iot:us-east-1:*:", "arn:*:iot:?s-*:1:", "arn:aws:iot:eu-west-1:1:")
	return head + pick(d, "topic/", "topic/", "topicfilter/", "topic*/", "client/", "*/", "t*") + d.glob()
}

var vocabulary = []string{"a", "b", "ab", "/", "/", "a/b", "+", "#", "é", "x:topic/a", "$aws", "€"}

func (d dice) glob() string {
	var b strings.Builder
	for range 1 + d.IntN(5) {
		switch d.IntN(8) {
		case 0, 1:
			b.WriteString("*")
		case 2:
			b.WriteString(pick(d, "?", "??", "${*}", "${?}", "${$}", "$"))
		case 3:
			b.WriteString(pick(d, "${iot:ClientId}", "${iot:connection.thing.thingname}", "${iot:Connection.Thing.Attributes[x]}", "${none}", "${iot:Certificate.Subject.CommonName.1}"))
		default:
			b.WriteString(pick(d, vocabulary...))
		}
	}
	return b.String()
}

func (d dice) condition() Condition {
	c := Condition{Operator: pick(d, "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike")}
	c.Key = pick(d, KeyClientID, "IOT:clientid", KeyThingName, KeyThingTypeName, AttributeKey("x"), "iot:Certificate.Subject.Organization.List", KeyConnectAttributes, KeyDomainName)
	values := func() string {
		return pick(d, "a", "b", "A", "a*", "?", "${iot:ClientId}", "${none}", "PersistentConnect", "")
	}
	switch d.IntN(12) {
	case 0:
		c.Operator, c.Key = "Null", pick(d, KeyClientID, KeyThingName, KeyConnectAttributes)
		values = func() string { return pick(d, "true", "false", "maybe") }
	case 1:
		c.Operator = "Numeric" + pick(d, "Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
		c.Key = "n"
		values = func() string { return pick(d, "1", "1.0", "2", "-3", "0.5", "x", "007") }
	case 2:
		c.Operator = "Date" + pick(d, "Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
		c.Key = pick(d, KeyCurrentTime, KeyEpochTime)
		values = func() string {
			return pick(d, "2026-01-02T03:04:05Z", "1767323045", "2026-01-02", "never", "1767323046")
		}
	case 3:
		c.Operator, c.Key = pick(d, "IpAddress", "NotIpAddress"), KeySourceIP
		values = func() string { return pick(d, "10.0.0.0/8", "10.1.2.3", "2001:db8::/32", "x", "10.1.2.9/24") }
	case 4:
		c.Operator, c.Key = "Bool", KeyIsAttached
		values = func() string { return pick(d, "true", "false", "True", "yes") }
	case 5:
		c.Operator, c.Key = pick(d, "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"), KeyLastWillTopic
		values = func() string { return pick(d, "arn:aws:iot:us-east-1:1:topic/"+d.glob(), "arn:*:*:*:*:topic/a*", "a") }
	case 6:
		c.Operator, c.Key = "BinaryEquals", "b"
		values = func() string { return pick(d, "AQI=", "AQI", "") }
	}
	if c.Operator != "Null" {
		c.Operator = pick(d, "", "", "ForAllValues:", "ForAnyValue:") + c.Operator + pick(d, "", "", "IfExists")
	}
	for range d.IntN(3) {
		c.Values = append(c.Values, values())
	}
	return c
}

// theTime is when random requests happen.
var theTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func (d dice) connection() Connection {
	c := Connection{Region: pick(d, "", "us-east-1", "eu-west-1"), Account: pick(d, "1", "12"), Now: func() time.Time { return theTime }}
	c.Protocol = pick(d, MQTT, MQTT, MQTT, HTTPS)
	c.ClientID = pick(d, "a", "b", "ab", "+", "a*b", "*", "a/b")
	if d.IntN(3) > 0 {
		c.Thing = &Thing{Name: pick(d, c.ClientID, c.ClientID, "b"), TypeName: pick(d, "", "a"), Attached: d.IntN(4) > 0, Exclusive: d.IntN(4) == 0}
		c.Thing.Attributes = map[string]string{"x": pick(d, "a", "b/a", "")}
	}
	if d.IntN(2) == 0 {
		c.Certificate = &Certificate{Subject: Name{Fields: map[string][]string{
			"Organization": pick(d, nil, []string{"a"}, []string{"a", "b"}, []string{"A", "a*"}), "CommonName": {"b", "a"},
		}}}
	}
	if d.IntN(2) == 0 {
		c.SourceIP = netip.MustParseAddr(pick(d, "10.1.2.3", "10.1.2.200", "192.0.2.1", "2001:db8::1"))
	}
	c.DomainName = pick(d, "", "a")
	c.ConnectAttributes = pick(d, nil, []string{"PersistentConnect"}, []string{"PersistentConnect", "LastWill"})
	c.LastWillTopic = pick(d, "", "a", "a/b")
	if d.IntN(2) == 0 {
		c.Extra = Context{"n": {pick(d, "1", "1.50", "-3.0", "x")}, "b": {pick(d, "AQI=", "AQ==")}}
	}
	return c
}

func (d dice) name() string {
	var b strings.Builder
	for range 1 + d.IntN(4) {
		b.WriteString(pick(d, vocabulary...))
	}
	return b.String()
}

// TestCompiledAgreesWithTheOracle compares [Set.Evaluate], [Set.Explain] and [Bound] with
// the plain interpreter.
func TestCompiledAgreesWithTheOracle(t *testing.T) {
	cases, seed := 10_000, rand.Uint64()
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		cases = 1_000_000
	}
	d := dice{rand.New(rand.NewPCG(seed, 0))}
	count := map[Verdict]int{}
	for done := 0; done < cases; {
		docs := []oracleDoc{{d.document(), false}}
		set, err := Compile(docs[0].Document)
		if err == nil && d.IntN(3) == 0 {
			docs = append(docs, oracleDoc{d.document(), true})
			set, err = set.WithThingGroups(docs[1].Document)
		}
		if err != nil {
			t.Fatalf("seed %d: %v: %s", seed, err, docs[0])
		}
		for range 4 {
			conn := d.connection()
			bound := set.Bind(conn)
			for range 5 {
				action, name := pick(d, Publish, Receive, Subscribe, Connect, RetainPublish), d.name()
				r := conn.Request(action, name)
				want := oracle(docs, r)
				count[want]++
				done++
				if got := set.Evaluate(r); got.Verdict != want {
					t.Fatalf("seed %d: evaluated as %s, want %s\n%s\n%v\n%s %s\n%v", seed, got.Verdict, want, docs[0], docs[1:], action, r.Resource, r.Context)
				}
				if got := hot(bound, action, name); got != want {
					t.Fatalf("seed %d: bound: %s, want %s\n%s\n%v\n%s %s\n%v", seed, got, want, docs[0], docs[1:], action, r.Resource, r.Context)
				}
				if done%100 == 0 {
					checkExplanation(t, set.Explain(r), want)
				}
			}
		}
	}
	for _, v := range []Verdict{Allowed, ExplicitDeny, ImplicitDeny} {
		if count[v] < cases/20 {
			t.Errorf("seed %d: %s only %d times of %d", seed, v, count[v], cases)
		}
	}
}

func hot(b *Bound, a Action, name string) Verdict {
	switch a {
	case Publish:
		return b.Publish(name)
	case Receive:
		return b.Receive(name)
	case Subscribe:
		return b.Subscribe(name)
	case RetainPublish:
		return b.RetainPublish(name)
	}
	return b.Evaluate(a, name).Verdict
}

// checkExplanation holds an explanation against its own decision.
func checkExplanation(t *testing.T, e Explanation, want Verdict) {
	t.Helper()
	matched := map[Effect]int{}
	for _, s := range e.Traces {
		if s.Miss == Matched {
			matched[s.Effect]++
		}
		if s.Detail == "" {
			t.Fatalf("no detail for %s: %s", s.Ref, e)
		}
	}
	got := ImplicitDeny
	switch {
	case matched[EffectDeny] > 0:
		got = ExplicitDeny
	case matched[EffectAllow] > 0:
		got = Allowed
	}
	if got != want || e.Verdict != want {
		t.Fatalf("explained as %s with statements of %s, want %s\n%s", e.Verdict, got, want, e.Tree())
	}
	if !strings.HasPrefix(e.String(), want.String()) || !strings.HasPrefix(e.Tree(), want.String()) {
		t.Fatalf("texts that begin otherwise: %s\n%s", e, e.Tree())
	}
}
