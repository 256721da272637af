package expr_test

import (
	"testing"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

const (
	benchCondition = "attribute_not_exists(#pk) OR (#rev < :rev AND NOT contains(tags, :tag))"
	benchFilter    = "lat BETWEEN :south AND :north AND lng BETWEEN :west AND :east"
	benchKey       = "pk = :pk AND sk BETWEEN :low AND :high"
	benchUpdate    = "SET answers = answers + :one, applied.#shard = :seq ADD halves :stars REMOVE heat[0]"
	benchPaths     = "pk, sk, applied.#shard, heat[0]"
)

func benchNames() map[string]string {
	return map[string]string{"#pk": "pk", "#rev": "rev", "#shard": "shard-1"}
}

func benchValues() expr.Values {
	return expr.Values{
		":rev": attr.String("0002"), ":tag": attr.String("closed"), ":south": attr.Int(40), ":north": attr.Int(41),
		":west": attr.Int(-75), ":east": attr.Int(-74), ":pk": attr.String("a"), ":low": attr.Int(1), ":high": attr.Int(9),
		":one": attr.Int(1), ":seq": attr.String("00017"), ":stars": attr.Int(9),
	}
}

func benchItem() attr.Item {
	return attr.Item{
		"pk": attr.String("a"), "sk": attr.Int(5), "rev": attr.String("0001"), "tags": attr.Set(attr.String("food"), attr.String("new")),
		"lat": attr.Int(40), "lng": attr.Int(-74), "answers": attr.Int(41), "halves": attr.Int(300),
		"applied": attr.Map(attr.Item{"shard-1": attr.String("00016")}), "heat": attr.List(attr.Int(1), attr.Int(2)),
	}
}

func BenchmarkParse(b *testing.B) {
	names, values := benchNames(), benchValues()
	params := func() *expr.Params {
		p, err := expr.NewParams(names, values)
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	for _, bb := range []struct {
		name  string
		parse func(*expr.Params) error
	}{
		{"Params", func(*expr.Params) error { return nil }},
		{"Condition", func(p *expr.Params) error {
			_, err := expr.ParseCondition("ConditionExpression", benchCondition, p)
			return err
		}},
		{"Filter", func(p *expr.Params) error {
			_, err := expr.ParseCondition("FilterExpression", benchFilter, p)
			return err
		}},
		{"Key", func(p *expr.Params) error {
			_, err := expr.ParseKeyCondition(benchKey, p)
			return err
		}},
		{"Update", func(p *expr.Params) error {
			_, err := expr.ParseUpdate(benchUpdate, p)
			return err
		}},
		{"Projection", func(p *expr.Params) error {
			_, err := expr.ParseProjection(benchPaths, p)
			return err
		}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := bb.parse(params()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEval(b *testing.B) {
	item := benchItem()
	for name, src := range map[string]string{"Condition": benchCondition, "Filter": benchFilter} {
		b.Run(name, func(b *testing.B) {
			c := mustCondition(b, src, benchNames(), benchValues())
			b.ReportAllocs()
			for b.Loop() {
				if !c.Eval(item) {
					b.Fatal("false")
				}
			}
		})
	}
}

func BenchmarkApply(b *testing.B) {
	item := benchItem()
	b.Run("Update", func(b *testing.B) {
		u := mustUpdate(b, benchUpdate, benchNames(), benchValues())
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := u.Apply(item); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Projection", func(b *testing.B) {
		p := mustProjection(b, benchPaths, benchNames())
		b.ReportAllocs()
		for b.Loop() {
			if len(p.Apply(item)) != 4 {
				b.Fatal("not four attributes")
			}
		}
	})
}

func BenchmarkBounds(b *testing.B) {
	r := &expr.RangeCondition{Op: expr.RangeBetween, Low: attr.Int(100), High: attr.Int(200)}
	prefix := attr.AppendKey(nil, attr.String("89c25a31"))
	b.ReportAllocs()
	for b.Loop() {
		if low, high := r.Bounds(prefix); low == nil || high == nil {
			b.Fatal("no bounds")
		}
	}
}
