package contracttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/askaround/askaround-go/internal/openapi"
)

// A Contract is a server with its document.
type Contract struct {
	Document []byte
	Handler  http.Handler
	// Authorize proves that r comes from a known caller; body is what it sends. forge makes
	// the proof a wrong one.
	Authorize func(r *http.Request, body []byte, o *openapi.Operation, forge bool)
	// Known has values of parameters, by name, that exist in the domain, such as ids and
	// cursors; half of the cases use one.
	Known map[string]func() []string
	// Domain lists for each operation which problems a valid request may meet: the last
	// parts of their types.
	Domain map[string][]string
	// MaxBody is the longest body of an operation in bytes.
	MaxBody func(o *openapi.Operation) int
}

// operation is an operation as the generator sees it.
type operation struct {
	*openapi.Operation
	parameters []parameter
	body       schema // nil for none
}

type parameter struct {
	name, in string
	required bool
	schema   schema
}

// schema is a schema of the document.
type schema map[string]any

// document is the contract's document as JSON.
type document struct {
	root       map[string]any
	operations []operation
}

func parse(text []byte) (*document, error) {
	compiled, err := openapi.Parse(text)
	if err != nil {
		return nil, err
	}
	d := &document{}
	if err := json.Unmarshal(text, &d.root); err != nil {
		return nil, err
	}
	paths := d.root["paths"].(map[string]any)
	for _, o := range compiled.Operations() {
		item := paths[o.Path].(map[string]any)
		spec := item[strings.ToLower(o.Method)].(map[string]any)
		op := operation{Operation: o}
		for _, list := range []any{item["parameters"], spec["parameters"]} {
			all, _ := list.([]any)
			for _, p := range all {
				op.parameters = append(op.parameters, d.parameter(p))
			}
		}
		if body, ok := d.resolve(spec["requestBody"])["content"].(map[string]any); ok {
			op.body = body["application/json"].(map[string]any)["schema"].(map[string]any)
		}
		d.operations = append(d.operations, op)
	}
	return d, nil
}

func (d *document) parameter(v any) parameter {
	p := d.resolve(v)
	required, _ := p["required"].(bool)
	return parameter{name: p["name"].(string), in: p["in"].(string), required: required, schema: p["schema"].(map[string]any)}
}

// resolve follows references within the document.
func (d *document) resolve(v any) map[string]any {
	m, _ := v.(map[string]any)
	ref, ok := m["$ref"].(string)
	if !ok {
		return m
	}
	var at any = d.root
	for token := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		at = at.(map[string]any)[token]
	}
	return d.resolve(at)
}

// names returns the names of m in order.
func names(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

func (s schema) object(keyword string) map[string]any {
	m, _ := s[keyword].(map[string]any)
	return m
}

func (s schema) list(keyword string) []string {
	var out []string
	items, _ := s[keyword].([]any)
	for _, item := range items {
		out = append(out, fmt.Sprint(item))
	}
	return out
}

// number returns the value of a keyword, or otherwise.
func (s schema) number(keyword string, otherwise float64) float64 {
	if n, ok := s[keyword].(float64); ok {
		return n
	}
	return otherwise
}

func (s schema) has(keyword string) bool { return s[keyword] != nil }
