package iotsql

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
)

// valueFunctions take and make values of any type.
var valueFunctions = []function{
	{name: "decode", since: V2016, least: 2, most: 2, prepare: scheme, call: (*env).decode},
	{name: "encode", since: V2016, least: 2, most: 2, prepare: scheme, raw: (*env).encode},
	{name: "get", least: 2, most: 2, call: func(e *env, _ *call, args []Value) Value { return e.get(args[0], args[1]) }},
	{name: "get_or_default", since: V2016, least: 1, most: 2, call: getOrDefault},
	{name: "isNull", least: 1, most: 1, call: func(_ *env, _ *call, args []Value) Value { return boolean(args[0].kind == Null) }},
	{name: "isUndefined", since: V2016, least: 1, most: 1, call: func(_ *env, _ *call, args []Value) Value { return boolean(args[0].kind == Undefined) }},
	{name: "newuuid", call: func(*env, *call, []Value) Value { return str(uuid.NewString()) }},
	{name: "transform", since: V2016, least: 3, most: 3, call: (*env).transform},
}

// literalOf demands that an argument is one of some literal strings.
func literalOf(at int, allowed ...string) func([]node) (any, error) {
	return func(args []node) (any, error) {
		if len(args) <= at {
			return nil, nil
		}
		l, ok := args[at].(literal)
		if !ok || !slices.Contains(allowed, l.value.text) {
			return nil, fmt.Errorf("argument %d is one of the literals %s", at+1, strings.Join(allowed, ", "))
		}
		return nil, nil
	}
}

// scheme demands base64, the one scheme that is here.
func scheme(args []node) (any, error) {
	if len(args) > 1 {
		if l, ok := args[1].(literal); ok && l.value.text == "proto" {
			return nil, errors.New("the scheme proto is not supported here: there is no bucket with the descriptor")
		}
	}
	return literalOf(1, "base64")(args)
}

// encode takes any payload as *, and anything else as a string.
func (e *env) encode(c *call) Value {
	if _, all := c.args[0].(star); all && !e.nested {
		return e.base64(string(e.message.Payload))
	}
	s, ok := e.text(c.args[0].eval(e))
	if !ok {
		return undefined
	}
	return e.base64(s)
}

func (e *env) base64(s string) Value {
	if !e.makes(base64.StdEncoding.EncodedLen(len(s))) {
		return undefined
	}
	return str(base64.StdEncoding.EncodeToString([]byte(s)))
}

// decode returns what JSON is decoded, or else the string; Null where it cannot be decoded.
func (e *env) decode(_ *call, args []Value) Value {
	s, ok := e.text(args[0])
	if !ok {
		if args[0].kind == Null {
			return null
		}
		return undefined
	}
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil || !utf8.Valid(b) {
		return null
	}
	if !e.makes(2 * len(b)) {
		return undefined
	}
	if v, ok := decodeJSON(string(b), e.version); ok {
		return v
	}
	return str(string(b))
}

// get returns an item of an array, a character of a string or a member of an object.
func (e *env) get(of, at Value) Value {
	if of.kind == Object {
		if at.kind != String {
			return undefined
		}
		return e.member(of, at.text)
	}
	if of.kind != Array && of.kind != String {
		return undefined
	}
	i, ok := e.index(at)
	if !ok || i < 0 {
		return undefined
	}
	if of.kind == Array {
		if i >= int64(len(of.items)) {
			return undefined
		}
		return of.items[i]
	}
	start := byteOffset(of.text, i)
	if !e.spend(start) || start == len(of.text) {
		return undefined
	}
	_, size := utf8.DecodeRuneInString(of.text[start:])
	return str(of.text[start : start+size])
}

func getOrDefault(_ *env, _ *call, args []Value) Value {
	switch {
	case args[0].kind > Null:
		return args[0]
	case len(args) == 2:
		return args[1]
	}
	return null
}

// maxTransform bounds what transform makes, in bytes of JSON.
const maxTransform = 128 << 10

// transform adds the members of an object to each object of an array.
func (e *env) transform(_ *call, args []Value) Value {
	if args[0].kind != String || args[0].text != "enrichArray" || args[1].kind != Object || args[2].kind != Array {
		return undefined
	}
	items := make([]Value, 0, len(args[2].items))
	for _, item := range args[2].items {
		if item.kind != Object || !e.spend(16*(len(item.object.members)+len(args[1].object.members))) {
			return undefined
		}
		o := item.object.clone()
		for _, m := range args[1].object.members {
			o.set(m.Key, m.Value)
		}
		items = append(items, objectOf(o))
	}
	made := array(items)
	if n := len(made.appendJSON(nil, maxTransform)); n > maxTransform || !e.spend(n) {
		return undefined
	}
	return made
}
