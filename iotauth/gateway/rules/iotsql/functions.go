package iotsql

import (
	"maps"
	"slices"
	"strings"
)

// A function is a built-in one. Called with too few or too many arguments it is Undefined,
// as the developer guide says.
type function struct {
	name        string
	since       Version
	least, most int // arguments; most is -1 for any number
	// prepare looks at literal arguments at Parse.
	prepare func(args []node) (any, error)
	// call computes; raw, in its place, gets the arguments as they stand.
	call func(e *env, c *call, args []Value) Value
	raw  func(e *env, c *call) Value
}

// functions are those that the developer guide documents ("Functions") and that need no
// other service, by name in lower case.
var functions = byName(messageFunctions, stringFunctions, numberFunctions, regexpFunctions, hashFunctions, valueFunctions, timeFunctions)

// elsewhere are the documented functions that are not here, and why.
var elsewhere = map[string]string{
	"aws_lambda":              "it calls a function in the middle of an evaluation; a lambda action calls one with the result",
	"get_dynamodb":            "it reads a table in the middle of an evaluation",
	"get_registry_data":       "it asks the registry in the middle of an evaluation",
	"get_secret":              "there is no Secrets Manager",
	"get_thing_shadow":        "there are no shadows",
	"machinelearning_predict": "there is no Amazon Machine Learning",
	"md2":                     "MD2 is broken; sha256() is here",
}

// Functions returns the names of the functions that statements can call, sorted.
func Functions() []string { return slices.Sorted(maps.Keys(functions)) }

func byName(groups ...[]function) map[string]*function {
	all := map[string]*function{}
	for _, group := range groups {
		for i := range group {
			f := &group[i]
			all[strings.ToLower(f.name)] = f
		}
	}
	return all
}
