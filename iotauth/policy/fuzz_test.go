package policy

import (
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzParse: no panic; what encoding/json refuses is refused; what is read is written and
// read again to the same; and everything that takes a document takes it.
func FuzzParse(f *testing.F) {
	for _, role := range []string{"device", "user", "service"} {
		text, err := os.ReadFile("../../api/policies/" + role + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, text := range []string{
		`{}`, `{"Statement":{"Effect":"Allow","Action":"iot:*","NotResource":"*"}}`, `[`, `{"Statement":[{"Effect":"Deny","NotAction":["iot:Publish"],"Resource":["arn:${a","*"]}]}`,
		`{"Version":"2012-10-17","Id":"\u0041","Statement":[{"Sid":"x","Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringLikeIfExists":{"iot:ClientId":["${iot:ClientId}*",1.5,true]}}}]}`,
		"{\"Version\": \"2012-10-17\"\xff}", `{"a":1,"a":2}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := Parse(text)
		if err != nil {
			if doc != nil || err.Error() == "" {
				t.Fatalf("%v beside %v", doc, err)
			}
			return
		}
		if !json.Valid(text) {
			t.Fatalf("read, though it is no JSON: %q", text)
		}
		again, err := Parse([]byte(doc.String()))
		if err != nil {
			t.Fatalf("%q was written as %q: %v", text, doc, err)
		}
		if diff := cmp.Diff(doc, again, cmpopts.IgnoreUnexported(Document{}), cmpopts.SortSlices(func(a, b Condition) bool {
			return a.Operator+" "+a.Key < b.Operator+" "+b.Key
		})); diff != "" {
			t.Fatalf("%q was written as %q:\n%s", text, doc, diff)
		}
		set, err := Compile(doc)
		if err != nil {
			t.Fatalf("valid, but not compiled: %v", err)
		}
		conn := attached("a")
		e := set.Bind(conn).Explain(Publish, "a/b")
		if got := set.Bind(conn).Publish("a/b"); got != e.Verdict || got != oracle([]oracleDoc{{doc, false}}, conn.Request(Publish, "a/b")) {
			t.Fatalf("bound %s, explained %s", got, e)
		}
		_ = e.Tree()
		Lint(doc)
	})
}

// FuzzPattern compares matching, residuals and indices with the plain matcher.
func FuzzPattern(f *testing.F) {
	for _, s := range [][3]string{
		{"*", "a", ""}, {"a/*/b?", "a/b/bc", "b*"}, {"*a*b*", "xaxbx", "*/*"}, {"?*?", "é€", "é*"}, {"arn:aws:iot:*:*:topic/a", "arn:aws:iot:r:1:topic/x:topic/a", "a"},
	} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, glob, text, other string) {
		if !utf8.ValidString(glob) || !utf8.ValidString(text) || !utf8.ValidString(other) || len(glob)+len(other) > 300 || len(text) > 300 {
			return
		}
		pattern := wildcards(t, glob)
		tokens, _ := oracleTokens(glob, true, false, nil)
		want := oracleGlob(tokens, []rune(text))
		if got := matchPattern(pattern, text); got != want {
			t.Fatalf("%q, %q: %t", glob, text, got)
		}
		for i := range text {
			got := false
			for _, rest := range residuals(pattern, text[:i]) {
				got = got || matchPattern(rest, text[i:])
			}
			if got != want {
				t.Fatalf("%q behind %q, %q: %t", glob, text[:i], text[i:], got)
			}
		}
		second, _ := oracleTokens(other, true, false, nil)
		var x index
		x.add(wildcards(t, other))
		x.add(pattern)
		x.add(wildcards(t, other+"/"+glob))
		third, _ := oracleTokens(other+"/"+glob, true, false, nil)
		if got := x.match(text); got != (want || oracleGlob(second, []rune(text)) || oracleGlob(third, []rune(text))) {
			t.Fatalf("index of %q and %q, %q: %t", glob, other, text, got)
		}
	})
}

func wildcards(t *testing.T, glob string) string {
	t.Helper()
	compiled, err := compileTemplate(glob, true, false)
	if err != nil {
		t.Skip(err)
	}
	return compiled.head
}

// FuzzTemplate compares the substitution of variables with the plain interpreter's.
func FuzzTemplate(f *testing.F) {
	for _, s := range [][3]string{{"a/${iot:ClientId}/*", "c", "a/c/d"}, {"${*}${", "", "*"}, {"${$}{x}", "x", "${x}"}, {"${IOT:ClientID}?", "*", "ab"}, {"$", "$", "$"}} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, text, value, candidate string) {
		if !utf8.ValidString(value) || !utf8.ValidString(candidate) || len(text)+len(value)+len(candidate) > 500 {
			return
		}
		compiled, err := compileTemplate(text, true, true)
		if (err == nil) != (checkTemplate(text) == nil) {
			t.Fatalf("%q: %v", text, err)
		}
		if err != nil {
			return
		}
		ctx := Context{KeyClientID: {value}}
		pattern, missing, ok := compiled.resolve(newValues(ctx))
		tokens, known := oracleTokens(text, true, true, map[string][]string{"iot:clientid": {value}})
		if ok != known || !ok && !strings.Contains(text, "${"+missing+"}") {
			t.Fatalf("%q: resolved %t, missing %q", text, ok, missing)
		}
		if ok && matchPattern(pattern, candidate) != oracleGlob(tokens, []rune(candidate)) {
			t.Fatalf("%q with %q, %q", text, value, candidate)
		}
	})
}

// FuzzARN: what is read is written as it was.
func FuzzARN(f *testing.F) {
	for _, s := range []string{"arn:aws:iot:us-east-1:1:topic/a:b", "arn:aws:iot:::x", "arn:", "", "arn:a:b:c:d:e:f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseARN(text)
		if err != nil {
			return
		}
		if a.String() != text {
			t.Fatalf("%q is written as %q", text, a)
		}
		if kind, name := a.Split(); !strings.HasPrefix(a.Resource, string(kind)) || !strings.HasSuffix(a.Resource, name) {
			t.Fatalf("%q splits into %q and %q", a.Resource, kind, name)
		}
	})
}

// FuzzNumber compares the order of decimals with that of rational numbers.
func FuzzNumber(f *testing.F) {
	for _, s := range [][2]string{{"1", "1.0"}, {"-0", "0"}, {"10", "9"}, {"-1.5", "-1.25"}, {"+1", "1"}, {".5", "1."}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, ok := parseNumber(a)
		y, also := parseNumber(b)
		if !ok || !also || len(a)+len(b) > 300 {
			return
		}
		p, ok := new(big.Rat).SetString(a)
		q, also := new(big.Rat).SetString(b)
		if !ok || !also || x.compare(y) != orderOf(p.Cmp(q)) {
			t.Fatalf("%q and %q: %d", a, b, x.compare(y))
		}
	})
}

// FuzzReadModel: no panic, and a model that is valid has lengths for its parameters.
func FuzzReadModel(f *testing.F) {
	f.Add([]byte(smallModel))
	f.Add([]byte(`{"roles":[{"name":"a"}],"parameters":{"p":{"pattern":"^(a|bc)*$"}},"channels":[{"name":"c","address":"{p}/x","publish":[{"role":"a","topics":"all"}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ReadModel(text)
		if err != nil {
			return
		}
		for name, p := range m.Parameters {
			if fewest, most, err := p.lengths(); err != nil || most >= 0 && most < fewest {
				t.Fatalf("parameter %q: %d to %d, %v", name, fewest, most, err)
			}
		}
	})
}
