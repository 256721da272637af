package direct

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	engine "github.com/askaround/askaround-go/internal/localaws/dynamodb"
)

// attributesOf makes the SDK's attributes of an item, nil of none, as its deserializer makes
// them of their JSON.
func attributesOf(m engine.Image) map[string]types.AttributeValue {
	if m.IsZero() {
		return nil
	}
	w := attributes{left: m.Len()}
	all := make(map[string]types.AttributeValue, m.Len())
	for name, v := range m.All() {
		all[name] = w.value(&v)
		w.left--
	}
	return all
}

// pageOf makes the SDK's page of the engine's.
func pageOf(p *engine.PageOutput) *dynamodb.QueryOutput {
	out := &dynamodb.QueryOutput{ScannedCount: int32(p.Scanned()), LastEvaluatedKey: attributesOf(p.LastKey()), ConsumedCapacity: capacityOf(p.ConsumedCapacity)}
	if p.CountOnly() {
		for range p.Items() {
			out.Count++
		}
		return out
	}
	out.Items = make([]map[string]types.AttributeValue, 0, p.Scanned())
	for m := range p.Items() {
		out.Items = append(out.Items, attributesOf(m))
	}
	out.Count = int32(len(out.Items))
	return out
}

// batchOf makes the SDK's output of a batch. Keys that were not processed are those of its
// input.
func batchOf(in *dynamodb.BatchGetItemInput, b *engine.BatchGetOutput) *dynamodb.BatchGetItemOutput {
	out := &dynamodb.BatchGetItemOutput{ConsumedCapacity: capacitiesOf(b.ConsumedCapacity),
		Responses:       make(map[string][]map[string]types.AttributeValue, len(b.Responses)),
		UnprocessedKeys: make(map[string]types.KeysAndAttributes, len(b.UnprocessedKeys))}
	for name, images := range b.Responses {
		items := make([]map[string]types.AttributeValue, len(images))
		for i, m := range images {
			items[i] = attributesOf(m)
		}
		out.Responses[name] = items
	}
	for name, left := range b.UnprocessedKeys {
		of := types.KeysAndAttributes{ProjectionExpression: left.ProjectionExpression, ExpressionAttributeNames: left.ExpressionAttributeNames}
		if left.ConsistentRead {
			of.ConsistentRead = &left.ConsistentRead
		}
		for _, i := range b.Left[name] {
			of.Keys = append(of.Keys, in.RequestItems[name].Keys[i])
		}
		out.UnprocessedKeys[name] = of
	}
	return out
}

// attributes makes attribute values. Strings and numbers, which most are, it allocates
// some at a time.
type attributes struct {
	left    int // how many more there are, at least
	texts   []types.AttributeValueMemberS
	numbers []types.AttributeValueMemberN
	digits  strings.Builder // of the numbers
}

// most is how many values are allocated at a time.
const most = 8

func (w *attributes) value(v *attr.Value) types.AttributeValue {
	switch v.Type {
	case attr.TypeS:
		return w.text(v.S)
	case attr.TypeN:
		return w.number(v.N)
	case attr.TypeB:
		return &types.AttributeValueMemberB{Value: []byte(v.S)}
	case attr.TypeBOOL:
		return &types.AttributeValueMemberBOOL{Value: v.Bool}
	case attr.TypeNULL:
		return &types.AttributeValueMemberNULL{Value: true}
	case attr.TypeM:
		m := make(map[string]types.AttributeValue, len(v.M))
		for name, e := range v.M {
			m[name] = w.value(&e)
		}
		return &types.AttributeValueMemberM{Value: m}
	case attr.TypeL:
		l := make([]types.AttributeValue, len(v.L))
		for i := range v.L {
			l[i] = w.value(&v.L[i])
		}
		return &types.AttributeValueMemberL{Value: l}
	}
	return w.set(v)
}

func (w *attributes) text(s string) types.AttributeValue {
	if len(w.texts) == cap(w.texts) {
		w.texts = make([]types.AttributeValueMemberS, 0, max(1, min(w.left, most)))
	}
	w.texts = append(w.texts, types.AttributeValueMemberS{Value: s})
	return &w.texts[len(w.texts)-1]
}

func (w *attributes) number(n attr.Number) types.AttributeValue {
	if len(w.numbers) == cap(w.numbers) {
		w.numbers = make([]types.AttributeValueMemberN, 0, max(1, min(w.left, most)))
	}
	w.numbers = append(w.numbers, types.AttributeValueMemberN{Value: w.decimal(n)})
	return &w.numbers[len(w.numbers)-1]
}

// decimal returns the text of n.
func (w *attributes) decimal(n attr.Number) string {
	var room [48]byte
	text, _ := n.AppendText(room[:0])
	if w.digits.Cap()-w.digits.Len() < len(text) {
		w.digits = strings.Builder{} // the strings so far are parts of the one before
		w.digits.Grow(len(text) + most*min(w.left, most))
	}
	from := w.digits.Len()
	w.digits.Write(text)
	return w.digits.String()[from:]
}

func (w *attributes) set(v *attr.Value) types.AttributeValue {
	if v.Type == attr.TypeBS {
		members := make([][]byte, len(v.Set))
		for i := range v.Set {
			members[i] = []byte(v.Set[i].S)
		}
		return &types.AttributeValueMemberBS{Value: members}
	}
	members := make([]string, len(v.Set))
	for i := range v.Set {
		if members[i] = v.Set[i].S; v.Type == attr.TypeNS {
			members[i] = w.decimal(v.Set[i].N)
		}
	}
	if v.Type == attr.TypeNS {
		return &types.AttributeValueMemberNS{Value: members}
	}
	return &types.AttributeValueMemberSS{Value: members}
}
