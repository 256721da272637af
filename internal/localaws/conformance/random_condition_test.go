package conformance

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	build "github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
)

// condition is one as a tree: it can be written, built by the SDK, and evaluated.
type condition struct {
	op   string // a comparison, a function, BETWEEN, IN, AND, OR or NOT
	path string // of the first operand
	size bool   // the first operand is size(path)
	args []any
	subs []condition
}

// paths are those that expressions use; some lead nowhere, or into values of any type.
var paths = []string{"n", "v", "s", "l", "m", "a", "b", "g", "m.x", "m.y", "m.x.x", "l[0]", "l[1]", "v[0]", "v.x", "zz"}

func (r random) condition(depth int) condition {
	if depth > 0 && r.chance(40) {
		op := oneOf(r, "AND", "OR", "NOT")
		subs := []condition{r.condition(depth - 1)}
		if op != "NOT" {
			subs = append(subs, r.condition(depth-1))
		}
		return condition{op: op, subs: subs}
	}
	c := condition{path: oneOf(r, paths...), op: oneOf(r, "=", "<>", "<", "<=", ">", ">=", "BETWEEN", "IN", "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains")}
	switch c.op {
	case "BETWEEN":
		c.args = r.bounds()
	case "IN":
		c.args = []any{r.value(1), r.value(1), r.key("N")}
	case "attribute_exists", "attribute_not_exists":
	case "attribute_type":
		c.args = []any{oneOf(r, "S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS")}
	case "begins_with":
		c.args = []any{oneOf[any](r, r.word(), r.bytes())}
	case "contains":
		c.args = []any{oneOf[any](r, r.word(), r.key("N"), r.bytes())}
	default:
		if c.size = r.chance(15); c.size {
			c.args = []any{r.IntN(4)}
		} else if c.args = []any{r.value(1)}; strings.ContainsAny(c.op, "<>") && c.op != "<>" {
			c.args = []any{oneOf[any](r, r.word(), r.number(), r.bytes())} // others have no order
		}
	}
	return c
}

// bounds are of one type and in order.
func (r random) bounds() []any {
	kind := oneOf(r, "S", "N", "B")
	b := []any{r.key(kind), r.key(kind)}
	slices.SortFunc(b, compare)
	return b
}

// placeholders collect the names and values of a written expression.
type placeholders struct {
	names  map[string]string
	values item
}

func (p *placeholders) value(v any) string {
	if p.values == nil {
		p.values = item{}
	}
	name := fmt.Sprintf(":v%d", len(p.values))
	p.values[name] = v
	return name
}

// path writes a path with a placeholder for each name.
func (p *placeholders) path(path string) string {
	if p.names == nil {
		p.names = map[string]string{}
	}
	parts := strings.Split(path, ".")
	for i, part := range parts {
		name, rest, indexed := strings.Cut(part, "[")
		p.names["#"+name] = name
		if parts[i] = "#" + name; indexed {
			parts[i] += "[" + rest
		}
	}
	return strings.Join(parts, ".")
}

func (c condition) write(p *placeholders) string {
	switch c.op {
	case "AND", "OR":
		return "(" + c.subs[0].write(p) + ") " + c.op + " (" + c.subs[1].write(p) + ")"
	case "NOT":
		return "NOT (" + c.subs[0].write(p) + ")"
	}
	first := p.path(c.path)
	if c.size {
		first = "size(" + first + ")"
	}
	var args []string
	for _, v := range c.args {
		args = append(args, p.value(v))
	}
	switch c.op {
	case "BETWEEN":
		return first + " BETWEEN " + args[0] + " AND " + args[1]
	case "IN":
		return first + " IN (" + strings.Join(args, ", ") + ")"
	case "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains":
		return c.op + "(" + strings.Join(append([]string{first}, args...), ", ") + ")"
	}
	return first + " " + c.op + " " + args[0]
}

// first is the first operand of a comparison, for the SDK's builder.
type first interface {
	Equal(build.OperandBuilder) build.ConditionBuilder
	NotEqual(build.OperandBuilder) build.ConditionBuilder
	LessThan(build.OperandBuilder) build.ConditionBuilder
	LessThanEqual(build.OperandBuilder) build.ConditionBuilder
	GreaterThan(build.OperandBuilder) build.ConditionBuilder
	GreaterThanEqual(build.OperandBuilder) build.ConditionBuilder
}

// built is the condition by the SDK's builder; only for those that it can build.
func (c condition) built() build.ConditionBuilder {
	if c.subs != nil {
		return c.builtLogic()
	}
	var args []build.OperandBuilder
	for _, v := range c.args {
		args = append(args, build.Value(av(v)))
	}
	name := build.Name(c.path)
	switch c.op {
	case "BETWEEN":
		return name.Between(args[0], args[1])
	case "IN":
		return name.In(args[0], args[1:]...)
	case "attribute_exists":
		return name.AttributeExists()
	case "attribute_not_exists":
		return name.AttributeNotExists()
	case "attribute_type":
		return name.AttributeType(build.DynamoDBAttributeType(c.args[0].(string)))
	}
	var operand first = name
	if c.size {
		operand = name.Size()
	}
	return map[string]func(build.OperandBuilder) build.ConditionBuilder{
		"=": operand.Equal, "<>": operand.NotEqual, "<": operand.LessThan, "<=": operand.LessThanEqual, ">": operand.GreaterThan, ">=": operand.GreaterThanEqual,
	}[c.op](args[0])
}

func (c condition) builtLogic() build.ConditionBuilder {
	switch c.op {
	case "AND":
		return build.And(c.subs[0].built(), c.subs[1].built())
	case "OR":
		return build.Or(c.subs[0].built(), c.subs[1].built())
	}
	return build.Not(c.subs[0].built())
}

// buildable reports whether the SDK's builder has every function: begins_with and
// contains take only strings there.
func (c condition) buildable() bool {
	return c.op != "begins_with" && c.op != "contains" && !slices.ContainsFunc(c.subs, func(sub condition) bool { return !sub.buildable() })
}

// holds evaluates the condition the plain way.
func (c condition) holds(i item) bool {
	switch c.op {
	case "AND":
		return c.subs[0].holds(i) && c.subs[1].holds(i)
	case "OR":
		return c.subs[0].holds(i) || c.subs[1].holds(i)
	case "NOT":
		return !c.subs[0].holds(i)
	}
	v, there := lookup(i, c.path)
	if c.size {
		if v, there = sizeOf(v, there); !there {
			return c.op == "<>"
		}
	}
	switch c.op {
	case "attribute_exists":
		return there
	case "attribute_not_exists":
		return !there
	case "<>":
		return !there || !equal(v, c.args[0])
	}
	return there && c.compares(v)
}

func (c condition) compares(v any) bool {
	switch c.op {
	case "=":
		return equal(v, c.args[0])
	case "IN":
		return slices.ContainsFunc(c.args, func(arg any) bool { return equal(v, arg) })
	case "BETWEEN":
		return ordered(v, c.args[0]) && compare(v, c.args[0]) >= 0 && compare(v, c.args[1]) <= 0
	case "attribute_type":
		return typeName(v) == c.args[0]
	case "begins_with":
		return begins(v, c.args[0])
	case "contains":
		return contains(v, c.args[0])
	}
	if !ordered(v, c.args[0]) {
		return false
	}
	n := compare(v, c.args[0])
	return map[string]bool{"<": n < 0, "<=": n <= 0, ">": n > 0, ">=": n >= 0}[c.op]
}

func begins(v, prefix any) bool {
	switch p := prefix.(type) {
	case string:
		s, ok := v.(string)
		return ok && strings.HasPrefix(s, p)
	case []byte:
		b, ok := v.([]byte)
		return ok && bytes.HasPrefix(b, p)
	}
	return false
}

func contains(v, part any) bool {
	switch v := v.(type) {
	case string:
		p, ok := part.(string)
		return ok && strings.Contains(v, p)
	case []byte:
		p, ok := part.([]byte)
		return ok && bytes.Contains(v, p)
	case list:
		return slices.ContainsFunc(v, func(e any) bool { return equal(e, part) })
	case ss:
		p, ok := part.(string)
		return ok && slices.Contains(v, p)
	case ns:
		p, ok := part.(num)
		return ok && slices.Contains(v, string(p))
	case bs:
		p, ok := part.([]byte)
		return ok && slices.ContainsFunc(v, func(e []byte) bool { return bytes.Equal(e, p) })
	}
	return false
}
