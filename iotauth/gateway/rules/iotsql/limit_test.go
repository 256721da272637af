package iotsql

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestLimits: statements and payloads that were made to be expensive end with ErrLimit.
func TestLimits(t *testing.T) {
	var doubling, laughs strings.Builder
	doubling.WriteString("SET @a0 = s")
	laughs.WriteString("SET @a0 = arr")
	for i := range 60 {
		fmt.Fprintf(&doubling, ", @a%d = concat(@a%d, @a%d)", i+1, i, i)
		fmt.Fprintf(&laughs, ", @a%d = [@a%d, @a%d]", i+1, i, i)
	}
	long := strings.Repeat("a", 60_000)
	var members strings.Builder
	for i := range 500 {
		fmt.Fprintf(&members, `, "x%d": 1`, i)
	}
	payload := `{"o": {"x": 1` + members.String() + `}, "s": "` + long + `", "arr": [` + strings.Repeat("1,", 20_000) + `1], "num": ` + strings.Repeat("9", 20_000) + `}`
	for _, row := range []struct{ reason, sql string }{
		{"a string doubled in variables", doubling.String() + " SELECT @a60 AS x FROM 'a'"},
		{"an array that holds itself often", laughs.String() + " SELECT @a60 AS x FROM 'a'"},
		{"such an array as a string", laughs.String() + " SELECT length(@a60) AS x FROM 'a'"},
		{"such arrays compared", laughs.String() + " SELECT @a60 = [@a59, @a59] AS x FROM 'a'"},
		{"a long replacement for each character", "SELECT replace(s, 'a', s) AS x FROM 'a'"},
		{"a long replacement by a regular expression", "SELECT regexp_replace(s, 'a', s) AS x FROM 'a'"},
		{"a replacement that refers to a long group", "SELECT regexp_replace(s, '(a*)', '" + strings.Repeat("$1", 500) + "') AS x FROM 'a'"},
		{"a slow regular expression", "SELECT regexp_matches(s, '(a?){900}b') AS x FROM 'a'"},
		{"a payload often", "SELECT " + strings.TrimSuffix(strings.Repeat("* AS x, ", 100), ", ") + ", concat(*, *, *, *, *, *, *, *, *, *, *, *, *, '') AS y FROM 'a'"},
		{"a copied object in many rows", "SELECT (SELECT *, 1 AS o.y FROM concat(" + strings.TrimSuffix(strings.Repeat("[{'o': o}], ", 3000), ", ") + ")) AS x FROM 'a'"},
		{"a long number often", "SELECT [" + strings.Repeat("num > 1, ", 2000) + "1] AS x FROM 'a'"},
		{"rows of rows", "SELECT (SELECT VALUE concat(arr, arr) FROM [" + strings.Repeat("{'arr': concat(arr, arr)}, ", 500) + "1]) AS x FROM 'a'"},
		{"many time zones", "SELECT " + strings.Repeat("parse_time('yyyy', 0, 'Europe/Paris') + ", 3000) + "'' AS x FROM 'a'"},
	} {
		t.Run(row.reason, func(t *testing.T) {
			s, err := Parse(row.sql, V2016)
			if err != nil {
				t.Fatal(err)
			}
			if r, err := s.Evaluate(testMessage(payload)); !errors.Is(err, ErrLimit) {
				t.Errorf("%v, and %d bytes", err, len(r.Payload))
			}
		})
	}
}

// TestLimitOfTemplate: a template has one as well.
func TestLimitOfTemplate(t *testing.T) {
	s, err := Parse("SELECT * FROM 'a'", V2016)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Evaluate(testMessage(`{"s": "` + strings.Repeat("a", 60_000) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	template, err := ParseTemplate(strings.Repeat("${s}", 100), s)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := template.Expand(r); !errors.Is(err, ErrLimit) {
		t.Errorf("%v, and %d bytes", err, len(text))
	}
}

// TestDeepPayload: nesting beyond what is read makes a payload no JSON.
func TestDeepPayload(t *testing.T) {
	for depth, want := range map[int]bool{maxDepth: true, maxDepth + 1: false, 100_000: false} {
		if _, ok := ParseValue([]byte(strings.Repeat("[", depth)+strings.Repeat("]", depth)), V2016); ok != want {
			t.Errorf("%d levels: %v", depth, ok)
		}
	}
	if _, ok := ParseValue([]byte("["+strings.Repeat("[],", 2*maxDepth)+"{}]"), V2016); !ok {
		t.Error("arrays beside each other are taken for deep ones")
	}
}
