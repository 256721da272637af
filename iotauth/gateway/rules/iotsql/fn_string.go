package iotsql

import (
	"strings"
	"unicode/utf8"
)

// stringFunctions compute with strings, to which other arguments are converted. Indexes
// and lengths count characters (code points), from 0.
var stringFunctions = []function{
	{name: "chr", least: 1, most: 1, call: (*env).chr},
	{name: "concat", most: -1, call: (*env).concat},
	{name: "endswith", least: 2, most: 2, call: ofTexts(func(_ *env, s []string) Value { return boolean(strings.HasSuffix(s[0], s[1])) })},
	{name: "indexof", since: V2016, least: 2, most: 2, call: ofTexts(indexOf)},
	{name: "length", since: V2016, least: 1, most: 1, call: ofTexts(func(_ *env, s []string) Value { return integer(int64(utf8.RuneCountInString(s[0]))) })},
	{name: "lower", least: 1, most: 1, call: ofTexts(func(_ *env, s []string) Value { return str(strings.ToLower(s[0])) })},
	{name: "lpad", least: 2, most: 2, call: func(e *env, _ *call, args []Value) Value { return e.pad(args, true) }},
	{name: "ltrim", least: 1, most: 1, call: ofTexts(func(_ *env, s []string) Value { return str(strings.TrimLeft(s[0], " \t")) })},
	{name: "numbytes", since: V2016, least: 1, most: 1, call: ofTexts(func(_ *env, s []string) Value { return integer(int64(len(s[0]))) })},
	{name: "replace", least: 3, most: 3, call: ofTexts(replace)},
	{name: "rpad", least: 2, most: 2, call: func(e *env, _ *call, args []Value) Value { return e.pad(args, false) }},
	{name: "rtrim", least: 1, most: 1, call: ofTexts(func(_ *env, s []string) Value { return str(strings.TrimRight(s[0], " \t")) })},
	{name: "startswith", least: 2, most: 2, call: ofTexts(func(_ *env, s []string) Value { return boolean(strings.HasPrefix(s[0], s[1])) })},
	{name: "substring", least: 2, most: 3, call: (*env).substring},
	{name: "trim", least: 1, most: 1, call: ofTexts(func(_ *env, s []string) Value { return str(strings.TrimSpace(s[0])) })},
	{name: "upper", least: 1, most: 1, call: ofTexts(func(_ *env, s []string) Value { return str(strings.ToUpper(s[0])) })},
}

// ofTexts is a function whose arguments are all converted to strings.
func ofTexts(f func(*env, []string) Value) func(*env, *call, []Value) Value {
	return func(e *env, _ *call, args []Value) Value {
		texts, ok := e.texts(args)
		if !ok {
			return undefined
		}
		for _, s := range texts {
			if !e.makes(len(s)) {
				return undefined
			}
		}
		return f(e, texts)
	}
}

func (e *env) chr(_ *call, args []Value) Value {
	c, ok := e.index(args[0])
	if !ok || c < 0 || c > 127 {
		return undefined
	}
	return str(string(rune(c)))
}

// concat joins arrays, where one of the arguments is, or strings, where one is.
func (e *env) concat(_ *call, args []Value) Value {
	if len(args) == 0 {
		return undefined
	}
	if len(args) == 1 {
		return args[0]
	}
	has := map[Kind]bool{}
	for _, v := range args {
		has[v.kind] = true
	}
	switch {
	case has[Undefined]:
		return undefined
	case has[Array]:
		return e.concatArrays(args)
	case has[String]:
		texts, ok := e.texts(args)
		length := 0
		for _, s := range texts {
			length += len(s)
		}
		if !ok || !e.makes(length) {
			return undefined
		}
		return str(strings.Join(texts, ""))
	}
	return undefined
}

func (e *env) concatArrays(args []Value) Value {
	items := []Value{}
	for _, v := range args {
		add := []Value{v}
		if v.kind == Array {
			add = v.items
		}
		if !e.spend(8 * len(add)) {
			return undefined
		}
		items = append(items, add...)
	}
	return array(items)
}

func indexOf(_ *env, s []string) Value {
	i := strings.Index(s[0], s[1])
	if i < 0 {
		return integer(-1)
	}
	return integer(int64(utf8.RuneCountInString(s[0][:i])))
}

// maxPad is how many spaces a string is padded with at most.
const maxPad = 1000

func (e *env) pad(args []Value, left bool) Value {
	s, ok := e.text(args[0])
	n, also := e.index(args[1])
	n = max(0, min(n, maxPad))
	if !ok || !also || !e.makes(len(s)+int(n)) {
		return undefined
	}
	if spaces := strings.Repeat(" ", int(n)); left {
		return str(spaces + s)
	} else {
		return str(s + spaces)
	}
}

func replace(e *env, s []string) Value {
	growth := strings.Count(s[0], s[1]) * (len(s[2]) - len(s[1]))
	if !e.makes(max(0, len(s[0])+growth)) {
		return undefined
	}
	return str(strings.ReplaceAll(s[0], s[1], s[2]))
}

func (e *env) substring(_ *call, args []Value) Value {
	s, ok := e.text(args[0])
	if !ok || !e.spend(len(s)) {
		return undefined
	}
	bounds := [2]int64{0, farIndex}
	for i, v := range args[1:] {
		n, ok := e.index(v)
		if !ok {
			return undefined
		}
		bounds[i] = n
	}
	from, to := byteOffset(s, bounds[0]), byteOffset(s, bounds[1])
	return str(s[min(from, to):to])
}

// byteOffset returns where the character of an index begins, within s.
func byteOffset(s string, index int64) int {
	if index <= 0 {
		return 0
	}
	for i := range s {
		if index == 0 {
			return i
		}
		index--
	}
	return len(s)
}
