package dynamodb

import (
	"encoding/json"
	"reflect"
	"strconv"
)

// plain decodes bodies as SDKs write them, in one pass: an object whose names are those
// of the structure's fields, spelled alike and each once, with values of the right kind.
// Whatever else there is (other spellings, escapes, null, mistakes) it leaves to package
// json, whose result, and whose error, are those of every body.
type plain struct{ fields map[string]plainField }

// plainField is a field of the structure.
type plainField struct {
	index []int
	bit   uint64 // that tells it was there
	inner *plain // of the structure that it points to, or of the elements of a list; else nil
}

func plainOf(t reflect.Type) *plain {
	p := &plain{map[string]plainField{}}
	for _, f := range reflect.VisibleFields(t) {
		const most = 64 // bits
		if !f.Anonymous && f.IsExported() && f.Tag.Get("json") == "" && len(p.fields) < most {
			p.fields[f.Name] = plainField{f.Index, 1 << len(p.fields), innerOf(f.Type)}
		}
	}
	return p
}

func innerOf(t reflect.Type) *plain {
	if t.Kind() != reflect.Pointer && t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Struct ||
		reflect.PointerTo(t.Elem()).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil
	}
	return plainOf(t.Elem())
}

// decode sets the structure that v points to, which has its zero value. It reports
// whether it understood all of body; where it did not, the structure may be half set.
// What it sets may be parts of body.
func (p *plain) decode(body []byte, v any) bool {
	s := jsonScanner{data: body}
	if !s.structure(p, reflect.ValueOf(v).Elem()) {
		return false
	}
	s.space()
	return s.pos == len(body)
}

// structure reads an object.
func (s *jsonScanner) structure(p *plain, to reflect.Value) bool {
	var seen uint64
	if !s.accept('{') {
		return false
	}
	for more := !s.accept('}'); more; {
		name, simple := s.string()
		f, known := p.fields[string(name)]
		if !simple || !known || seen&f.bit != 0 || !s.accept(':') {
			return false
		}
		seen |= f.bit
		if field := to.FieldByIndex(f.index); f.inner != nil && !s.inner(f.inner, field) ||
			f.inner == nil && !s.field(field.Addr().Interface()) {
			return false
		}
		if more = s.accept(','); !more && !s.accept('}') {
			return false
		}
	}
	return true
}

// inner reads the structure that a field points to, or a list of structures.
func (s *jsonScanner) inner(p *plain, to reflect.Value) bool {
	if to.Kind() == reflect.Pointer {
		to.Set(reflect.New(to.Type().Elem()))
		return s.structure(p, to.Elem())
	}
	if !s.accept('[') {
		return false
	}
	to.Set(reflect.MakeSlice(to.Type(), 0, 2))
	for more := !s.accept(']'); more; {
		to.Set(reflect.Append(to, reflect.Zero(to.Type().Elem())))
		if !s.structure(p, to.Index(to.Len()-1)) {
			return false
		}
		if more = s.accept(','); !more && !s.accept(']') {
			return false
		}
	}
	return true
}

// field reads a value into the field that is pointed to.
func (s *jsonScanner) field(to any) bool {
	switch to := to.(type) {
	case *string:
		text, ok := s.string()
		*to = string(text)
		return ok
	case **string:
		text, ok := s.string()
		value := string(text)
		*to = &value
		return ok
	case *json.RawMessage:
		value, ok := s.value()
		*to = value
		return ok
	case *Document:
		value, ok := s.value()
		to.raw = value
		return ok
	case *map[string]string:
		var ok bool
		*to, ok = s.texts()
		return ok
	case *bool:
		var ok bool
		*to, ok = s.boolean()
		return ok
	case **bool:
		value, ok := s.boolean()
		*to = &value
		return ok
	case **int:
		text, ok := s.value()
		value, err := strconv.Atoi(string(text))
		*to = &value
		return ok && err == nil
	}
	value, ok := s.value()
	return ok && string(value) != "null" && json.Unmarshal(value, to) == nil
}

func (s *jsonScanner) boolean() (value, ok bool) {
	text, ok := s.value()
	value = string(text) == "true"
	return value, ok && (value || string(text) == "false")
}

// texts reads an object of strings.
func (s *jsonScanner) texts() (map[string]string, bool) {
	if !s.accept('{') {
		return nil, false
	}
	texts := map[string]string{}
	for more := !s.accept('}'); more; {
		name, simple := s.string()
		if !simple || !s.accept(':') {
			return nil, false
		}
		text, simple := s.string()
		if !simple {
			return nil, false
		}
		texts[string(name)] = string(text)
		if more = s.accept(','); !more && !s.accept('}') {
			return nil, false
		}
	}
	return texts, true
}
