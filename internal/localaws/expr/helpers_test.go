package expr_test

import (
	"math/rand/v2"
	"testing"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

// newRand returns a random source whose seed is told where the test fails.
func newRand(t testing.TB) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

func mustParams(t testing.TB, names map[string]string, values expr.Values) *expr.Params {
	t.Helper()
	p, err := expr.NewParams(names, values)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustCondition(t testing.TB, src string, names map[string]string, values expr.Values) *expr.Condition {
	t.Helper()
	c, err := expr.ParseCondition("ConditionExpression", src, mustParams(t, names, values))
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	return c
}

func mustUpdate(t testing.TB, src string, names map[string]string, values expr.Values) *expr.Update {
	t.Helper()
	u, err := expr.ParseUpdate(src, mustParams(t, names, values))
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	return u
}

func mustProjection(t testing.TB, src string, names map[string]string) *expr.Projection {
	t.Helper()
	p, err := expr.ParseProjection(src, mustParams(t, names, nil))
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	return p
}

func mustItem(t testing.TB, data string) attr.Item {
	t.Helper()
	item, err := attr.DecodeItem([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return item
}

// text returns item as JSON, and "-" for no item.
func text(item attr.Item) string {
	if item == nil {
		return "-"
	}
	return string(attr.AppendItemJSON(nil, item))
}
