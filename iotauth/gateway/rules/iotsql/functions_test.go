package iotsql

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// documented are the functions of the developer guide, as its page "Functions" listed them
// in 2026.
const documented = `abs accountid acos asin atan atan2 aws_lambda bitand bitnot bitor bitxor cast ceil chr clientid concat cos cosh decode encode
	endswith exp floor get get_dynamodb get_mqtt_property get_or_default get_registry_data get_secret get_thing_shadow get_user_properties indexof
	isnull isundefined length ln log lower lpad ltrim machinelearning_predict md2 md5 mod nanvl newuuid numbytes parse_time power principal rand
	regexp_matches regexp_replace regexp_substr remainder replace round rpad rtrim sha1 sha224 sha256 sha384 sha512 sign sin sinh sourceip
	sql_version sqrt startswith substring tan tanh time_to_epoch timestamp topic traceid transform trim trunc upper`

// TestEveryDocumentedFunction: each is here, or is refused by its name.
func TestEveryDocumentedFunction(t *testing.T) {
	known := append(Functions(), "cast")
	known = slices.AppendSeq(known, maps.Keys(elsewhere))
	slices.Sort(known)
	if diff := cmp.Diff(strings.Fields(documented), known); diff != "" {
		t.Errorf("documented and known functions differ (-documented +known)\n%s", diff)
	}
}

// TestArguments: a function with too few or too many arguments is Undefined, as the guide
// says, and none panics, whatever its arguments are.
func TestArguments(t *testing.T) {
	values := []string{"nothing", "n", "t", "i", "d", "s", "num", "arr", "obj", "big", "-1", "''"}
	for name, f := range functions {
		for count := range 5 {
			if f.prepare != nil && count > 0 {
				continue // literals are demanded at Parse
			}
			for i := range values {
				args := slices.Repeat(values[i:i+1], count)
				got := evaluateExpression(t, V2016, name+"("+strings.Join(args, ", ")+")", samplePayload)
				if wrong := count < f.least || f.most >= 0 && count > f.most; wrong && got != "" {
					t.Errorf("%s of %d arguments is %s", name, count, got)
				}
			}
		}
	}
}

// TestOfUndefined: of the functions with arguments, only a few have a value where these
// are Undefined or Null.
func TestOfUndefined(t *testing.T) {
	values := []string{"concat", "get_or_default", "isnull", "isundefined", "nanvl"}
	for name, f := range functions {
		if f.least == 0 && name != "concat" || f.prepare != nil || slices.Contains(values, name) {
			continue
		}
		for _, arg := range []string{"nothing", "n"} {
			args := slices.Repeat([]string{arg}, f.least)
			if got := evaluateExpression(t, V2016, name+"("+strings.Join(args, ", ")+")", samplePayload); got != "" {
				t.Errorf("%s of %s is %s", name, arg, got)
			}
		}
	}
}
