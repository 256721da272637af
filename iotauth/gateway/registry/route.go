package registry

import (
	"net/url"
	"strings"
)

// operation is one of the API's.
type operation struct {
	name   string
	method string
	path   string // "/things/{thingName}/principals", without a slash at its end
	serve  func(*call) (out any, err error)
}

// operations are all of them, in the order in which they are looked for.
var operations = func() []operation {
	var all []operation
	for _, some := range [][]operation{
		thingOperations, groupOperations, certificateOperations, policyOperations, authorizerOperations, ruleOperations, accountOperations,
	} {
		all = append(all, some...)
	}
	return all
}()

// route finds the operation of a request, and the labels in its path, which is escaped.
func route(method, path string) (operation, map[string]string, error) {
	segments := strings.Split(strings.TrimSuffix(path, "/"), "/")
	for _, op := range operations {
		if op.method != method {
			continue
		}
		if labels, ok := match(strings.Split(op.path, "/"), segments); ok {
			return op, labels, nil
		}
	}
	return operation{}, nil, &Error{Code: unknownOperation, Message: "the registry has no operation for " + method + " " + clip(path)}
}

// match takes the labels out of a path.
func match(pattern, segments []string) (map[string]string, bool) {
	if len(pattern) != len(segments) {
		return nil, false
	}
	labels := map[string]string{}
	for i, want := range pattern {
		if !strings.HasPrefix(want, "{") {
			if want != segments[i] {
				return nil, false
			}
			continue
		}
		value, err := url.PathUnescape(segments[i])
		if err != nil || value == "" {
			return nil, false
		}
		labels[want[1:len(want)-1]] = value
	}
	return labels, true
}
