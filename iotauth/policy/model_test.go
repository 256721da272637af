package policy

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// theModel is the topic model of this repository, generated from api/asyncapi.yaml.
func theModel(t testing.TB) *Model {
	t.Helper()
	text, err := os.ReadFile("../../api/topics.json")
	if err != nil {
		t.Fatal(err)
	}
	m, err := ReadModel(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func generated(t testing.TB, role string) *Document {
	t.Helper()
	text, err := os.ReadFile("../../api/policies/" + role + ".json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestGeneratedPoliciesAreProven: every policy of api/policies lets its role do just what
// the model grants, and allows what the derived one does.
func TestGeneratedPoliciesAreProven(t *testing.T) {
	m := theModel(t)
	for _, r := range m.Roles {
		t.Run(r.Name, func(t *testing.T) {
			start := time.Now()
			doc := generated(t, r.Name)
			derived, err := Derive(m, r.Name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(doc.String(), derived.String()); diff != "" {
				t.Errorf("derived otherwise than api/tools does (-api +derived):\n%s", diff)
			}
			a, b := compile(t, doc), compile(t, derived)
			proof, err := m.Prove(a, r.Name)
			if err != nil || !proof.Holds {
				t.Errorf("against the model: %+v, %v", proof, err)
			}
			for _, pair := range [][2]*Set{{a, b}, {b, a}} {
				proof, err := Prove(pair[0], pair[1])
				if err != nil || !proof.Holds {
					t.Errorf("against each other: %v, %v", proof.Counterexample, err)
				}
			}
			t.Logf("%s: proven in %s", r.Name, time.Since(start))
		})
	}
}

func compile(t testing.TB, docs ...*Document) *Set {
	t.Helper()
	s, err := Compile(docs...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestProofsFindChanges: a policy that is changed in any one resource is no longer equal to
// the model, or it still allows the same.
func TestProofsFindChanges(t *testing.T) {
	m := theModel(t)
	changes, found := 0, 0
	for _, r := range m.Roles {
		if os.Getenv("ASKAROUND_SLOW") != "1" && r.Name != "robot" {
			continue
		}
		for i, s := range generated(t, r.Name).Statements {
			for j := range s.Resource {
				changes++
				doc := generated(t, r.Name)
				doc.Statements[i].Resource[j] += "x"
				proof, err := m.Prove(compile(t, doc), r.Name)
				if err != nil {
					t.Fatal(err)
				}
				if !proof.Holds {
					found++
					continue
				}
				// Then another resource of the statement covers what this one did.
				narrowed, err := Prove(compile(t, generated(t, r.Name)), compile(t, doc))
				if err != nil || !narrowed.Holds {
					t.Errorf("role %s: without %s nothing is said to change: %v, %v", r.Name, s.Resource[j], narrowed.Counterexample, err)
				}
			}
		}
	}
	if found == 0 || found < changes*9/10 {
		t.Errorf("%d of %d changes found", found, changes)
	}
}

const smallModel = `{
  "roles": [
    {"name": "robot", "identity": "thing", "variable": "${iot:Connection.Thing.ThingName}", "attached": true},
    {"name": "operator"}
  ],
  "parameters": {"robot": {"pattern": "^[A-Za-z0-9_-]{1,128}$", "identity": "thing"}, "room": {"pattern": "^[0-9]{3}$"}},
  "channels": [
    {"name": "action", "address": "robots/{robot}/action", "publish": [{"role": "operator", "topics": "all"}], "receive": [{"role": "robot", "topics": "own"}]},
    {"name": "state", "address": "robots/{robot}/state", "retain": true, "publish": [{"role": "robot", "topics": "own"}], "receive": [{"role": "operator", "topics": "all"}]},
    {"name": "room", "address": "rooms/{room}", "publish": [{"role": "operator", "topics": "all"}], "receive": [{"role": "robot", "topics": "each"}]}
  ]
}`

func TestDerive(t *testing.T) {
	m, err := ReadModel([]byte(smallModel))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := Derive(m, "robot")
	if err != nil {
		t.Fatal(err)
	}
	const thing = "${iot:Connection.Thing.ThingName}"
	want := New(
		Allow(Connect).On(Client(thing)).When("Bool", KeyIsAttached, "true"),
		Allow(Publish).On(Topic("robots/"+thing+"/state")),
		Allow(RetainPublish).On(Topic("robots/"+thing+"/state")),
		Allow(Subscribe).On(TopicFilter("robots/"+thing+"/action"), TopicFilter("rooms/???")),
		Allow(Receive).On(Topic("robots/"+thing+"/action"), Topic("rooms/???")),
	)
	if diff := cmp.Diff(want.String(), doc.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := Derive(m, "nobody"); !errors.Is(err, ErrModel) {
		t.Errorf("an unknown role: %v", err)
	}
}

// TestDeriveRefuses: a model that no policy expresses is not approximated.
func TestDeriveRefuses(t *testing.T) {
	for _, c := range []struct {
		reason, from, to string
		want             error
		text             string
	}{
		{"a wildcard would reach another channel", `"robots/{robot}/state"`, `"robots/{robot}/{room}/action"`, ErrOverreach, "it allows iot:Publish topic/robots/"},
		{"each topic of varying length", `"^[0-9]{3}$"`, `"^[0-9]{1,3}$"`, ErrOverreach, "no fixed length"},
		{"an unknown parameter", `"rooms/{room}"`, `"rooms/{hall}"`, ErrModel, "hall"},
		{"a pattern that is not anchored", `"^[0-9]{3}$"`, `"[0-9]{3}"`, ErrModel, "begin with ^"},
		{"a role nobody declared", `"role": "operator", "topics": "all"}], "receive": [{"role": "robot", "topics": "each"`, `"role": "boss", "topics": "all"}], "receive": [{"role": "robot", "topics": "each"`, ErrModel, "boss"},
		{"a grant of a kind nobody knows", `"each"`, `"some"`, ErrModel, "some"},
	} {
		text := strings.Replace(smallModel, c.from, c.to, 1)
		if text == smallModel {
			t.Fatalf("%s: nothing replaced", c.reason)
		}
		var err error
		m, err := ReadModel([]byte(text))
		for _, role := range []string{"operator", "robot"} {
			if err == nil {
				_, err = Derive(m, role)
			}
		}
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", c.reason, err)
		}
	}
}

// TestNamesThatLookLikeLevels proves the policies once more for clients that are called
// like a level of some channel, which a proof for any other name does not speak of.
func TestNamesThatLookLikeLevels(t *testing.T) {
	levels := map[string]bool{}
	for _, c := range theModel(t).Channels {
		for _, l := range c.levels() {
			if l.text != "" {
				levels[l.text] = true
			}
		}
	}
	if os.Getenv("ASKAROUND_SLOW") != "1" {
		levels = map[string]bool{"esp32": true, "action": true}
	}
	for name := range levels {
		for _, role := range []string{"robot", "device"} {
			m := theModel(t)
			r, err := m.role(role)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.ReplaceAll(generated(t, role).String(), r.Variable, name)
			r.Variable = name
			doc, err := Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			proof, err := m.Prove(compile(t, doc), role)
			if err != nil || !proof.Holds {
				t.Errorf("a %s called %s: %s, %v", role, name, proof.Difference, err)
			}
		}
	}
	if len(levels) == 0 {
		t.Error("the model has no level")
	}
}
