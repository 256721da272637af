package openapi

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const jsonType = "application/json"

// bodyTime is how long a body may take to arrive, within the deadline of the
// request's context.
const bodyTime = 10 * time.Second

// Check holds r to the operation. The body, at most limit bytes, is read, checked
// and put back, so that a handler can read it again. The error is an [*Error].
func (c Call) Check(w http.ResponseWriter, r *http.Request, limit int64) error {
	if err := c.checkPath(); err != nil {
		return err
	}
	if !accepts(r.Header.Values("Accept"), c.produces) {
		return &Error{Reason: NotAcceptable, Detail: "Only " + c.produces + " can be sent."}
	}
	if c.body != nil {
		if err := checkMedia(r.Header); err != nil {
			return err
		}
	}
	if err := c.checkParameters(r); err != nil {
		return err
	}
	return c.checkBody(w, r, limit)
}

// checkPath treats an id that cannot be one as an id that names nothing.
func (c Call) checkPath() error {
	for i := range c.parameters {
		p := &c.parameters[i]
		if p.in != InPath {
			continue
		}
		if faults := p.check(c.path[p.name]); len(faults) > 0 {
			return &Error{Reason: NotFound, Detail: "No " + p.name + " is like this.", Faults: faults}
		}
	}
	return nil
}

func checkMedia(h http.Header) error {
	refuse := func(detail string) error { return &Error{Reason: UnsupportedMedia, Detail: detail} }
	types := h.Values("Content-Type")
	if len(types) != 1 {
		return refuse("One Content-Type is wanted: application/json.")
	}
	mediaType, parameters, err := mime.ParseMediaType(types[0])
	if err != nil || mediaType != jsonType {
		return refuse("The Content-Type must be application/json.")
	}
	if charset, ok := parameters["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return refuse("JSON is sent in UTF-8.")
	}
	for _, encoding := range h.Values("Content-Encoding") {
		if !strings.EqualFold(encoding, "identity") {
			return refuse("Compressed bodies are not supported.")
		}
	}
	return nil
}

func (c Call) checkParameters(r *http.Request) error {
	faults, err := c.checkQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	for i := range c.parameters {
		if p := &c.parameters[i]; p.in == InHeader {
			faults = append(faults, p.checkAll(r.Header[p.name])...)
		}
	}
	if len(faults) > 0 {
		return &Error{Reason: Parameter, Detail: "A parameter is wrong.", Faults: faults[:min(len(faults), maxFaults)]}
	}
	return nil
}

func (c Call) checkQuery(raw string) ([]Fault, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return nil, &Error{Reason: Parameter, Detail: "The query string is malformed.", Err: err}
	}
	var faults []Fault
	for i := range c.parameters {
		if p := &c.parameters[i]; p.in == InQuery {
			faults = append(faults, p.checkAll(query[p.name])...)
			delete(query, p.name)
		}
	}
	for _, name := range sortedKeys(query) {
		if !utf8.ValidString(name) || len(name) > 64 {
			name = strconv.QuoteToASCII(name[:min(len(name), 64)])
		}
		faults = append(faults, Fault{InQuery, name, "is unknown"})
	}
	return faults, nil
}

func sortedKeys(query url.Values) []string {
	var names []string
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (p *parameter) checkAll(values []string) []Fault {
	switch {
	case len(values) == 1:
		return p.check(values[0])
	case len(values) > 1:
		return []Fault{{p.in, p.name, "is there more than once"}}
	case p.required:
		return []Fault{{p.in, p.name, "is required"}}
	}
	return nil
}

func (p *parameter) check(text string) []Fault {
	v, ok := p.schema.read(text)
	if !ok {
		return []Fault{{p.in, p.name, "must be " + p.schema.kindNames()}}
	}
	faults := p.schema.Check(&v)
	for i := range faults {
		faults[i].In, faults[i].Name = p.in, p.name
	}
	return faults
}

// target follows references of a schema that says nothing itself.
func (s *Schema) target() *Schema {
	for s.reference != nil && s.kinds == 0 {
		s = s.reference
	}
	return s
}

// read makes a value of a parameter's text: a number where the schema wants one,
// in JSON's spelling, a list between commas, else a string.
func (s *Schema) read(text string) (Value, bool) {
	s = s.target()
	if s.kinds.has(Array) {
		return s.readList(text)
	}
	if s.kinds.has(String) {
		return Value{Kind: String, Text: text}, utf8.ValidString(text)
	}
	if !s.kinds.has(Number) || text == "" || numberLength(text) != len(text) {
		return Value{}, false
	}
	n, _ := strconv.ParseFloat(text, 64) // ±Inf where it is out of range
	return Value{Kind: Number, Text: text, Number: n}, true
}

func (s *Schema) readList(text string) (Value, bool) {
	list := Value{Kind: Array}
	for part := range strings.SplitSeq(text, ",") {
		item, ok := s.items.read(part)
		if !ok {
			return list, false
		}
		list.Items = append(list.Items, item)
	}
	return list, true
}

func (c Call) checkBody(w http.ResponseWriter, r *http.Request, limit int64) error {
	if c.body == nil {
		return refuseBody(r)
	}
	data, err := ReadBody(w, r, limit)
	if err != nil {
		return err
	}
	v, err := ParseJSON(data)
	if err != nil {
		return &Error{Reason: Malformed, Detail: "The body is " + err.Error() + ".", Err: err}
	}
	if faults := c.body.Check(&v); len(faults) > 0 {
		return &Error{Reason: Invalid, Detail: "The body is not what this operation takes.", Faults: faults}
	}
	return nil
}

// refuseBody refuses a body that nobody would read, without reading it.
func refuseBody(r *http.Request) error {
	if r.ContentLength == 0 || r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	return &Error{Reason: Malformed, Detail: "This operation takes no body."}
}

// ReadBody reads r's body, at most limit bytes of it, within ten seconds, and puts it
// back, for who must see it before [Call.Check] does. What fails leaves the connection in
// an unknown state, so it is closed after the answer. The error is an [*Error].
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if r.ContentLength > limit {
		return nil, tooLarge(w, limit)
	}
	deadline := time.Now().Add(bodyTime)
	if end, ok := r.Context().Deadline(); ok && end.Before(deadline) {
		deadline = end
	}
	connection := http.NewResponseController(w)
	// A writer without deadlines is a test's recorder, whose bodies are there already.
	_ = connection.SetReadDeadline(deadline)
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	_ = connection.SetReadDeadline(time.Time{})
	var long *http.MaxBytesError
	switch {
	case err == nil:
		r.Body = io.NopCloser(bytes.NewReader(data))
		return data, nil
	case errors.As(err, &long):
		return nil, tooLarge(w, limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		return nil, &Error{Reason: TooSlow, Detail: "The body did not arrive in time.", Err: err}
	}
	w.Header().Set("Connection", "close")
	return nil, &Error{Reason: Malformed, Detail: "The body ended too early.", Err: err}
}

func tooLarge(w http.ResponseWriter, limit int64) error {
	w.Header().Set("Connection", "close")
	return &Error{Reason: TooLarge, Detail: "The body is longer than " + strconv.FormatInt(limit, 10) + " bytes."}
}
