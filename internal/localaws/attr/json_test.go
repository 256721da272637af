package attr_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

func TestDecodeItem(t *testing.T) {
	tests := []struct {
		reason, in, want string
	}{
		{"every scalar", `{"s":{"S":"a"},"n":{"N":"1.50"},"b":{"B":"AAE="},"t":{"BOOL":true},"f":{"BOOL":false},"z":{"NULL":true}}`,
			`{"b":{"B":"AAE="},"f":{"BOOL":false},"n":{"N":"1.5"},"s":{"S":"a"},"t":{"BOOL":true},"z":{"NULL":true}}`},
		{"sets are sorted by value", `{"n":{"NS":["10","9","-1"]},"s":{"SS":["b","a"]},"b":{"BS":["Yg==","YQ=="]}}`,
			`{"b":{"BS":["YQ==","Yg=="]},"n":{"NS":["-1","9","10"]},"s":{"SS":["a","b"]}}`},
		{"documents", `{"m":{"M":{"x":{"L":[{"S":"a"},{"M":{}},{"L":[]}]}}}}`, `{"m":{"M":{"x":{"L":[{"S":"a"},{"M":{}},{"L":[]}]}}}}`},
		{"empty strings and binaries are values", `{"b":{"B":""},"s":{"S":""}}`, `{"b":{"B":""},"s":{"S":""}}`},
		{"white space anywhere", " {\n\"a\"\t: { \"L\" : [ { \"S\":\"x\" } , {\"NULL\" : true } ] } }\r\n", `{"a":{"L":[{"S":"x"},{"NULL":true}]}}`},
		{"escapes", `{"a":{"S":"\"\\\/\b\f\n\r\té😀\u0000"}}`, `{"a":{"S":"\"\\/\u0008\u000c\n\r\té😀\u0000"}}`},
		{"half a surrogate pair is replaced", `{"a":{"S":"\ud83dx\ude00"}}`, `{"a":{"S":"` + "\ufffdx\ufffd" + `"}}`},
		{"a null member is as if it were not there", `{"a":{"S":"x","N":null}}`, `{"a":{"S":"x"}}`},
		{"an unknown member is skipped", `{"a":{"S":"x","Q":{"deep":[1,2.5,true,null,"x"]}}}`, `{"a":{"S":"x"}}`},
		{"words for booleans", `{"a":{"BOOL":"true"},"b":{"BOOL":"no"},"c":{"NULL":"1"}}`, `{"a":{"BOOL":true},"b":{"BOOL":false},"c":{"NULL":true}}`},
		{"the last of two attributes of one name", `{"a":{"S":"x"},"a":{"S":"y"}}`, `{"a":{"S":"y"}}`},
		{"an escaped type name", `{"a":{"\u0053":"x"}}`, `{"a":{"S":"x"}}`},
		{"no attribute", `{}`, `{}`},
		{"null is no item", `null`, `{}`},
		{"as deep as can be", `{"a":` + nested(31) + `}`, `{"a":` + nested(31) + `}`},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			item, err := attr.DecodeItem([]byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(attr.AppendItemJSON(nil, item)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// nested returns a value with n lists around a string.
func nested(n int) string {
	return strings.Repeat(`{"L":[`, n) + `{"S":"x"}` + strings.Repeat(`]}`, n)
}

func TestDecodeItemRefusesValues(t *testing.T) {
	const (
		empty   = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
		several = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
		invalid = "One or more parameter values were invalid: "
		nesting = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
	)
	tests := []struct {
		reason, in, want string
	}{
		{"no type", `{"a":{}}`, empty},
		{"an unknown type", `{"a":{"X":"a"}}`, empty},
		{"a null type", `{"a":{"S":null}}`, empty},
		{"a null value", `{"a":null}`, empty},
		{"a null element", `{"a":{"L":[null]}}`, empty},
		{"two types", `{"a":{"S":"a","N":"1"}}`, several},
		{"the value of a type is checked before their number", `{"a":{"S":"a","SS":[]}}`, invalid + "An string set  may not be empty"},
		{"an empty string set", `{"a":{"SS":[]}}`, invalid + "An string set  may not be empty"},
		{"an empty number set", `{"a":{"NS":[]}}`, invalid + "An number set  may not be empty"},
		{"an empty binary set", `{"a":{"BS":[]}}`, invalid + "Binary sets should not be empty"},
		{"an empty set inside a map", `{"a":{"M":{"b":{"SS":[]}}}}`, invalid + "An string set  may not be empty"},
		{"an empty set inside a list", `{"a":{"L":[{"NS":[]}]}}`, invalid + "An number set  may not be empty"},
		{"duplicates are told as they came", `{"a":{"SS":["b","a","b"]}}`, invalid + "Input collection [b, a, b] contains duplicates."},
		{"duplicate numbers are compared by value", `{"a":{"NS":["1","1.0"]}}`, "Input collection contains duplicates"},
		{"duplicate binaries", `{"a":{"BS":["YQ==","YQ=="]}}`, invalid + "Input collection [YQ==, YQ==]of type BS contains duplicates."},
		{"null in a set", `{"a":{"SS":[null]}}`, invalid + "An string set may not have a null string as a member"},
		{"null in a number set", `{"a":{"NS":[null]}}`, invalid + "An number set may not have a null string as a member"},
		{"null in a binary set", `{"a":{"BS":[null]}}`, invalid + "Binary sets may not contain null values"},
		{"a NULL that is not true", `{"a":{"NULL":false}}`, invalid + "Null attribute value types must have the value of true"},
		{"no number", `{"a":{"N":"dog"}}`, "The parameter cannot be converted to a numeric value: dog"},
		{"an empty number", `{"a":{"N":""}}`, "The parameter cannot be converted to a numeric value"},
		{"no number in a set", `{"a":{"NS":["1","x"]}}`, "The parameter cannot be converted to a numeric value: x"},
		{"too deep", `{"a":` + nested(32) + `}`, nesting},
		{"far too deep", `{"a":` + nested(90) + `}`, nesting},
		{"no name", `{"":{"S":"a"}}`, "Empty attribute name"},
		{"no name inside a map", `{"a":{"M":{"":{"S":"a"}}}}`, "Empty attribute name"},
		{"a name beyond its limit", `{"` + strings.Repeat("n", 65536) + `":{"S":"a"}}`, "Attribute name is too large, must be less than 65536 bytes"},
		{"the first refused value counts", `{"a":{"N":"x"},"b":{"SS":[]}}`, "The parameter cannot be converted to a numeric value: x"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			item, err := attr.DecodeItem([]byte(tt.in))
			var refused *attr.ValidationError
			if !errors.As(err, &refused) || refused.Message != tt.want {
				t.Fatalf("got %v, %v\nwant %q", item, err, tt.want)
			}
		})
	}
}

func TestDecodeItemRefusesShapes(t *testing.T) {
	const structure = "Start of structure or map found where not expected"
	tests := []struct {
		reason, in, want string
	}{
		{"nothing", ``, ""},
		{"an open object", `{"a":{"S":"x"}`, ""},
		{"an open string", `{"a":{"S":"x`, ""},
		{"an open escape", `{"a":{"S":"x\`, ""},
		{"a comma too many", `{"a":{"S":"x"},}`, ""},
		{"a comma too few", `{"a":{"S":"x"} "b":{"S":"x"}}`, ""},
		{"no colon", `{"a" {"S":"x"}}`, ""},
		{"no quotes", `{a:{"S":"x"}}`, ""},
		{"two values", `{} {}`, ""},
		{"a control character", "{\"a\":{\"S\":\"\x01\"}}", ""},
		{"no UTF-8", "{\"a\":{\"S\":\"\xff\"}}", ""},
		{"an unknown escape", `{"a":{"S":"\x41"}}`, ""},
		{"an escape of three digits", `{"a":{"S":"\u004"}}`, ""},
		{"a word", `{"a":{"BOOL":maybe}}`, ""},
		{"no JSON number", `{"a":{"S":01}}`, ""},
		{"an unknown member that is no JSON", `{"a":{"S":"x","Q":[1,]}}`, ""},
		{"an item that is a list", `[]`, "Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"},
		{"an item that is a number", `5`, "Unexpected field type"},
		{"a value that is a string", `{"a":"x"}`, "Unexpected value type in payload"},
		{"a value that is a list", `{"a":[]}`, "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"},
		{"an integer for a string", `{"a":{"S":1}}`, "NUMBER_VALUE cannot be converted to String"},
		{"an integer for a number", `{"a":{"N":1}}`, "NUMBER_VALUE cannot be converted to String"},
		{"a fraction for a number", `{"a":{"N":1.5}}`, "DECIMAL_VALUE cannot be converted to String"},
		{"true for a string", `{"a":{"S":true}}`, "TRUE_VALUE cannot be converted to String"},
		{"false for a string", `{"a":{"S":false}}`, "FALSE_VALUE cannot be converted to String"},
		{"a list for a string", `{"a":{"S":[]}}`, "Unrecognized collection type class java.lang.String"},
		{"an object for a string", `{"a":{"S":{}}}`, structure},
		{"a number for a binary", `{"a":{"B":1}}`, "only base-64-encoded strings are convertible to bytes"},
		{"a list for a binary", `{"a":{"B":[]}}`, "Unrecognized collection type class java.nio.ByteBuffer"},
		{"base64 of a wrong length", `{"a":{"B":"YWI"}}`, "Base64 encoded length is expected a multiple of 4 bytes but found: 3"},
		{"no base64", `{"a":{"B":"!!!!"}}`, "Invalid last non-pad Base64 character dectected"},
		{"base64 with bits behind its end", `{"a":{"B":"YR=="}}`, "Invalid last non-pad Base64 character dectected"},
		{"a number for a boolean", `{"a":{"BOOL":1}}`, "NUMBER_VALUE cannot be converted to Boolean"},
		{"a word for a boolean", `{"a":{"BOOL":"maybe"}}`, "Unexpected token received from parser"},
		{"an object for a boolean", `{"a":{"BOOL":{}}}`, structure},
		{"a list for a boolean", `{"a":{"NULL":[]}}`, "Unrecognized collection type class java.lang.Boolean"},
		{"a list for a map", `{"a":{"M":[]}}`, "Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"},
		{"a string for a map", `{"a":{"M":"x"}}`, "Unexpected field type"},
		{"an object for a list", `{"a":{"L":{}}}`, structure},
		{"a string for a list", `{"a":{"L":"x"}}`, "Unexpected field type"},
		{"a string for a set", `{"a":{"SS":"x"}}`, "Unexpected field type"},
		{"a number in a string set", `{"a":{"SS":[1]}}`, "NUMBER_VALUE cannot be converted to String"},
		{"an object in a binary set", `{"a":{"BS":[{}]}}`, structure},
		{"a shape behind a refused value", `{"a":{"SS":[]},"b":{"S":1}}`, "NUMBER_VALUE cannot be converted to String"},
		{"a shape below the deepest level", `{"a":` + nested(32) + `,"b":{"S":1}}`, "NUMBER_VALUE cannot be converted to String"},
		{"JSON without end", strings.Repeat(`{"a":{"M":`, 100_000), ""},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			item, err := attr.DecodeItem([]byte(tt.in))
			var shape *attr.SerializationError
			if !errors.As(err, &shape) || shape.Message != tt.want {
				t.Fatalf("got %v, %v\nwant %q", item, err, tt.want)
			}
		})
	}
}

func TestDecodeNamedTellsTheAttribute(t *testing.T) {
	wrap := func(name string, err *attr.ValidationError) *attr.ValidationError {
		return attr.Invalidf("%s of %s", err.Message, name)
	}
	_, err := attr.DecodeNamed([]byte(`{":a":{"S":"x"},":b":{"M":{"inner":{"N":"x"}}},":c":{"N":"y"}}`), wrap)
	want := "The parameter cannot be converted to a numeric value: x of :b"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestJSONOfStdlib decodes and encodes values inside a larger document, as
// encoding/json does.
func TestJSONOfStdlib(t *testing.T) {
	type request struct {
		TableName string
		Item      attr.Item
		Value     attr.Value
	}
	const in = `{"TableName":"t","Item":{"a":{"L":[{"N":"1"}]}},"Value":{"S":"<&>"}}`
	var r request
	if err := json.Unmarshal([]byte(in), &r); err != nil {
		t.Fatal(err)
	}
	want := request{"t", attr.Item{"a": attr.List(attr.Int(1))}, attr.String("<&>")}
	if diff := cmp.Diff(want, r, cmp.Comparer(attr.Equal)); diff != "" {
		t.Error(diff)
	}
	var refused *attr.ValidationError
	if err := json.Unmarshal([]byte(`{"Item":{"a":{"N":"x"}}}`), &r); !errors.As(err, &refused) {
		t.Errorf("encoding/json hides the error: %v", err)
	}
	if err := json.Unmarshal([]byte(`{"Value":{"N":1}}`), &r); !errors.As(err, new(*attr.SerializationError)) {
		t.Errorf("encoding/json hides the error: %v", err)
	}
	out, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var again request
	if err := json.Unmarshal(out, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, again, cmp.Comparer(attr.Equal)); diff != "" {
		t.Error(diff)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	r := newRand(t)
	for range 3_000 {
		item := randomItem(t, r, 5)
		data := attr.AppendItemJSON(nil, item)
		if !json.Valid(data) {
			t.Fatalf("no JSON: %s", data)
		}
		again, err := attr.DecodeItem(data)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if !attr.EqualItems(item, again) {
			t.Fatalf("%s came back as %s", data, attr.AppendItemJSON(nil, again))
		}
		if second := attr.AppendItemJSON(nil, again); string(second) != string(data) {
			t.Fatalf("equal items, different JSON:\n%s\n%s", data, second)
		}
	}
}

func FuzzDecodeItem(f *testing.F) {
	for _, s := range []string{
		`{"a":{"S":"x"},"n":{"N":"1.5"},"b":{"B":"AAE="},"t":{"BOOL":true},"z":{"NULL":true}}`,
		`{"s":{"SS":["a","b"]},"n":{"NS":["1","2"]},"b":{"BS":["YQ=="]}}`,
		`{"m":{"M":{"x":{"L":[{"S":"\u00e9\ud83d\ude00"}]}}}}`,
		`{"a":{"S":"x","Q":[1,-2.5e3,{"q":null}]}}`, `{"a":null}`, `null`, `[`, `{"a":{"L":` + nested(40) + `}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		item, err := attr.DecodeItem(data)
		if err != nil {
			if !errors.As(err, new(*attr.ValidationError)) && !errors.As(err, new(*attr.SerializationError)) {
				t.Fatalf("untyped error %T", err)
			}
			return
		}
		if !json.Valid(data) {
			t.Fatalf("accepts %q, which is no JSON", data)
		}
		again, err := attr.DecodeItem(attr.AppendItemJSON(nil, item))
		if err != nil || !attr.EqualItems(item, again) {
			t.Fatalf("%q does not come back: %v", data, err)
		}
	})
}
