package policy

import (
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A decisionCase is one line of testdata/decisions.
type decisionCase struct {
	where, reason string
	docs          []oracleDoc
	conn          Connection
	action        Action
	name          string
	want          Verdict
}

// eachLine calls f with the lines of a file that say something.
func eachLine(t testing.TB, file string, f func(where, line string)) {
	t.Helper()
	text, err := os.ReadFile("testdata/decisions/" + file)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			f(file+":"+strconv.Itoa(i+1), line)
		}
	}
}

// splitCase cuts "VERDICT words -- reason".
func splitCase(t testing.TB, where, line string) (c decisionCase, words []string) {
	t.Helper()
	line, reason, ok := strings.Cut(line, " -- ")
	words = strings.Fields(line)
	if !ok || len(words) < 3 {
		t.Fatalf("%s: %q", where, line)
	}
	c.where, c.reason = where, reason
	if err := c.want.UnmarshalText([]byte(words[0])); err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	for i := range words {
		words[i] = strings.NewReplacer("%20", " ", "%2B", "+").Replace(words[i])
	}
	return c, words[1:]
}

// decisionCases reads all files.
func decisionCases(t testing.TB) []decisionCase {
	t.Helper()
	var out []decisionCase
	eachLine(t, "resources.txt", func(where, line string) {
		c, words := splitCase(t, where, line)
		resource := words[0]
		if !strings.HasPrefix(resource, "arn:") && resource != "*" {
			resource = "arn:aws:iot:us-east-1:123456789012:" + resource
		}
		c.name, c.action = words[1], Publish
		facts := words[2:]
		if len(facts) > 0 && strings.HasPrefix(facts[0], "iot:") {
			c.action, facts = Action(facts[0]), facts[1:]
		} else if strings.HasPrefix(words[0], "topicfilter/") {
			c.action = Subscribe
		}
		c.docs = []oracleDoc{{New(Allow(c.action).On(resource)), false}}
		c.facts(t, facts)
		out = append(out, c)
	})
	eachLine(t, "conditions.txt", func(where, line string) {
		c, words := splitCase(t, where, line)
		s := Allow(Publish).On("*")
		for more := true; more; {
			var values []string
			if words[2] != "-" {
				values = strings.Split(words[2], "|")
			}
			s = s.When(words[0], words[1], values...)
			if words, more = words[3:], len(words) > 3 && words[3] == "&&"; more {
				words = words[1:]
			}
		}
		c.docs, c.action, c.name = []oracleDoc{{New(s), false}}, Publish, "t"
		c.facts(t, words)
		out = append(out, c)
	})
	return append(out, policyCases(t)...)
}

// policyCases reads the file in which policies stand before their cases.
func policyCases(t testing.TB) []decisionCase {
	t.Helper()
	var out []decisionCase
	var docs []oracleDoc
	var text string
	var group, asked bool
	finish := func(where string) {
		if text == "" {
			return
		}
		if asked { // cases came since the last policy: a new set begins
			docs, asked = nil, false
		}
		doc, err := Parse([]byte(text))
		if err != nil {
			t.Fatalf("before %s: %v\n%s", where, err, text)
		}
		docs, text = append(docs[:len(docs):len(docs)], oracleDoc{doc, group}), ""
	}
	eachLine(t, "policies.txt", func(where, line string) {
		kind, rest, _ := strings.Cut(line, " ")
		switch {
		case kind == "policy" || kind == "group":
			finish(where)
			text, group = rest, kind == "group"
		case strings.HasPrefix(line, " "):
			text += line
		default:
			finish(where)
			asked = true
			c, words := splitCase(t, where, line)
			c.docs, c.action, c.name = docs, Action(words[0]), words[1]
			c.facts(t, words[2:])
			out = append(out, c)
		}
	})
	return out
}

// facts reads what is known of the client.
func (c *decisionCase) facts(t testing.TB, words []string) {
	t.Helper()
	conn := &c.conn
	conn.Extra = Context{}
	conn.Now = func() time.Time { return theTime }
	thing := &Thing{Attributes: map[string]string{}}
	cert := &Certificate{Subject: Name{map[string][]string{}, map[string]string{}}, Issuer: Name{map[string][]string{}, map[string]string{}}}
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		if name, ok := strings.CutPrefix(word, "thing~"); ok {
			key, value = "thing~", name
		}
		list := strings.Split(value, "|")
		kind, field, _ := strings.Cut(key, ".")
		switch kind {
		case "https":
			conn.Protocol = HTTPS
		case "client":
			conn.ClientID = value
		case "thing", "thing~", "exclusive":
			thing.Name, thing.Attached, thing.Exclusive = value, key != "thing~", key == "exclusive"
			conn.Thing = thing
		case "type":
			thing.TypeName = value
		case "attr":
			thing.Attributes[field] = value
		case "ip":
			conn.SourceIP = netip.MustParseAddr(value)
		case "domain":
			conn.DomainName = value
		case "attrs":
			conn.ConnectAttributes = strings.Split(value, ",")
		case "will":
			conn.LastWillTopic = value
		case "region":
			conn.Region = value
		case "account":
			conn.Account = value
		case "time":
			at, err := time.Parse(time.RFC3339, value)
			if err != nil {
				t.Fatalf("%s: %v", c.where, err)
			}
			conn.Now = func() time.Time { return at }
		case "ctx":
			conn.Extra[field] = list
		case "san":
			cert.Subject.Alternative[field] = value
			conn.Certificate = cert
		case "cert":
			conn.Certificate = cert
			c.certificateFact(t, cert, field, list)
		default:
			t.Fatalf("%s: no fact is called %q", c.where, word)
		}
	}
}

func (c *decisionCase) certificateFact(t testing.TB, cert *Certificate, field string, list []string) {
	t.Helper()
	whose, name, _ := strings.Cut(field, ".")
	switch whose {
	case "ID":
		cert.ID = list[0]
	case "Serial":
		cert.SerialNumber = list[0]
	case "Subject":
		cert.Subject.Fields[name] = list
	case "Issuer":
		cert.Issuer.Fields[name] = list
	default:
		t.Fatalf("%s: no field of a certificate is called %q", c.where, field)
	}
}

// set compiles the documents of a case.
func (c *decisionCase) set(t testing.TB) *Set {
	t.Helper()
	s := new(Set)
	for _, d := range c.docs {
		with := s.With
		if d.group {
			with = s.WithThingGroups
		}
		var err error
		if s, err = with(d.Document); err != nil {
			t.Fatalf("%s: %v", c.where, err)
		}
	}
	return s
}

// TestDecisions decides every case in all ways: in full, bound to the connection, and by
// the plain interpreter.
func TestDecisions(t *testing.T) {
	cases := decisionCases(t)
	if len(cases) < 400 {
		t.Errorf("only %d cases", len(cases))
	}
	reasons := map[Verdict]int{}
	for _, c := range cases {
		s := c.set(t)
		r := c.conn.Request(c.action, c.name)
		if got := s.Evaluate(r).Verdict; got != c.want {
			t.Errorf("%s: %s: %s, want %s: %s", c.where, c.reason, got, c.want, s.Explain(r))
		}
		if got := hot(s.Bind(c.conn), c.action, c.name); got != c.want {
			t.Errorf("%s: %s: bound: %s, want %s", c.where, c.reason, got, c.want)
		}
		if got := oracle(c.docs, r); got != c.want {
			t.Errorf("%s: %s: interpreted: %s, want %s", c.where, c.reason, got, c.want)
		}
		reasons[c.want]++
	}
	t.Logf("%d cases: %v", len(cases), reasons)
}
