package dynamodb

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/askaround/askaround-go/internal/localaws/expr"
)

// appender is an output that writes its JSON itself: encoding/json would read over
// every item again that it is given as JSON.
type appender interface{ appendJSON(dst []byte) []byte }

// buffers are those of requests that were served, and of answers that were sent.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxBuffer is the largest that is kept: a page of 1 MB, and what JSON adds to it.
const maxBuffer = 4 << 20

func takeBuffer() []byte { return (*buffers.Get().(*[]byte))[:0] }

// giveBuffer takes back what nobody reads any more.
func giveBuffer(b []byte) {
	if cap(b) <= maxBuffer {
		buffers.Put(&b)
	}
}

// object writes the members of a JSON object.
type object struct{ dst []byte }

func (o *object) name(name string) {
	if o.dst[len(o.dst)-1] != '{' {
		o.dst = append(o.dst, ',')
	}
	o.dst = append(append(append(o.dst, '"'), name...), `":`...)
}

// raw writes a member that is JSON already, unless it is empty.
func (o *object) raw(name string, text []byte) {
	if len(text) > 0 {
		o.name(name)
		o.dst = append(o.dst, text...)
	}
}

// image writes a member that is an item, unless it shows nothing.
func (o *object) image(name string, m Image) {
	if !m.IsZero() {
		o.name(name)
		o.dst = m.appendJSON(o.dst)
	}
}

func (o *object) int(name string, n int) {
	o.name(name)
	o.dst = strconv.AppendInt(o.dst, int64(n), 10)
}

// small writes a member that few requests ask for.
func (o *object) small(name string, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings, numbers and items: cannot fail
	}
	o.raw(name, text)
}

func (out *WriteOutput) appendJSON(dst []byte) []byte {
	o := object{append(dst, '{')}
	o.image("Attributes", out.Attributes)
	if out.ConsumedCapacity != nil {
		o.small("ConsumedCapacity", out.ConsumedCapacity)
	}
	if out.ItemCollectionMetrics != nil {
		o.small("ItemCollectionMetrics", out.ItemCollectionMetrics)
	}
	return append(o.dst, '}')
}

func (out *GetItemOutput) appendJSON(dst []byte) []byte {
	o := object{append(dst, '{')}
	o.image("Item", out.Item)
	if out.ConsumedCapacity != nil {
		o.small("ConsumedCapacity", out.ConsumedCapacity)
	}
	return append(o.dst, '}')
}

// itemJSON is the wire form of a row under a projection, nil for no row.
func itemJSON(r row, p *expr.Projection) json.RawMessage {
	m := imageOf(r, p)
	if m.IsZero() {
		return nil
	}
	return m.appendJSON(nil)
}

// appendJSON filters, projects and writes the rows that the page read. It needs no lock.
func (out *PageOutput) appendJSON(dst []byte) []byte {
	o := object{append(dst, '{')}
	count := 0
	if out.CountOnly() {
		for range out.Items() {
			count++
		}
	} else {
		o.name("Items")
		o.dst, count = out.appendItems(o.dst)
	}
	o.int("Count", count)
	o.int("ScannedCount", out.Scanned())
	o.image("LastEvaluatedKey", out.LastKey())
	if out.ConsumedCapacity != nil {
		o.small("ConsumedCapacity", out.ConsumedCapacity)
	}
	return append(o.dst, '}')
}

func (out *PageOutput) appendItems(dst []byte) ([]byte, int) {
	count := 0
	dst = append(dst, '[')
	for m := range out.Items() {
		if count > 0 {
			dst = append(dst, ',')
		}
		count++
		dst = m.appendJSON(dst)
	}
	return append(dst, ']'), count
}

func (out *BatchGetOutput) appendJSON(dst []byte) []byte {
	o := object{append(dst, '{')}
	o.name("Responses")
	o.dst = append(o.dst, '{')
	for _, name := range slices.Sorted(maps.Keys(out.Responses)) {
		o.name(name) // table names need no escapes
		o.dst = append(o.dst, '[')
		for i, item := range out.Responses[name] {
			if i > 0 {
				o.dst = append(o.dst, ',')
			}
			o.dst = item.appendJSON(o.dst)
		}
		o.dst = append(o.dst, ']')
	}
	o.dst = append(o.dst, '}')
	o.small("UnprocessedKeys", out.UnprocessedKeys)
	if out.ConsumedCapacity != nil {
		o.small("ConsumedCapacity", out.ConsumedCapacity)
	}
	return append(o.dst, '}')
}
