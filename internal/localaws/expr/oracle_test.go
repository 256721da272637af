package expr_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	build "github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

// The oracle of conditions: the AWS SDK builds a random expression, and beside it
// grows a plain Go function that says what it means, over the SDK's own values.

// document is an item as the oracle sees it.
type document = map[string]types.AttributeValue

// meaning is what a condition means.
type meaning func(document) bool

// term is an operand, as the builder and as the oracle see it. get returns nil
// where the item has nothing.
type term struct {
	build build.OperandBuilder
	path  string // "" for what is no path
	get   func(document) types.AttributeValue
}

func pathTerm(path string) term {
	return term{build.Name(path), path, func(d document) types.AttributeValue { return lookup(d, path) }}
}

func valueTerm(v types.AttributeValue) term {
	return term{build.Value(v), "", func(document) types.AttributeValue { return v }}
}

func sizeTerm(path string) term {
	return term{build.Name(path).Size(), "", func(d document) types.AttributeValue { return naiveSize(lookup(d, path)) }}
}

// oraclePaths are paths of which some lead nowhere.
var oraclePaths = []string{"a", "b", "c", "m.x", "m.y", "l[0]", "l[1].x", "m.l[2]", "nope", "a.x", "m[0]"}

func randomPath(r *rand.Rand) string { return oraclePaths[r.IntN(len(oraclePaths))] }

func randomTerm(r *rand.Rand, ordered bool) term {
	switch r.IntN(7) {
	case 0, 1, 2:
		return pathTerm(randomPath(r))
	case 3:
		return sizeTerm(randomPath(r))
	}
	if ordered {
		return valueTerm(randomAWS(r, 0))
	}
	return valueTerm(randomAWS(r, 2))
}

// randomCondition returns a condition and its meaning.
func randomCondition(r *rand.Rand, depth int) (build.ConditionBuilder, meaning) {
	if depth > 0 && r.IntN(3) > 0 {
		left, p := randomCondition(r, depth-1)
		if r.IntN(4) == 0 {
			return left.Not(), func(d document) bool { return !p(d) }
		}
		right, q := randomCondition(r, depth-1)
		if r.IntN(2) == 0 {
			return left.And(right), func(d document) bool { return p(d) && q(d) }
		}
		return left.Or(right), func(d document) bool { return p(d) || q(d) }
	}
	switch r.IntN(4) {
	case 0:
		return randomFunction(r)
	case 1:
		return randomRange(r)
	}
	return randomComparison(r)
}

func randomComparison(r *rand.Rand) (build.ConditionBuilder, meaning) {
	o := r.IntN(6)
	a, b := randomTerm(r, o > 1), randomTerm(r, o > 1)
	for a.path != "" && a.path == b.path { // DynamoDB refuses such a condition
		b = randomTerm(r, o > 1)
	}
	order := func(accept func(c int) bool) meaning {
		return func(d document) bool {
			c, ok := naiveCompare(a.get(d), b.get(d))
			return ok && accept(c)
		}
	}
	equal := func(d document) bool { return naiveEqual(a.get(d), b.get(d)) }
	switch o {
	case 0:
		return build.Equal(a.build, b.build), equal
	case 1:
		return build.NotEqual(a.build, b.build), func(d document) bool { return !equal(d) }
	case 2:
		return build.LessThan(a.build, b.build), order(func(c int) bool { return c < 0 })
	case 3:
		return build.LessThanEqual(a.build, b.build), order(func(c int) bool { return c <= 0 })
	case 4:
		return build.GreaterThan(a.build, b.build), order(func(c int) bool { return c > 0 })
	}
	return build.GreaterThanEqual(a.build, b.build), order(func(c int) bool { return c >= 0 })
}

func randomRange(r *rand.Rand) (build.ConditionBuilder, meaning) {
	p := pathTerm(randomPath(r))
	if r.IntN(2) == 0 {
		list := make([]term, 1+r.IntN(3))
		others := make([]build.OperandBuilder, 0, len(list))
		for i := range list {
			list[i] = valueTerm(randomAWS(r, 2))
			others = append(others, list[i].build)
		}
		return build.In(p.build, others[0], others[1:]...), func(d document) bool {
			for _, t := range list {
				if naiveEqual(p.get(d), t.get(d)) {
					return true
				}
			}
			return false
		}
	}
	low, high := randomAWS(r, 0), randomAWS(r, 0)
	if c, ok := naiveCompare(low, high); !ok { // DynamoDB refuses bounds of two types,
		high = low
	} else if c > 0 { // and bounds that hold nothing
		low, high = high, low
	}
	return build.Between(p.build, build.Value(low), build.Value(high)), func(d document) bool {
		c, ok := naiveCompare(p.get(d), low)
		e, _ := naiveCompare(p.get(d), high)
		return ok && c >= 0 && e <= 0
	}
}

func randomFunction(r *rand.Rand) (build.ConditionBuilder, meaning) {
	path := randomPath(r)
	name, get := build.Name(path), func(d document) types.AttributeValue { return lookup(d, path) }
	switch r.IntN(5) {
	case 0:
		return name.AttributeExists(), func(d document) bool { return get(d) != nil }
	case 1:
		return name.AttributeNotExists(), func(d document) bool { return get(d) == nil }
	case 2:
		all := []string{"S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"}
		typ := all[r.IntN(len(all))]
		return name.AttributeType(build.DynamoDBAttributeType(typ)), func(d document) bool { return typeName(get(d)) == typ }
	case 3:
		prefix := strings.Repeat("a", r.IntN(3))
		return name.BeginsWith(prefix), func(d document) bool {
			s, ok := get(d).(*types.AttributeValueMemberS)
			return ok && strings.HasPrefix(s.Value, prefix)
		}
	}
	v := randomAWS(r, 1)
	return build.Contains(name, v), func(d document) bool { return naiveContains(get(d), v) }
}

// TestConditionsAgainstOracle evaluates what the AWS SDK's builder writes and
// compares the answers with those of the oracle.
func TestConditionsAgainstOracle(t *testing.T) {
	r := newRand(t)
	yes := 0
	for range 6_000 {
		condition, want := randomCondition(r, 3)
		built, err := build.NewBuilder().WithCondition(condition).Build()
		if err != nil {
			t.Fatal(err)
		}
		src := *built.Condition()
		p := mustParams(t, built.Names(), fromAWSMap(t, built.Values()))
		c, err := expr.ParseCondition("ConditionExpression", src, p)
		if err != nil {
			t.Fatalf("%s with %v: %v", src, built.Names(), err)
		}
		if err := p.CheckUnused(); err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		for range 4 {
			d := randomDocument(r)
			item := attr.Item(fromAWSMap(t, d))
			if got := c.EvalPacked(attr.Pack(item)); got != want(d) {
				t.Errorf("packed: %v", got)
			}
			if got := c.Eval(item); got != want(d) {
				t.Fatalf("%s\nnames  %v\nvalues %s\nitem   %s\ngot %t", src, built.Names(), text(attr.Item(fromAWSMap(t, built.Values()))), text(item), got)
			} else if got {
				yes++
			}
		}
	}
	if yes < 2_000 {
		t.Errorf("only %d of 24,000 conditions held: the test does not test", yes)
	}
}

// fromAWSMap converts the SDK's values to the package's; nil stays nil.
func fromAWSMap(t testing.TB, m document) expr.Values {
	if m == nil {
		return nil
	}
	values := expr.Values{}
	for name, v := range m {
		values[name] = fromAWS(t, v)
	}
	return values
}

func fromAWS(t testing.TB, v types.AttributeValue) attr.Value {
	set := func(members []string, value func(string) attr.Value) attr.Value {
		var values []attr.Value
		for _, m := range members {
			values = append(values, value(m))
		}
		return attr.Set(values...)
	}
	number := func(s string) attr.Value {
		n, err := attr.ParseNumber(s)
		if err != nil {
			t.Fatal(err)
		}
		return attr.Num(n)
	}
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return attr.String(v.Value)
	case *types.AttributeValueMemberN:
		return number(v.Value)
	case *types.AttributeValueMemberB:
		return attr.Binary(v.Value)
	case *types.AttributeValueMemberBOOL:
		return attr.Bool(v.Value)
	case *types.AttributeValueMemberNULL:
		return attr.Null()
	case *types.AttributeValueMemberSS:
		return set(v.Value, attr.String)
	case *types.AttributeValueMemberNS:
		return set(v.Value, number)
	case *types.AttributeValueMemberL:
		list := attr.List()
		for _, e := range v.Value {
			list.L = append(list.L, fromAWS(t, e))
		}
		return list
	case *types.AttributeValueMemberM:
		return attr.Map(attr.Item(fromAWSMap(t, v.Value)))
	}
	t.Fatalf("the oracle has no %T", v)
	return attr.Value{}
}

// lookup returns what d has at a path such as m.l[2], or nil.
func lookup(d document, path string) types.AttributeValue {
	var v types.AttributeValue = &types.AttributeValueMemberM{Value: d}
	for _, step := range strings.Split(strings.ReplaceAll(path, "[", ".["), ".") {
		if i, found := strings.CutPrefix(step, "["); found {
			l, ok := v.(*types.AttributeValueMemberL)
			n, _ := strconv.Atoi(strings.TrimSuffix(i, "]"))
			if !ok || n >= len(l.Value) {
				return nil
			}
			v = l.Value[n]
			continue
		}
		m, ok := v.(*types.AttributeValueMemberM)
		if !ok || m.Value[step] == nil {
			return nil
		}
		v = m.Value[step]
	}
	return v
}
