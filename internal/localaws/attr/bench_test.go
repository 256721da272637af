package attr_test

import (
	"encoding/json"
	"testing"

	"github.com/cockroachdb/apd/v3"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// benchItem is an item of about the size and shape that the application stores.
const benchItem = `{"pk":{"S":"89c25a31"},"sk":{"B":"icJaMQAAAAFhYmNkZWY="},"lat":{"N":"40.712776"},"lng":{"N":"-74.005974"},` +
	`"text":{"S":"Where is the best coffee around here?"},"kind":{"S":"star"},"answers":{"N":"42"},"sum":{"N":"317"},` +
	`"h":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"3"},{"N":"4"}]},"applied":{"M":{"shardId-0001":{"S":"000000000000000000000100000000001"}}},"open":{"BOOL":true}}`

func BenchmarkDecodeItem(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(benchItem)))
	for b.Loop() {
		if _, err := attr.DecodeItem([]byte(benchItem)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecodeItemStdlib is the baseline: encoding/json into maps, without any
// check of values.
func BenchmarkDecodeItemStdlib(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(benchItem)))
	for b.Loop() {
		var item map[string]map[string]any
		if err := json.Unmarshal([]byte(benchItem), &item); err != nil {
			b.Fatal(err)
		}
	}
}

func mustItem(tb testing.TB, s string) attr.Item {
	item, err := attr.DecodeItem([]byte(s))
	if err != nil {
		tb.Fatal(err)
	}
	return item
}

func BenchmarkAppendItemJSON(b *testing.B) {
	item := mustItem(b, benchItem)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = attr.AppendItemJSON(buf[:0], item)
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkAppendBinary(b *testing.B) {
	item := mustItem(b, benchItem)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = attr.AppendBinary(buf[:0], item)
	}
	b.SetBytes(int64(len(buf)))
	b.ReportMetric(float64(len(buf)), "bytes/item")
}

func BenchmarkCutPacked(b *testing.B) {
	data := string(attr.AppendBinary(nil, mustItem(b, benchItem)))
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, _, err := attr.CutPacked(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPackedItem(b *testing.B) {
	p := attr.Pack(mustItem(b, benchItem))
	b.ReportAllocs()
	for b.Loop() {
		p.Item(nil)
	}
}

func BenchmarkPackedGet(b *testing.B) {
	p := attr.Pack(mustItem(b, benchItem))
	b.ReportAllocs()
	for b.Loop() {
		p.Get("sk")
	}
}

// BenchmarkPackedJSON is what a read without a filter pays for an item.
func BenchmarkPackedJSON(b *testing.B) {
	p := attr.Pack(mustItem(b, benchItem))
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = p.AppendJSON(buf[:0], nil)
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkItemSize(b *testing.B) {
	item := mustItem(b, benchItem)
	b.ReportAllocs()
	for b.Loop() {
		if item.Size() == 0 {
			b.Fatal("no size")
		}
	}
}

func BenchmarkAppendKey(b *testing.B) {
	for name, v := range map[string]attr.Value{
		"S":        attr.String("89c25a3100000001-abcdefghijklmnopqrstuvwxyz"),
		"N/int64":  attr.Int(9223372036854775807),
		"N/38":     attr.Num(mustNumber(b, "-1.2345678901234567890123456789012345678")),
		"B/escape": attr.Binary(make([]byte, 16)),
	} {
		b.Run(name, func(b *testing.B) {
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				buf = attr.AppendKey(buf[:0], v)
			}
		})
	}
}

func BenchmarkNumber(b *testing.B) {
	const x, y = "12345678901234567890.123456789", "-98765.4321"
	b.Run("Parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := attr.ParseNumber(x); err != nil {
				b.Fatal(err)
			}
		}
	})
	n, m := mustNumber(b, x), mustNumber(b, y)
	b.Run("Add", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := n.Add(m); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Cmp", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if n.Cmp(m) != 1 {
				b.Fatal("order")
			}
		}
	})
}

// BenchmarkNumberAPD is the baseline: the arbitrary-precision decimal package.
func BenchmarkNumberAPD(b *testing.B) {
	const x, y = "12345678901234567890.123456789", "-98765.4321"
	b.Run("Parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := apd.NewFromString(x); err != nil {
				b.Fatal(err)
			}
		}
	})
	n, _, _ := apd.NewFromString(x)
	m, _, _ := apd.NewFromString(y)
	ctx := apd.BaseContext.WithPrecision(38)
	b.Run("Add", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var sum apd.Decimal
			if _, err := ctx.Add(&sum, n, m); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Cmp", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if n.Cmp(m) != 1 {
				b.Fatal("order")
			}
		}
	})
}
