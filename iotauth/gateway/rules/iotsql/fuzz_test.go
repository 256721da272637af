package iotsql

import (
	"bytes"
	"encoding/json"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// seeds are statements of the tables, shortened.
var seeds = []string{
	`SELECT * FROM 'a/+/#' WHERE a > 50 AND NOT b = 'x' OR c IN (1, 2.5e3) AND d NOT IN [1]`,
	`SELECT VALUE (SELECT a, b.c AS d.e FROM get(x, 0) WHERE v = -5) FROM 'a'`,
	`SET @a = {'k': [1, "it''s"]}, @b = @a.k SELECT @b[0] AS x, -(-a) AS y, value * 2 AS z, value FROM '$aws/x'`,
	`SELECT CASE a WHEN 1 THEN 'x' ELSE cast(b AS Decimal) END AS c, encode(*, 'base64') AS e, 5.x AS f FROM 'a'`,
	`SELECT VALUE -a`, `SELECT VALUE NOT a`, `SELECT VALUE [1]`, `SELECT value[1]`, `SELECT 1e5.e AS e`,
	`SELECT regexp_replace(s, '(a)(b)?', '$2$1') AS r, parse_time("yyyy 'at' zzz", 0, 'UTC+01:00') AS t FROM 'a'`,
	`SELECT time_to_epoch('2015-02-28', 'yyyy-MM-dd') AS t, trunc(-1.5E-3, 2) % 7 / 0 AS u, transform('enrichArray', a, arr) AS v FROM 'a'`,
}

// evaluateTwice evaluates two statements that should be the same, for a payload.
func evaluateTwice(t *testing.T, a, b *Statement, payload string) {
	ra, erra := a.Evaluate(testMessage(payload))
	rb, errb := b.Evaluate(testMessage(payload))
	text := strings.ToLower(a.String())
	if strings.Contains(text, "rand(") || strings.Contains(text, "newuuid(") {
		return
	}
	if (erra == nil) != (errb == nil) || (ra == nil) != (rb == nil) || ra != nil && !bytes.Equal(ra.Payload, rb.Payload) {
		t.Fatalf("%s\ngives %v, %v; written again\n%s\ngives %v, %v", a, ra, erra, b, rb, errb)
	}
	if ra == nil || ra.passed {
		return
	}
	if len(ra.Payload) > MaxResult {
		t.Fatalf("%s makes %d bytes", a, len(ra.Payload))
	}
	if len(ra.Payload) > 0 && !json.Valid(ra.Payload) {
		t.Fatalf("%s makes %q, which is no JSON", a, ra.Payload)
	}
}

// FuzzParse: a statement that parses is written so that it parses to the same again, and
// can be evaluated for any payload.
func FuzzParse(f *testing.F) {
	for _, sql := range seeds {
		f.Add(sql, samplePayload, true)
		f.Add(sql, "\xff", false)
	}
	f.Fuzz(func(t *testing.T, sql, payload string, second bool) {
		version := V2015
		if second {
			version = V2016
		}
		s, err := Parse(sql, version)
		if err != nil {
			if _, ok := err.(*SyntaxError); !ok {
				t.Fatalf("%q: %T", sql, err)
			}
			return
		}
		text := s.String()
		again, err := Parse(text, version)
		if err != nil {
			t.Fatalf("%q is written as %q: %v", sql, text, err)
		}
		if again.String() != text {
			t.Fatalf("%q is written as %q, and that as %q", sql, text, again)
		}
		evaluateTwice(t, s, again, payload)
	})
}

// FuzzTemplate: the same for templates.
func FuzzTemplate(f *testing.F) {
	for _, text := range []string{"${topic()}/republish", "$${a}${ {'x': '}'} }", "${@v}-$", "a$b{c}", "${"} {
		f.Add(text)
	}
	s, err := Parse("SET @v = i SELECT * FROM 'a'", V2016)
	if err != nil {
		f.Fatal(err)
	}
	r, err := s.Evaluate(testMessage(samplePayload))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		template, err := ParseTemplate(text, s)
		if err != nil {
			return
		}
		again, err := ParseTemplate(template.String(), s)
		if err != nil || again.String() != template.String() {
			t.Fatalf("%q is written as %q: %v", text, template, err)
		}
		a, erra := template.Expand(r)
		b, errb := again.Expand(r)
		random := strings.Contains(strings.ToLower(text), "rand") || strings.Contains(strings.ToLower(text), "newuuid")
		if a != b && !random || (erra == nil) != (errb == nil) {
			t.Fatalf("%q expands to %q, %v, and again to %q, %v", text, a, erra, b, errb)
		}
	})
}

// FuzzJSON compares the decoder with encoding/json.
func FuzzJSON(f *testing.F) {
	for _, payload := range []string{samplePayload, senML, nested, `"\ud83d\ude00\ud83d\u0041\"\/\b"`, `{"a":1,"a":2}`, `-0.0e+5`, `0E00000`, `1e-00002`, `01`, `1.`, "\"\x01\"", `[1,]`, ` null `} {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		v, ok := decodeJSON(payload, V2015)
		if strings.Count(payload, "[")+strings.Count(payload, "{") > maxDepth {
			return
		}
		if want := json.Valid([]byte(payload)) && utf8.ValidString(payload); ok != want {
			t.Fatalf("%q is JSON: %v, want %v", payload, ok, want)
		}
		if !ok {
			return
		}
		if want, got := plainJSON(t, payload), plainJSON(t, string(v.AppendJSON(nil))); !reflect.DeepEqual(want, got) {
			t.Fatalf("%q becomes %q", payload, v.AppendJSON(nil))
		}
		// The second version changes how numbers are written, not what they are.
		v, _ = decodeJSON(payload, V2016)
		if want, got := rationals(plainJSON(t, payload)), rationals(plainJSON(t, string(v.AppendJSON(nil)))); !reflect.DeepEqual(want, got) {
			t.Fatalf("%q becomes %q in the second version", payload, v.AppendJSON(nil))
		}
	})
}

func plainJSON(t *testing.T, payload string) any {
	d := json.NewDecoder(strings.NewReader(payload))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q: %v", payload, err)
	}
	return zeros(v)
}

// zeros writes -0 as 0: an Int has no sign of zero.
func zeros(v any) any {
	return mapNumbers(v, func(n json.Number) any { return json.Number(strings.Replace("x"+string(n)+"x", "x-0x", "x0x", 1)) })
}

// rationals replaces numbers by their value, as far as exponents are within reason.
func rationals(v any) any {
	return mapNumbers(v, func(n json.Number) any {
		s := strings.Trim(string(n), "x")
		if i := strings.IndexAny(s, "eE"); i >= 0 {
			if strings.Trim(s[:i], "-.0") == "" {
				return "0"
			}
			if exponent, err := strconv.Atoi(s[i+1:]); err != nil || max(exponent, -exponent) > 5000 {
				return "far"
			}
		}
		r, ok := new(big.Rat).SetString(s)
		if !ok {
			return s
		}
		return r.RatString()
	})
}

func mapNumbers(v any, number func(json.Number) any) any {
	switch v := v.(type) {
	case json.Number:
		return number(v)
	case []any:
		for i := range v {
			v[i] = mapNumbers(v[i], number)
		}
	case map[string]any:
		for k := range v {
			v[k] = mapNumbers(v[k], number)
		}
	}
	return v
}
