package direct

import (
	"encoding/base64"
	"math/big"
	"strconv"
	"sync"
	"time"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/document"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// writer writes an input of the SDK as JSON, the way its own serializer does, which
// cannot be had without the request around it. What no input of these services has, such
// as a number with a fraction, it refuses by a panic.
type writer struct {
	buf   []byte
	open  []level // structures, maps and lists that were begun
	named bool    // the name of the next value is written
}

// level is a structure, map or list.
type level struct{ names, begun bool }

var writers = sync.Pool{New: func() any { return new(writer) }}

// maxBuffer is the largest that is kept: a batch of 16 MB is not.
const maxBuffer = 64 << 10

func takeWriter() *writer { return writers.Get().(*writer) }

func (w *writer) giveBack() {
	if cap(w.buf) <= maxBuffer {
		w.buf, w.open, w.named = w.buf[:0], w.open[:0], false
		writers.Put(w)
	}
}

// begin writes what stands before a value.
func (w *writer) begin(member *smithy.Schema) {
	if w.named || len(w.open) == 0 {
		w.named = false
		return
	}
	l := &w.open[len(w.open)-1]
	if l.begun {
		w.buf = append(w.buf, ',')
	}
	if l.begun = true; l.names {
		w.buf = append(append(append(w.buf, '"'), member.MemberName()...), `":`...)
	}
}

func (w *writer) enter(member *smithy.Schema, bracket byte) {
	w.begin(member)
	w.buf = append(w.buf, bracket)
	w.open = append(w.open, level{names: bracket == '{'})
}

func (w *writer) leave(bracket byte) {
	w.buf = append(w.buf, bracket)
	w.open = w.open[:len(w.open)-1]
}

func (w *writer) WriteStruct(s *smithy.Schema) { w.enter(s, '{') }
func (w *writer) CloseStruct()                 { w.leave('}') }
func (w *writer) WriteMap(s *smithy.Schema)    { w.enter(s, '{') }
func (w *writer) CloseMap()                    { w.leave('}') }
func (w *writer) WriteList(s *smithy.Schema)   { w.enter(s, '[') }
func (w *writer) CloseList()                   { w.leave(']') }
func (w *writer) CloseUnion()                  { w.leave('}') }

// WriteUnion begins an object with one member, whose value follows.
func (w *writer) WriteUnion(s, variant *smithy.Schema) {
	w.enter(s, '{')
	w.begin(variant)
	w.named = true
}

func (w *writer) WriteKey(_ *smithy.Schema, key string) {
	l := &w.open[len(w.open)-1]
	if l.begun {
		w.buf = append(w.buf, ',')
	}
	l.begun = true
	w.buf = append(attr.AppendString(w.buf, key), ':')
	w.named = true
}

func (w *writer) WriteString(s *smithy.Schema, v string) {
	w.begin(s)
	w.buf = attr.AppendString(w.buf, v)
}

func (w *writer) WriteBool(s *smithy.Schema, v bool) {
	w.begin(s)
	w.buf = strconv.AppendBool(w.buf, v)
}

func (w *writer) WriteInt64(s *smithy.Schema, v int64) {
	w.begin(s)
	w.buf = strconv.AppendInt(w.buf, v, 10)
}

func (w *writer) WriteInt8(s *smithy.Schema, v int8)   { w.WriteInt64(s, int64(v)) }
func (w *writer) WriteInt16(s *smithy.Schema, v int16) { w.WriteInt64(s, int64(v)) }
func (w *writer) WriteInt32(s *smithy.Schema, v int32) { w.WriteInt64(s, int64(v)) }

func (w *writer) WriteBlob(s *smithy.Schema, v []byte) {
	if v == nil {
		w.WriteNil(s)
		return
	}
	w.begin(s)
	w.buf = append(base64.StdEncoding.AppendEncode(append(w.buf, '"'), v), '"')
}

func (w *writer) WriteNil(s *smithy.Schema) {
	w.begin(s)
	w.buf = append(w.buf, "null"...)
}

// Bytes returns what was written. It is overwritten once the writer is given back.
func (w *writer) Bytes() []byte { return w.buf }

const unheard = "direct: no input of DynamoDB or SQS has such a value"

func (w *writer) WriteFloat32(*smithy.Schema, float32)         { panic(unheard) }
func (w *writer) WriteFloat64(*smithy.Schema, float64)         { panic(unheard) }
func (w *writer) WriteBigInt(*smithy.Schema, *big.Int)         { panic(unheard) }
func (w *writer) WriteBigFloat(*smithy.Schema, *big.Float)     { panic(unheard) }
func (w *writer) WriteTime(*smithy.Schema, time.Time)          { panic(unheard) }
func (w *writer) WriteDocument(*smithy.Schema, document.Value) { panic(unheard) }
