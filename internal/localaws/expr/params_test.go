package expr_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

func TestParamsErrors(t *testing.T) {
	one := expr.Values{":v": attr.Int(1)}
	tests := []struct {
		reason string
		names  map[string]string
		values expr.Values
		want   string
	}{
		{"no names", map[string]string{}, one, "ExpressionAttributeNames must not be empty"},
		{"no values", nil, expr.Values{}, "ExpressionAttributeValues must not be empty"},
		{"a name without its sign", map[string]string{"n": "a"}, nil, `ExpressionAttributeNames contains invalid key: Syntax error; key: "n"`},
		{"a sign without a name", map[string]string{"#": "a"}, nil, `ExpressionAttributeNames contains invalid key: Syntax error; key: "#"`},
		{"an empty key", map[string]string{"": "a"}, nil, `ExpressionAttributeNames contains invalid key: Syntax error; key: ""`},
		{"a dash in a key", map[string]string{"#a-b": "a"}, nil, `ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-b"`},
		{"the first of several", map[string]string{"#b-": "a", "#a-": "a", "#c-": "a"}, nil, `ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-"`},
		{"a key of 256 bytes", map[string]string{"#" + strings.Repeat("n", 255): "a"}, nil, "ExpressionAttributeNames contains invalid key: The expression attribute map contains a key that is too long; size of key: 256"},
		{"a name for nothing", map[string]string{"#n": ""}, nil, "ExpressionAttributeNames contains invalid value: Empty attribute name for key #n"},
		{"a name of 64 KB", map[string]string{"#n": strings.Repeat("n", 65536)}, nil, "ExpressionAttributeNames contains invalid value: Attribute name is too large, must be less than 65536 bytes for key #n"},
		{"a value with a name's sign", nil, expr.Values{"#v": attr.Int(1)}, `ExpressionAttributeValues contains invalid key: Syntax error; key: "#v"`},
		{"a dot in a key", nil, expr.Values{":v.w": attr.Int(1)}, `ExpressionAttributeValues contains invalid key: Syntax error; key: ":v.w"`},
		{"names count before values", map[string]string{"n": "a"}, expr.Values{"v": attr.Int(1)}, `ExpressionAttributeNames contains invalid key: Syntax error; key: "n"`},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			_, err := expr.NewParams(tt.names, tt.values)
			var invalid *attr.ValidationError
			if !errors.As(err, &invalid) || invalid.Message != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	for _, key := range []string{"#a", "#A_9", "#0", "#_", "#" + strings.Repeat("n", 254)} {
		if _, err := expr.NewParams(map[string]string{key: strings.Repeat("n", 65535)}, nil); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestCheckUnused(t *testing.T) {
	names := map[string]string{"#a": "a", "#b": "b", "#c": "c"}
	values := expr.Values{":1": attr.Int(1), ":2": attr.Int(2), ":3": attr.Int(3)}
	p := mustParams(t, names, values)
	if _, err := expr.ParseCondition("ConditionExpression", "#b = :2 OR #b = :2", p); err != nil {
		t.Fatal(err)
	}
	check := func(want string) {
		t.Helper()
		err := p.CheckUnused()
		if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	check("Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #c}")
	if _, err := expr.ParseProjection("#a, x.#c", p); err != nil {
		t.Fatal(err)
	}
	check("Value provided in ExpressionAttributeValues unused in expressions: keys: {:1, :3}")
	if _, err := expr.ParseUpdate("SET x = :1 ADD y :3", p); err != nil {
		t.Fatal(err)
	}
	check("")
}

func TestDecodeValues(t *testing.T) {
	values, err := expr.DecodeValues([]byte(`{":a":{"S":"x"},":b":{"N":"1.0"}}`))
	if err != nil || len(values) != 2 || !attr.Equal(values[":b"], attr.Int(1)) {
		t.Errorf("got %v, %v", values, err)
	}
	if values, err := expr.DecodeValues([]byte("null")); err != nil || values != nil {
		t.Errorf("null gives %v, %v", values, err)
	}
	_, err = expr.DecodeValues([]byte(`{":a":{"SS":["x","x"]}}`))
	want := "ExpressionAttributeValues contains invalid value: One or more parameter values were invalid: Input collection [x, x] contains duplicates. for key :a"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if _, err := expr.DecodeValues([]byte(`{":a":{"S":1}}`)); !errors.As(err, new(*attr.SerializationError)) {
		t.Errorf("got %v", err)
	}
}
