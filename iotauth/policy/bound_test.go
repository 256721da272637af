package policy

import (
	"sync"
	"testing"
	"time"
)

// TestBoundAllocatesNothing: decisions of every packet cost no garbage.
func TestBoundAllocatesNothing(t *testing.T) {
	for _, docs := range [][]*Document{{devicePolicy(t)}, largest("fleet/*/%s%d/state"), largest("*/%s%d/*")} {
		bound := compile(t, docs...).Bind(attached("printer-1"))
		if n := testing.AllocsPerRun(100, func() {
			bound.Publish("askaround/v1/device/printer-1/telemetry")
			bound.RetainPublish("askaround/v1/device/printer-1/presence")
			bound.Subscribe("askaround/v1/device/printer-1/command")
			bound.Receive("x:topic/esp32/sub")
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

// TestBoundFollowsTheClock: conditions on the time are decided when they are asked.
func TestBoundFollowsTheClock(t *testing.T) {
	now := theTime
	conn := Connection{ClientID: "a", Now: func() time.Time { return now }}
	bound := set(t,
		Allow(Publish).On(Topic("until")).When("DateLessThan", KeyCurrentTime, theTime.Add(time.Hour).Format(time.RFC3339)),
		Allow(Publish).On(Topic("from")).When("NumericGreaterThan", KeyEpochTime, "1767323045"),
		Deny(Publish).Except(Topic("*")).When("DateGreaterThan", KeyCurrentTime, "2020-01-01"),
	).Bind(conn)
	for _, c := range []struct {
		after       time.Duration
		until, from Verdict
	}{{0, Allowed, ImplicitDeny}, {time.Second, Allowed, Allowed}, {time.Hour, ImplicitDeny, Allowed}} {
		now = theTime.Add(c.after)
		if got := bound.Publish("until"); got != c.until {
			t.Errorf("after %s, until: %s", c.after, got)
		}
		if got := bound.Publish("from"); got != c.from {
			t.Errorf("after %s, from: %s", c.after, got)
		}
	}
}

// TestReceiveShared takes both forms of a shared subscription's topic.
func TestReceiveShared(t *testing.T) {
	for _, c := range []struct {
		reason string
		s      []Statement
		want   Verdict
	}{
		{"the plain form", []Statement{Allow(Receive).On(Topic("a"))}, Allowed},
		{"the shared form", []Statement{Allow(Receive).On(Topic("$share/*/a"))}, Allowed},
		{"neither", []Statement{Allow(Receive).On(Topic("b"))}, ImplicitDeny},
		{"one denied", []Statement{Allow(Receive).On(Topic("a")), Deny(Receive).On(Topic("$share/*/a"))}, ExplicitDeny},
		{"one denied by NotResource", []Statement{Allow(Receive).On(Topic("a")), Deny(Receive).Except(Topic("a"))}, ExplicitDeny},
		{"the other denied", []Statement{Allow(Receive).On(Topic("$share/*/a")), Deny(Receive).On(Topic("a"))}, ExplicitDeny},
	} {
		if got := set(t, c.s...).Bind(Connection{ClientID: "c"}).ReceiveShared("g", "a"); got != c.want {
			t.Errorf("%s: %s, want %s", c.reason, got, c.want)
		}
	}
}

// TestDecisionAnd: both sets must allow, as for a Cognito identity.
func TestDecisionAnd(t *testing.T) {
	decision := func(v Verdict, missing ...string) Decision {
		return Decision{Verdict: v, MissingContextValues: missing}
	}
	for _, c := range []struct{ a, b, want Verdict }{
		{Allowed, Allowed, Allowed}, {Allowed, ImplicitDeny, ImplicitDeny}, {ImplicitDeny, Allowed, ImplicitDeny}, {Allowed, ExplicitDeny, ExplicitDeny},
		{ExplicitDeny, ImplicitDeny, ExplicitDeny}, {ImplicitDeny, ExplicitDeny, ExplicitDeny}, {ImplicitDeny, ImplicitDeny, ImplicitDeny},
	} {
		if got := decision(c.a).And(decision(c.b)).Verdict; got != c.want {
			t.Errorf("%s and %s: %s, want %s", c.a, c.b, got, c.want)
		}
	}
	if got := decision(Allowed, "b", "a").And(decision(Allowed, "a")).MissingContextValues; len(got) != 2 || got[0] != "a" {
		t.Errorf("missing: %v", got)
	}
}

// TestConcurrentUse: sets and bound sets are shared by goroutines.
func TestConcurrentUse(t *testing.T) {
	s := compile(t, devicePolicy(t))
	bound := s.Bind(attached("printer-1"))
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 200 {
				other := s.Bind(attached("printer-2"))
				if bound.Publish("askaround/v1/device/printer-1/ack") != Allowed || other.Publish("askaround/v1/device/printer-1/ack") != ImplicitDeny {
					t.Error("wrong decision")
				}
				if !s.Evaluate(bound.conn.Request(Connect, "printer-1")).Allowed() {
					t.Error("wrong decision")
				}
			}
		})
	}
	wait.Wait()
}

// TestWithKeepsSets: adding documents to a set leaves it as it was.
func TestWithKeepsSets(t *testing.T) {
	base := set(t, Allow(Publish).On(Topic("a")))
	first, err := base.With(New(Allow(Publish).On(Topic("b"))))
	if err != nil {
		t.Fatal(err)
	}
	second, err := base.With(New(Allow(Publish).On(Topic("c"))))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		set   *Set
		topic string
		want  Verdict
	}{{base, "b", ImplicitDeny}, {first, "b", Allowed}, {first, "c", ImplicitDeny}, {second, "b", ImplicitDeny}, {second, "c", Allowed}} {
		if got := c.set.Bind(Connection{}).Publish(c.topic); got != c.want {
			t.Errorf("%s: %s, want %s", c.topic, got, c.want)
		}
	}
	if got := second.Evaluate(new(Connection).Request(Publish, "c")).Statements[0].String(); got != "document 2 statement 1" {
		t.Errorf("called %s", got)
	}
}

// TestMissingContextValues are what statements for the action asked for in vain.
func TestMissingContextValues(t *testing.T) {
	s := set(t,
		Allow(Publish).On(Topic("${iot:Connection.Thing.ThingName}/${none}"), Topic("x")).When("StringEquals", KeyDomainName, "${iot:CertificateId}").
			When("Null", KeyThingTypeName, "true").When("BoolIfExists", "aws:MultiFactorAuthPresent", "true"),
		Allow(Receive).On(Topic("${iot:Connection.Thing.ThingTypeName}")),
		Allow(Publish).On(Topic("y")).When("StringEquals", "elsewhere", "a"),
	)
	conn := Connection{ClientID: "c"}
	got := s.Evaluate(conn.Request(Publish, "x")).MissingContextValues
	want := []string{KeyThingName, KeyCertificateID, KeyDomainName, "none"}
	for _, key := range want {
		found := false
		for _, g := range got {
			found = found || g == key
		}
		if !found || len(got) != len(want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
}
