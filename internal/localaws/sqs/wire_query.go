package sqs

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"net/url"
	"reflect"
	"strings"
)

const (
	apiVersion   = "2012-11-05"
	xmlNamespace = "http://queue.amazonaws.com/doc/" + apiVersion + "/"
	formType     = "application/x-www-form-urlencoded"
)

// queryProtocol is the AWS query protocol, which SDKs spoke until 2023: a form in, XML
// out. The queue can also be named by the path.
type queryProtocol struct{}

func (queryProtocol) contentType() string { return "text/xml" }

func (queryProtocol) read(c *call, r *http.Request) error {
	parameters, err := query(r)
	if err != nil {
		return err
	}
	if c.action = parameters.Get("Action"); c.action == "" {
		return &Error{Name: "UnknownOperationException", Message: "The request names no Action.", Status: http.StatusNotFound}
	}
	if version := parameters.Get("Version"); version != "" && version != apiVersion {
		return refuse("NoSuchVersion", "The requested version ( %s ) is not valid.", shorten(version))
	}
	if c.serve = operations[c.action]; c.serve == nil {
		return refuse("InvalidAction", "The action %s is not valid for this endpoint.", shorten(c.action))
	}
	if !parameters.Has("QueueUrl") && r.URL.Path != "/" {
		parameters.Set("QueueUrl", r.URL.Path)
	}
	form := newForm(parameters)
	c.decode = func(into any) error { return form.decode(reflect.ValueOf(into).Elem(), c.action) }
	return nil
}

// query returns the parameters of a request: of its URL, and of its body when that is a
// form.
func query(r *http.Request) (url.Values, error) {
	text := r.URL.RawQuery
	switch {
	case r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), formType):
		body, err := readBody(r)
		if err != nil {
			return nil, err
		}
		text += "&" + string(body)
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		return nil, &Error{Name: "UnknownOperationException", Message: "Only GET and POST are served.", Status: http.StatusNotFound}
	}
	parameters, err := url.ParseQuery(text)
	if err != nil {
		return nil, refuse("MalformedQueryString", "The query string is malformed.")
	}
	return parameters, nil
}

func (queryProtocol) answer(c *call, out any) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	b.WriteString("<" + c.action + `Response xmlns="` + xmlNamespace + `">`)
	if out != nil {
		element(&b, c.action+"Result", func() { encodeFields(&b, reflect.ValueOf(out), c.action) })
	}
	element(&b, "ResponseMetadata", func() { text(&b, "RequestId", c.id) })
	b.WriteString("</" + c.action + "Response>")
	return b.Bytes()
}

func (queryProtocol) refuse(c *call, _ http.Header, e *Error) (int, []byte) {
	var b bytes.Buffer
	b.WriteString(xml.Header + `<ErrorResponse xmlns="` + xmlNamespace + `">`)
	element(&b, "Error", func() {
		text(&b, "Type", e.fault())
		text(&b, "Code", e.queryCode())
		text(&b, "Message", e.Message)
		b.WriteString("<Detail/>")
	})
	text(&b, "RequestId", c.id)
	b.WriteString("</ErrorResponse>")
	return e.queryStatus(), b.Bytes()
}
