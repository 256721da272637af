package openapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A route is one path with its operations.
type route struct {
	segments   []string // "{name}" is a parameter
	operations []*Operation
}

// compare puts a literal segment before a parameter, so that the first route
// that matches is the right one.
func (r route) compare(other route) int {
	key := func(r route) string { return strings.ReplaceAll(strings.Join(r.segments, "/"), "{", "\x7f") }
	return strings.Compare(key(r), key(other))
}

// A Call is a request with the operation that it means.
type Call struct {
	*Operation
	path map[string]string // path parameters, unescaped; nil where there are none
}

// Find returns the operation that r means. HEAD means GET. The error is an
// [*Error]: NotFound, or MethodNotAllowed with Allow.
func (d *Document) Find(r *http.Request) (Call, error) {
	match, path := d.match(r.URL)
	if match == nil {
		return Call{}, &Error{Reason: NotFound, Detail: "There is nothing at this path."}
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, o := range match.operations {
		if o.Method == method {
			return Call{o, path}, nil
		}
	}
	return Call{}, &Error{Reason: MethodNotAllowed, Detail: "This path has no such method.", Allow: match.allow()}
}

// Allow returns the methods of r's path as the header of that name wants them,
// or "" for a path that does not exist.
func (d *Document) Allow(r *http.Request) string {
	match, _ := d.match(r.URL)
	if match == nil {
		return ""
	}
	return match.allow()
}

func (d *Document) match(u *url.URL) (*route, map[string]string) {
	segments := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	for i := range d.routes {
		if path, ok := d.routes[i].match(segments); ok {
			return &d.routes[i], path
		}
	}
	return nil, nil
}

// match compares escaped segments, so that an escaped slash stays within one.
func (r *route) match(segments []string) (path map[string]string, ok bool) {
	if len(segments) != len(r.segments) {
		return nil, false
	}
	for i, want := range r.segments {
		name, isParameter := strings.CutPrefix(want, "{")
		if !isParameter && segments[i] == want {
			continue
		}
		value, err := url.PathUnescape(segments[i])
		if !isParameter || err != nil || value == "" {
			return nil, false
		}
		if path == nil {
			path = make(map[string]string, 1)
		}
		path[strings.TrimSuffix(name, "}")] = value
	}
	return path, true
}

func (r *route) allow() string {
	allowed := []string{http.MethodOptions}
	for _, o := range r.operations {
		allowed = append(allowed, o.Method)
		if o.Method == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
	}
	slices.Sort(allowed)
	return strings.Join(allowed, ", ")
}
