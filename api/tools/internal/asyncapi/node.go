package asyncapi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A node is a value of the document that knows where it stands. The zero node stands for
// what is absent: it has no members, and reading it reports nothing.
type node struct {
	yaml    *yaml.Node
	line    int // of the member's name
	pointer string
	in      *reader
}

// fail reports a fault at n.
func (n node) fail(format string, args ...any) {
	n.in.faults = append(n.in.faults, &Error{n.place(), fmt.Sprintf(format, args...)})
}

func (n node) place() Place { return Place{n.in.file, max(1, n.line), n.pointer} }

func (n node) present() bool { return n.yaml != nil }

// child is the value of the member whose name is key.
func (n node) child(key, value *yaml.Node) node {
	if value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	return node{value, key.Line, n.pointer + "/" + escape(key.Value), n.in}
}

// get is the member called name, or the zero node.
func (n node) get(name string) node {
	if n.yaml != nil && n.yaml.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.yaml.Content); i += 2 {
			if n.yaml.Content[i].Value == name {
				return n.child(n.yaml.Content[i], n.yaml.Content[i+1])
			}
		}
	}
	return node{in: n.in}
}

// need is get of a member that must be there.
func (n node) need(name string) node {
	child := n.get(name)
	if n.present() && !child.present() {
		n.fail("%s is missing", name)
	}
	return child
}

// members are the names and values of a mapping, in order. Anything else is a fault.
func (n node) members() []member {
	if !n.present() {
		return nil
	}
	if n.yaml.Kind != yaml.MappingNode {
		n.fail("a mapping is wanted")
		return nil
	}
	var list []member
	for i := 0; i+1 < len(n.yaml.Content); i += 2 {
		m := member{n.yaml.Content[i].Value, n.child(n.yaml.Content[i], n.yaml.Content[i+1])}
		if slices.ContainsFunc(list, func(earlier member) bool { return earlier.name == m.name }) {
			m.fail("%s stands twice", m.name)
			continue
		}
		list = append(list, m)
	}
	return list
}

type member struct {
	name string
	node
}

// only reports members of n whose names are not among those listed.
func (n node) only(names ...string) {
	for _, m := range n.members() {
		if !slices.Contains(names, m.name) {
			m.fail("unknown member %s", m.name)
		}
	}
}

// text is n as a string; "" and a fault when it is something else.
func (n node) text() string {
	if !n.present() {
		return ""
	}
	if n.yaml.Kind != yaml.ScalarNode || n.yaml.Tag != "!!str" {
		n.fail("a string is wanted")
		return ""
	}
	return n.yaml.Value
}

// number is n as an integer from lowest to highest; anything else is a fault.
func (n node) number(lowest, highest int) int {
	if !n.present() {
		return lowest
	}
	i, err := strconv.Atoi(n.yaml.Value)
	if err != nil || n.yaml.Tag != "!!int" || i < lowest || i > highest {
		n.fail("%q is not an integer from %d to %d", n.yaml.Value, lowest, highest)
	}
	return min(max(i, lowest), highest)
}

// flag is n as a boolean, false when absent.
func (n node) flag() bool {
	if n.present() && n.yaml.Tag != "!!bool" {
		n.fail("true or false is wanted")
	}
	return n.present() && n.yaml.Value == "true"
}

// follow replaces {$ref: '#/…'} by what it points to.
func (n node) follow() node {
	ref := n.get("$ref")
	if !ref.present() {
		return n
	}
	target, ok := n.in.at(ref.text())
	if !ok {
		ref.fail("%q leads nowhere", ref.text())
	}
	return target
}

// at is the node at a reference of the form #/a/b.
func (r *reader) at(ref string) (node, bool) {
	pointer, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return node{in: r}, false
	}
	at := r.root
	for step := range strings.SplitSeq(pointer, "/") {
		at = at.get(unescape(step))
	}
	return at, at.present()
}

// escape and unescape are those of RFC 6901.
func escape(name string) string   { return strings.NewReplacer("~", "~0", "/", "~1").Replace(name) }
func unescape(step string) string { return strings.NewReplacer("~1", "/", "~0", "~").Replace(step) }
