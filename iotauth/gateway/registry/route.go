package registry

import (
	"net/url"
	"slices"
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
var operations = slices.Concat(
	thingOperations, groupOperations, certificateOperations, policyOperations, authorizerOperations, ruleOperations, accountOperations,
)

// patterns are the operations' paths in segments.
var patterns = func() [][]string {
	split := make([][]string, len(operations))
	for i, op := range operations {
		split[i] = strings.Split(op.path, "/")
	}
	return split
}()

// route finds the operation of a request, and the labels in its path, which is escaped.
func route(method, path string) (operation, map[string]string, error) {
	segments := strings.Split(strings.TrimSuffix(path, "/"), "/")
	for i, op := range operations {
		if op.method != method {
			continue
		}
		if labels, ok := match(patterns[i], segments); ok {
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
