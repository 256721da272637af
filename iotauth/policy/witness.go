package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// An atom is something about a request that is true or false: a condition holds, a
// variable has a value, policies of thing groups count. One field is set.
type atom struct {
	test  *test
	key   string // of a variable
	name  string // the same, as the document spells it
	group bool
}

// id is equal for conditions that say the same.
func (a atom) id() string {
	switch {
	case a.group:
		return "group"
	case a.key != "":
		return "variable " + a.key
	}
	values := slices.Clone(a.test.source.Values)
	slices.Sort(values)
	return fmt.Sprintf("test %s %s %q", a.test.source.Operator, a.test.key, values)
}

// String says that the atom is true, or false.
func (a atom) describe(truth bool) string {
	not := ""
	if !truth {
		not = "not "
	}
	switch {
	case a.group:
		return not + "the client ID is the thing's name"
	case a.key != "":
		if truth {
			return "${" + a.name + "} has a value"
		}
		return "${" + a.name + "} has no value"
	}
	c := a.test.source
	return fmt.Sprintf("%s%s %s %s", not, c.Operator, c.Key, quoted(c.Values))
}

func (a atom) holds(v *values) bool {
	switch {
	case a.group:
		return v.thingGroups()
	case a.key != "":
		_, ok := v.variable(a.key)
		return ok
	}
	return a.test.holds(v)
}

// A witness turns a text of an automaton into a request, with a context under which the
// atoms are as they were assumed.
type witness struct {
	*comparison
	truth    []bool
	searched bool
	context  map[string][]string // by folded key, nil when none was found
}

// confirm makes a counterexample and asks both sets.
func (w *witness) confirm(text string) *Counterexample {
	out := &Counterexample{Request: Request{Action: w.action}}
	for i, a := range w.atoms {
		out.Assuming = append(out.Assuming, a.describe(w.truth[i]))
	}
	if !w.searched {
		w.searched = true
		w.context = w.find()
	}
	if w.context == nil {
		out.Request.Resource = w.spell(text, nil)
		return out
	}
	for _, context := range w.variants(text) {
		out.Request.Resource, out.Request.Context = w.spell(text, context), w.named(context)
		if w.a.Evaluate(out.Request).Allowed() && !w.b.Evaluate(out.Request).Allowed() {
			out.Confirmed = true
			return out
		}
	}
	out.Request.Resource, out.Request.Context = w.spell(text, w.context), w.named(w.context)
	return out
}

// spell puts values in the place of symbols.
func (w *witness) spell(text string, context map[string][]string) string {
	var b strings.Builder
	for _, r := range text {
		if r < firstSymbol || r > lastSymbol {
			b.WriteRune(r)
			continue
		}
		if i := int(r - firstSymbol); len(context[w.symbols[i]]) == 1 {
			b.WriteString(context[w.symbols[i]][0])
		} else {
			b.WriteString("${" + w.spelt[i] + "}")
		}
	}
	return b.String()
}

// named gives keys their usual spelling.
func (w *witness) named(context map[string][]string) Context {
	out := Context{}
	for key, list := range context {
		name := key
		for i, symbol := range w.symbols {
			if symbol == key {
				name = w.spelt[i]
			}
		}
		for _, a := range w.atoms {
			if a.test != nil && a.test.key == key {
				name = a.test.source.Key
			}
		}
		if len(list) > 0 {
			out[name] = list
		}
	}
	return out
}

// maxLeaves bounds the search for a context.
const maxLeaves = 20_000

// find looks for a context under which every atom is as assumed.
func (w *witness) find() map[string][]string {
	choices := w.choices()
	keys := make([]string, 0, len(choices))
	for key := range choices {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	context, leaves := map[string][]string{}, 0
	var try func(i int) bool
	try = func(i int) bool {
		if i == len(keys) {
			leaves++
			return w.agrees(context)
		}
		for _, list := range choices[keys[i]] {
			context[keys[i]] = list
			if leaves < maxLeaves && try(i+1) {
				return true
			}
		}
		return false
	}
	if !try(0) {
		return nil
	}
	return context
}

func (w *witness) agrees(context map[string][]string) bool {
	v := &values{byKey: context}
	for i, a := range w.atoms {
		if a.holds(v) != w.truth[i] {
			return false
		}
	}
	return true
}

// choices are the values that each key may have in a context, absence among them.
func (w *witness) choices() map[string][][]string {
	out := map[string][][]string{}
	add := func(key string, lists ...[]string) {
		if _, ok := out[key]; !ok {
			out[key] = [][]string{{fmt.Sprintf("w%d", len(out)+1)}, nil}
		}
		out[key] = append(out[key], lists...)
	}
	for _, key := range w.symbols {
		add(key)
	}
	for _, a := range w.atoms {
		if a.group {
			add(foldKey(KeyClientID), []string{"group"})
			add(foldKey(KeyThingName), []string{"group"})
		}
		if a.test == nil {
			continue
		}
		add(a.test.key, a.test.examples()...)
		for i := range a.test.wants {
			for _, p := range a.test.wants[i].template.parts {
				add(p.key)
			}
		}
	}
	return out
}

// examples are values that pass or fail a test.
func (t *test) examples() [][]string {
	var out [][]string
	var all []string
	for i := range t.wants {
		for _, value := range t.wants[i].examples(t.kind, t.source.Values[i]) {
			out = append(out, []string{value})
			all = append(all, value)
		}
	}
	if t.quantifier != anyOfOne && len(all) > 0 {
		out = append(out, all, []string{all[0], "other"})
	}
	return out
}

func (w *want) examples(k kind, text string) []string {
	switch k {
	case kindNumeric:
		return []string{text, text + "9", "-" + text, "0"}
	case kindDate:
		return []string{text, w.date.Add(time.Second).UTC().Format(time.RFC3339), w.date.Add(-time.Second).UTC().Format(time.RFC3339)}
	case kindBool, kindNull:
		return []string{"true", "false"}
	case kindBinary:
		return []string{text, "AA=="}
	case kindIP:
		return []string{w.prefix.Addr().String(), "203.0.113.7", "2001:db8::7"}
	}
	if len(w.template.parts) > 0 {
		return nil
	}
	return []string{strings.NewReplacer("\xff", "", "\xfe", "a").Replace(w.template.head)}
}

// maxVariants bounds how many values of variables are tried for one text.
const maxVariants = 64

// variants are the context that was found, and others in which a variable of the text has
// the value of a level that some pattern spells.
func (w *witness) variants(text string) []map[string][]string {
	out := []map[string][]string{w.context}
	for i, key := range w.symbols {
		if !strings.ContainsRune(text, firstSymbol+rune(i)) || len(w.context[key]) != 1 {
			continue
		}
		for _, level := range w.levels() {
			other := map[string][]string{}
			for k, list := range w.context {
				other[k] = list
			}
			other[key] = []string{level}
			if w.agrees(other) && len(out) < maxVariants {
				out = append(out, other)
			}
		}
	}
	return out
}

// levels are the texts between slashes that patterns spell.
func (w *witness) levels() []string {
	var out []string
	for _, st := range slices.Concat(w.stA, w.stB) {
		for i := range st.resources {
			_, name, _ := strings.Cut(st.resources[i].text, "/")
			for _, level := range strings.Split(name, "/") {
				if level != "" && !strings.ContainsAny(level, "*?$") && !slices.Contains(out, level) {
					out = append(out, level)
				}
			}
		}
	}
	return out
}
