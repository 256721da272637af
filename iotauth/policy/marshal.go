package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// String is the document as compact JSON.
func (d *Document) String() string {
	text, err := d.MarshalJSON()
	if err != nil {
		return fmt.Sprintf("policy: %v", err)
	}
	return string(text)
}

// Size is the number of characters of [Document.String]. AWS IoT takes [MaxSize].
func (d *Document) Size() int { return utf8.RuneCountInString(d.String()) }

// MaxSize is how many characters a document may have. Those of named policies are counted
// without white space; of documents that an authorizer returns AWS does not say, so count
// all.
// Source: https://docs.aws.amazon.com/general/latest/gr/iot-core.html.
const MaxSize = 2048

// MarshalJSON writes the document: a list of one as a plain string, conditions under their
// operators.
func (d *Document) MarshalJSON() ([]byte, error) {
	out := jsonObject{}
	out.addIf(d.Version != "", "Version", d.Version)
	out.addIf(d.ID != "", "Id", d.ID)
	statements := make([]jsonObject, len(d.Statements))
	for i := range d.Statements {
		statements[i] = d.Statements[i].object()
	}
	out.add("Statement", statements)
	return out.MarshalJSON()
}

// MarshalJSON writes one statement.
func (s Statement) MarshalJSON() ([]byte, error) { return s.object().MarshalJSON() }

func (s *Statement) object() jsonObject {
	out := jsonObject{}
	out.addIf(s.Sid != "", "Sid", s.Sid)
	out.add("Effect", s.Effect)
	out.addIf(s.Action != nil, "Action", oneOrList(s.Action))
	out.addIf(s.NotAction != nil, "NotAction", oneOrList(s.NotAction))
	out.addIf(s.Resource != nil, "Resource", oneOrList(s.Resource))
	out.addIf(s.NotResource != nil, "NotResource", oneOrList(s.NotResource))
	out.addIf(len(s.Condition) > 0, "Condition", conditionObject(s.Condition))
	return out
}

// conditionObject groups conditions by operator. One that repeats operator and key cannot
// be written as JSON; the second would replace the first.
func conditionObject(list []Condition) jsonObject {
	out, at := jsonObject{}, map[string]int{}
	for _, c := range list {
		i, ok := at[c.Operator]
		if !ok {
			i = len(out)
			at[c.Operator] = i
			out.add(c.Operator, jsonObject{})
		}
		values := c.Values
		if values == nil {
			values = []string{}
		}
		tests := out[i].value.(jsonObject)
		tests.add(c.Key, oneOrList(values))
		out[i].value = tests
	}
	return out
}

func oneOrList[S ~string](list []S) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// A jsonObject keeps the order of its members.
type jsonObject []jsonMember

type jsonMember struct {
	name  string
	value any
}

func (o *jsonObject) add(name string, value any) { *o = append(*o, jsonMember{name, value}) }

func (o *jsonObject) addIf(condition bool, name string, value any) {
	if condition {
		o.add(name, value)
	}
}

func (o jsonObject) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, part := range []any{m.name, m.value} {
			if j > 0 {
				b.WriteByte(':')
			}
			if err := e.Encode(part); err != nil {
				return nil, err
			}
			b.Truncate(b.Len() - 1) // the encoder's newline
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
