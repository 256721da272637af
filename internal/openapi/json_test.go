package openapi_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/internal/openapi"
)

var jsonTexts = []string{
	`null`, `true`, `false`, `0`, `-0`, `1.5e-3`, `1E+2`, `1e400`, `-1e400`, `""`, `"a\"\\\/\b\f\n\r\té\ud83d\ude00"`, `"😀"`,
	`[]`, `[1,[2],{}]`, `{}`, `{"a":{"b":[null]},"c":1}`, " \t\r\n{ \"a\" : 1 , \"b\" : 2 } ",
	``, ` `, `nul`, `nulll`, `tru`, `01`, `-`, `1.`, `.5`, `+1`, `1e`, `1e+`, `0x1`, `NaN`, `Infinity`, `--1`,
	`"`, `"a`, `"\`, `"\u12`, `"\x"`, `"\ud83d"`, `"\ude00"`, `"\ud83dx"`, `"\ud83d\u0041"`, "\"\n\"", "\"\x00\"", "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"",
	`[`, `[1`, `[1,`, `[1,]`, `[,]`, `[1 2]`, `]`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{a:1}`, `{'a':1}`, `{"a" 1}`, `{1:2}`, `{"a":1 "b":2}`,
	`{"a":1,"a":1}`, `{"a":1,"\u0061":1}`, `{"a":{"b":1,"b":2}}`, `1 2`, `{}{}`, `[]x`, "\ufeff1", `/**/1`, `1//`,
}

// FuzzParseJSON holds the parser to encoding/json: what it accepts is valid there
// and means the same; what it refuses beyond that has a duplicate name, bad UTF-8,
// half a surrogate pair, or nests too deeply.
func FuzzParseJSON(f *testing.F) {
	for _, text := range jsonTexts {
		f.Add([]byte(text))
	}
	f.Add([]byte(strings.Repeat("[", 70) + strings.Repeat("]", 70)))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := openapi.ParseJSON(data)
		if err != nil {
			var excuse *openapi.SyntaxError
			if !asSyntax(err, &excuse) || excuse.Offset < 0 || excuse.Offset > len(data) {
				t.Fatalf("%T %v", err, err)
			}
			if json.Valid(data) && !excused(excuse.Reason) {
				t.Fatalf("refused %q, which encoding/json takes: %v", data, err)
			}
			return
		}
		if !json.Valid(data) {
			t.Fatalf("took %q, which encoding/json refuses", data)
		}
		decoder := json.NewDecoder(strings.NewReader(string(data)))
		decoder.UseNumber()
		var want any
		if err := decoder.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if got := plain(t, v); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: got %v, want %v", data, got, want)
		}
	})
}

func asSyntax(err error, target **openapi.SyntaxError) bool {
	e, ok := err.(*openapi.SyntaxError)
	*target = e
	return ok
}

func excused(reason string) bool {
	for _, r := range []string{"twice", "UTF-8", "surrogate", "deeply"} {
		if strings.Contains(reason, r) {
			return true
		}
	}
	return false
}

// plain returns v as encoding/json decodes it, and checks its number.
func plain(t *testing.T, v openapi.Value) any {
	switch v.Kind {
	case openapi.Null:
		return nil
	case openapi.Bool:
		return v.Bool
	case openapi.String:
		return v.Text
	case openapi.Number:
		want, err := strconv.ParseFloat(v.Text, 64)
		if err != nil && !math.IsInf(want, 0) || want != v.Number {
			t.Fatalf("number %q is %v, want %v", v.Text, v.Number, want)
		}
		return json.Number(v.Text)
	case openapi.Array:
		items := make([]any, len(v.Items))
		for i := range v.Items {
			items[i] = plain(t, v.Items[i])
		}
		return items
	case openapi.Object:
		members := make(map[string]any)
		for _, m := range v.Members {
			members[m.Name] = plain(t, m.Value)
		}
		return members
	}
	t.Fatalf("kind %v", v.Kind)
	return nil
}

// TestSyntaxErrors names the place and the reason.
func TestSyntaxErrors(t *testing.T) {
	many := strings.Builder{}
	for i := range 40 {
		many.WriteString(`"k` + strconv.Itoa(i) + `":1,`)
	}
	for _, row := range []struct {
		why, text string
		offset    int
		reason    string
	}{
		{"cut off", `{"a":`, 5, "ends too early"},
		{"trailing", `{} {}`, 3, "more after the end"},
		{"a duplicate", `{"a":1,"b":2,"a":3}`, 13, "twice"},
		{"a duplicate among many", `{` + many.String() + `"k39":2}`, 1 + many.Len(), "twice"},
		{"a duplicate of the first among many", `{` + many.String() + `"k0":2}`, 1 + many.Len(), "twice"},
		{"bad UTF-8", "[\"é\xff\"]", 4, "UTF-8"},
		{"half a pair", `["\udc00"]`, 2, "surrogate"},
		{"too deep", strings.Repeat("[", 100), 65, "deeply"},
	} {
		_, err := openapi.ParseJSON([]byte(row.text))
		var e *openapi.SyntaxError
		if !asSyntax(err, &e) || e.Offset != row.offset || !strings.Contains(e.Reason, row.reason) {
			t.Errorf("%s: %v", row.why, err)
		}
	}
}
