package openapi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// A Document is a compiled OpenAPI document.
type Document struct {
	routes  []route
	schemas map[string]*Schema // components/schemas by name
}

// Schema returns the component schema with that name, or nil.
func (d *Document) Schema(name string) *Schema { return d.schemas[name] }

// Operations returns every operation, by path and then by method.
func (d *Document) Operations() []*Operation {
	var all []*Operation
	for _, r := range d.routes {
		all = append(all, r.operations...)
	}
	return all
}

// Operation returns the operation with that operationId, or nil.
func (d *Document) Operation(id string) *Operation {
	for _, o := range d.Operations() {
		if o.ID == id {
			return o
		}
	}
	return nil
}

// An Operation is one method of one path.
type Operation struct {
	ID     string // operationId
	Method string // upper case
	Path   string // with its parameters in braces

	parameters []parameter
	body       *Schema  // nil: the operation takes none
	produces   string   // the media type of its success
	security   []string // names of the schemes, any of which will do
	responses  map[int]*response
}

// Statuses returns the documented statuses, sorted.
func (o *Operation) Statuses() []int {
	var all []int
	for status := range o.responses {
		all = append(all, status)
	}
	slices.Sort(all)
	return all
}

type parameter struct {
	name     string // of a header: in canonical case
	in       In
	required bool
	schema   *Schema
}

type response struct {
	mediaType string // "" for no body
	schema    *Schema
	headers   []parameter
}

// Parse compiles an OpenAPI 3.1 document, given as JSON. It fails on anything
// that it would otherwise have to ignore: unknown schema keywords and formats,
// references that name nothing, bodies that are not JSON.
func Parse(document []byte) (*Document, error) {
	root, err := ParseJSON(document)
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	if version := root.Get("openapi"); version == nil || !strings.HasPrefix(version.Text, "3.1.") {
		return nil, fmt.Errorf("openapi: not an OpenAPI 3.1 document")
	}
	c := &compiler{root: &root, schemas: make(map[string]*Schema)}
	d, err := c.document()
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	return d, nil
}

func (c *compiler) document() (*Document, error) {
	d := &Document{schemas: make(map[string]*Schema)}
	if schemas, err := c.at("#/components/schemas"); err == nil {
		for i := range schemas.Members {
			name := schemas.Members[i].Name
			if d.schemas[name], err = c.reference("#/components/schemas/" + name); err != nil {
				return nil, err
			}
		}
	}
	paths := c.root.Get("paths")
	if paths == nil {
		return nil, fmt.Errorf("no paths")
	}
	for i := range paths.Members {
		r, err := c.route(paths.Members[i].Name, &paths.Members[i].Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", paths.Members[i].Name, err)
		}
		d.routes = append(d.routes, r)
	}
	slices.SortFunc(d.routes, route.compare)
	return d, nil
}

var methods = []string{http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete, http.MethodPatch}

func (c *compiler) route(path string, item *Value) (route, error) {
	r := route{segments: strings.Split(strings.TrimPrefix(path, "/"), "/")}
	shared, err := c.parameters(item.Get("parameters"))
	if err != nil {
		return route{}, err
	}
	for i := range item.Members {
		method := strings.ToUpper(item.Members[i].Name)
		if !slices.Contains(methods, method) {
			continue
		}
		o, err := c.operation(&item.Members[i].Value)
		if err != nil {
			return route{}, fmt.Errorf("%s: %w", method, err)
		}
		o.Method, o.Path = method, path
		o.parameters = append(slices.Clone(shared), o.parameters...)
		r.operations = append(r.operations, o)
	}
	return r, nil
}

func (c *compiler) operation(v *Value) (*Operation, error) {
	o := &Operation{responses: make(map[int]*response), produces: jsonType}
	security := v.Get("security")
	if security == nil {
		security = c.root.Get("security")
	}
	if security != nil {
		for _, alternative := range security.Items {
			for _, m := range alternative.Members {
				o.security = append(o.security, m.Name)
			}
		}
	}
	if id := v.Get("operationId"); id != nil {
		o.ID = id.Text
	}
	var err error
	if o.parameters, err = c.parameters(v.Get("parameters")); err != nil {
		return nil, err
	}
	if body := v.Get("requestBody"); body != nil {
		mediaType, schema, err := c.content(body)
		if err != nil || mediaType != jsonType {
			return nil, fmt.Errorf("requestBody: want %s: %w", jsonType, err)
		}
		o.body = schema
	}
	responses := v.Get("responses")
	if responses == nil {
		return nil, fmt.Errorf("no responses")
	}
	for i := range responses.Members {
		status, err := strconv.Atoi(responses.Members[i].Name)
		if err != nil {
			return nil, fmt.Errorf("response %q: only statuses are supported", responses.Members[i].Name)
		}
		if o.responses[status], err = c.response(&responses.Members[i].Value); err != nil {
			return nil, fmt.Errorf("response %d: %w", status, err)
		}
		if mediaType := o.responses[status].mediaType; status < 300 && mediaType != "" {
			o.produces = mediaType
		}
	}
	return o, nil
}

func (c *compiler) response(v *Value) (*response, error) {
	v, err := c.resolve(v)
	if err != nil {
		return nil, err
	}
	r := &response{}
	if v.Get("content") != nil {
		if r.mediaType, r.schema, err = c.content(v); err != nil {
			return nil, err
		}
	}
	headers := v.Get("headers")
	if headers == nil {
		return r, nil
	}
	for i := range headers.Members {
		p, err := c.parameter(&headers.Members[i].Value)
		if err != nil {
			return nil, fmt.Errorf("header %s: %w", headers.Members[i].Name, err)
		}
		p.name, p.in = http.CanonicalHeaderKey(headers.Members[i].Name), InHeader
		r.headers = append(r.headers, p)
	}
	return r, nil
}

// content returns the one media type of a body and its schema.
func (c *compiler) content(v *Value) (string, *Schema, error) {
	v, err := c.resolve(v)
	if err != nil {
		return "", nil, err
	}
	content := v.Get("content")
	if content == nil || len(content.Members) != 1 {
		return "", nil, fmt.Errorf("want exactly one media type")
	}
	schema := content.Members[0].Value.Get("schema")
	if schema == nil {
		return "", nil, fmt.Errorf("want a schema")
	}
	compiled, err := c.schema(schema)
	return content.Members[0].Name, compiled, err
}

func (c *compiler) parameters(v *Value) ([]parameter, error) {
	if v == nil {
		return nil, nil
	}
	var all []parameter
	for i := range v.Items {
		p, err := c.parameter(&v.Items[i])
		if err != nil {
			return nil, fmt.Errorf("parameter %d: %w", i, err)
		}
		all = append(all, p)
	}
	return all, nil
}

// parameter compiles a parameter or a header.
func (c *compiler) parameter(v *Value) (p parameter, err error) {
	if v, err = c.resolve(v); err != nil {
		return p, err
	}
	if name := v.Get("name"); name != nil {
		p.name = name.Text
	}
	if in := v.Get("in"); in != nil {
		if p.in = In(in.Text); !slices.Contains([]In{InQuery, InPath, InHeader}, p.in) {
			return p, fmt.Errorf("in %q is not supported", in.Text)
		}
	}
	if p.in == InHeader {
		p.name = http.CanonicalHeaderKey(p.name)
	}
	if required := v.Get("required"); required != nil {
		p.required = required.Bool
	}
	schema := v.Get("schema")
	if schema == nil {
		return p, fmt.Errorf("want a schema")
	}
	if p.schema, err = c.schema(schema); err != nil {
		return p, err
	}
	return p, p.checkStyle(v)
}

// checkStyle wants a list in one piece, with commas, where a parameter is a list:
// the other styles are not supported.
func (p *parameter) checkStyle(v *Value) error {
	style, explode := v.Get("style"), v.Get("explode")
	if style != nil && (style.Text != "form" || p.in != InQuery) {
		return fmt.Errorf("style %q in %s is not supported", style.Text, p.in)
	}
	list := p.schema.target()
	if list.kinds.has(Array) && (p.in != InQuery || explode == nil || explode.Bool || list.items == nil) {
		return fmt.Errorf("a list is supported in the query only, with explode: false")
	}
	return nil
}

// TakesHeader reports whether a header, named in canonical case, is a parameter of the
// operation.
func (o *Operation) TakesHeader(name string) bool {
	return slices.ContainsFunc(o.parameters, func(p parameter) bool { return p.in == InHeader && p.name == name })
}

// ContentType returns the media type of the operation's success.
func (o *Operation) ContentType() string { return o.produces }

// Secured reports whether the operation accepts the security scheme with that name.
func (o *Operation) Secured(scheme string) bool { return slices.Contains(o.security, scheme) }

// HasBody reports whether the operation takes a request body.
func (o *Operation) HasBody() bool { return o.body != nil }
