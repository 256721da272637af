package openapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/internal/foreign"
	"github.com/askaround/askaround-go/internal/openapi"
)

// document wraps schemas into the smallest OpenAPI document.
func document(schemas string) []byte {
	return []byte(`{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{},"components":{"schemas":` + schemas + `}}`)
}

func schemaOf(t testing.TB, schema string) *openapi.Schema {
	t.Helper()
	d, err := openapi.Parse(document(`{"S":` + schema + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return d.Schema("S")
}

func check(t testing.TB, s *openapi.Schema, value string) []openapi.Fault {
	t.Helper()
	v, err := openapi.ParseJSON([]byte(value))
	if err != nil {
		t.Fatalf("%v in %s", err, value)
	}
	return s.Check(&v)
}

// keywords has for each keyword values that fit and values that do not.
var keywords = []struct{ schema, fit, misfit string }{
	{`{}`, `[null,true,1,"a",[],{}]`, `[]`},
	{`{"type":"string"}`, `["","a"]`, `[null,true,1,[],{}]`},
	{`{"type":["string","null"]}`, `["",null]`, `[false,0,[],{}]`},
	{`{"type":"boolean"}`, `[true,false]`, `[0,"true",null]`},
	{`{"type":"number"}`, `[0,-1.5,1e3]`, `["1",true,null]`},
	{`{"type":"integer"}`, `[0,-7,123456789012]`, `[1.5,"1"]`},
	{`{"type":"integer","format":"int32"}`, `[2147483647,-2147483648]`, `[2147483648,1.5]`},
	{`{"type":"integer","format":"int64"}`, `[9223372036854775807]`, `[9223372036854775808]`},
	{`{"enum":["a",1,null,[1],{"a":1,"b":2}]}`, `["a",1,1.0,null,[1],{"b":2,"a":1}]`, `["b",2,false,[1,2],[2],{"a":1},{"a":1,"b":3}]`},
	{`{"const":"a"}`, `["a"]`, `["b",null]`},
	{`{"minimum":-1,"maximum":2}`, `[-1,0,2,"x"]`, `[-1.1,2.1,1e9]`},
	{`{"exclusiveMinimum":0,"exclusiveMaximum":1}`, `[0.5]`, `[0,1]`},
	{`{"multipleOf":0.5}`, `[0,-0.5,4.5,1e10]`, `[0.25,0.1]`},
	{`{"multipleOf":3}`, `[9,-3,0]`, `[1,3.5]`},
	{`{"minLength":1,"maxLength":2}`, `["a","éé","😀😀",7]`, `["","abc"]`},
	{`{"pattern":"^a+$"}`, `["a","aaa",7]`, `["","b","ab"]`},
	{`{"type":"array","items":{"type":"number"},"minItems":1,"maxItems":2}`, `[[1],[1,2]]`, `[[],[1,2,3],["a"]]`},
	{`{"properties":{"a":{"type":"number"}},"required":["a"]}`, `[{"a":1},{"a":1,"b":2},7]`, `[{},{"a":"1"},{"A":1}]`},
	{`{"properties":{"a":{}},"additionalProperties":false}`, `[{},{"a":null}]`, `[{"b":1},{"a":1,"b":1}]`},
	{`{"properties":{"a":{}},"additionalProperties":{"type":"number"}}`, `[{"a":"x","b":1}]`, `[{"b":"x"}]`},
	{`{"propertyNames":{"pattern":"^[a-z]$"}}`, `[{"a":1},{}]`, `[{"aa":1},{"A":1}]`},
	{`{"minProperties":1,"maxProperties":2}`, `[{"a":1},{"a":1,"b":2},7]`, `[{},{"a":1,"b":2,"c":3}]`},
	{`{"oneOf":[{"type":"number","minimum":5},{"type":"number","maximum":6}]}`, `[4,7]`, `[5,6,"x"]`},
	{`{"type":"object","properties":{"next":{"$ref":"#/components/schemas/S"}},"additionalProperties":false}`, `[{},{"next":{"next":{}}}]`, `[{"next":1},{"next":{"x":1}}]`},
	{`{"type":"object","properties":{"a":{"type":"object","required":["b"]}},"required":["c"]}`, `[{"c":1,"a":{"b":1}}]`, `[{"c":1,"a":{}},{"a":{"b":1}}]`},
}

// TestKeywords checks each keyword on its own.
func TestKeywords(t *testing.T) {
	for _, row := range keywords {
		s := schemaOf(t, row.schema)
		for fits, list := range map[bool]string{true: row.fit, false: row.misfit} {
			for _, value := range split(t, list) {
				if faults := check(t, s, value); (len(faults) == 0) != fits {
					t.Errorf("%s: %s fits %v, want %v: %v", row.schema, value, !fits, fits, faults)
				}
			}
		}
	}
}

func split(t testing.TB, list string) []string {
	t.Helper()
	var values []json.RawMessage
	if err := json.Unmarshal([]byte(list), &values); err != nil {
		t.Fatal(err)
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return texts
}

// TestFormats are asserted, although JSON Schema only annotates by them.
func TestFormats(t *testing.T) {
	for _, row := range []struct{ format, fit, misfit string }{
		{"date-time", `["2026-11-22T10:00:00Z","2026-11-22T10:00:00.123456789+01:00"]`, `["2026-11-22","2026-13-22T10:00:00Z","now"]`},
		{"uri", `["urn:a:b","https://a/b"]`, `["/a","a b"]`},
		{"uri-reference", `["/a?b=c","urn:a:b"]`, `["http://[","%zz"]`},
	} {
		s := schemaOf(t, `{"type":"string","format":"`+row.format+`"}`)
		for fits, list := range map[bool]string{true: row.fit, false: row.misfit} {
			for _, value := range split(t, list) {
				if (len(check(t, s, value)) == 0) != fits {
					t.Errorf("%s: %s: want %v", row.format, value, fits)
				}
			}
		}
	}
}

// TestFaults has pointers and words as users see them.
func TestFaults(t *testing.T) {
	d, err := openapi.Parse(api.Document())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ schema, value, want string }{
		{"NewQuestion", `{"text":"","kind":"tree","location":{"lat":91,"lng":"x","a/b~c":1}}`,
			`body "/text" must not be empty|body "/kind" must be "star" or "geo"|body "/location/lat" must be at most 90|body "/location/lng" must be of type number|body "/location/a~1b~0c" is unknown`},
		{"NewQuestion", `{"text":" ","kind":"geo","location":{"lat":1,"lng":1}}`, `body "/text" must be one line of text with a visible character`},
		{"AnswerValue", `{"stars":4.75}`, `body "/stars" must be a multiple of 0.5`},
		{"AnswerValue", `{"stars":1,"location":{"lat":1,"lng":1}}`, `body "" must have at most 1 member`},
		{"AnswerValue", `{}`, `body "" must have at least 1 member`},
		{"AnswerValue", `{"stars":1e999}`, `body "/stars" must be at most 5`},
		{"Live", `{"location":{"lat":1,"lng":1},"radius":1e999,"endpoints":[],"topics":{"geo":["a",7],"account":"","system":"","question":""}}`,
			`body "/radius" is beyond the range of numbers|body "/topics/geo/1" must be of type string`},
		{"LiveMessage", `{"type":"notice"}`, `body "/text" is required`},
		{"LiveMessage", `{"type":"party"}`, `body "/type" does not name one of the alternatives`},
		{"LiveMessage", `[]`, `body "/type" does not name one of the alternatives`},
	} {
		var got []string
		for _, f := range check(t, d.Schema(row.schema), row.value) {
			got = append(got, f.String())
		}
		if strings.Join(got, "|") != row.want {
			t.Errorf("%s %s:\n got %s\nwant %s", row.schema, row.value, strings.Join(got, "|"), row.want)
		}
	}
	var members []string
	for i := range 50 {
		members = append(members, fmt.Sprintf(`"m%d":1`, i))
	}
	if faults := check(t, d.Schema("LatLng"), `{`+strings.Join(members, ",")+`}`); len(faults) != 10 {
		t.Errorf("%d faults", len(faults))
	}
	for _, f := range check(t, d.Schema("LatLng"), `{"`+strings.Repeat("x", 1000)+`":1}`) {
		if len(f.String()) > 100 {
			t.Errorf("a long name is given back: %s", f)
		}
	}
}

// TestAgainstPython asks Python's jsonschema about the same values: a random walk
// through the contract's own schemas and the keywords of this package.
func TestAgainstPython(t *testing.T) {
	python := foreign.NeedPython(t, "jsonschema")
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	times := 10
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		times = 50
	}
	g := generator{rand.New(rand.NewPCG(seed, 1))}
	contract, err := openapi.Parse(api.Document())
	if err != nil {
		t.Fatal(err)
	}
	var components struct {
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(api.Document(), &components); err != nil {
		t.Fatal(err)
	}
	type question struct {
		Schema any    `json:"schema"`
		Value  string `json:"value"`
	}
	var questions []question
	var mine []bool
	ask := func(schema any, compiled *openapi.Schema, value string) {
		questions = append(questions, question{schema, value})
		mine = append(mine, len(check(t, compiled, value)) == 0)
	}
	for _, name := range slices.Sorted(maps.Keys(components.Components.Schemas)) {
		for range 3 * times {
			reference := map[string]any{"$ref": "#/components/schemas/" + name}
			ask(reference, contract.Schema(name), g.near(components.Components.Schemas, components.Components.Schemas[name], 0))
		}
	}
	for _, row := range keywords {
		if strings.Contains(row.schema, "int32") || strings.Contains(row.schema, "int64") || strings.Contains(row.schema, "$ref") {
			continue // formats only annotate there; the reference is to another document
		}
		var schema any
		if err := json.Unmarshal([]byte(row.schema), &schema); err != nil {
			t.Fatal(err)
		}
		for range 2 * times {
			ask(schema, schemaOf(t, row.schema), g.near(nil, schema, 0))
		}
	}
	input, err := json.Marshal(map[string]any{"document": json.RawMessage(api.Document()), "questions": questions})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "questions.json")
	if err := os.WriteFile(file, input, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), python, "testdata/oracle.py", file)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var theirs []bool
	if err := json.Unmarshal(output, &theirs); err != nil {
		t.Fatal(err)
	}
	fitting, wrong := 0, 0
	for i := range theirs {
		if theirs[i] {
			fitting++
		}
		if mine[i] == theirs[i] {
			continue
		}
		if wrong++; wrong <= 5 {
			text, _ := json.Marshal(questions[i].Schema)
			t.Errorf("%s under %s: fits %v, jsonschema says %v", questions[i].Value, text, mine[i], theirs[i])
		}
	}
	if len(theirs) != len(mine) || fitting < len(mine)/10 || fitting > len(mine)*9/10 {
		t.Errorf("%d answers to %d questions, %d fitting: the walk is lopsided", len(theirs), len(mine), fitting)
	}
	t.Logf("%d values, %d of them fitting", len(mine), fitting)
}
