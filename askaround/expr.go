package askaround

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// expr builds the expressions of one request. Every name and value goes in through a
// placeholder: names may be reserved words or begin with a digit, as cells do.
type expr struct {
	names  map[string]string
	values item
	set    []string
	addend []string
	remove []string
	delete []string
}

func newExpr() *expr { return &expr{names: map[string]string{}, values: item{}} }

// path returns the document path of nested names.
func (e *expr) path(names ...string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(e.name(name))
	}
	return b.String()
}

func (e *expr) name(name string) string {
	for placeholder, n := range e.names {
		if n == name {
			return placeholder
		}
	}
	placeholder := "#" + strconv.Itoa(len(e.names))
	e.names[placeholder] = name
	return placeholder
}

func (e *expr) value(v types.AttributeValue) string {
	placeholder := ":" + strconv.Itoa(len(e.values))
	e.values[placeholder] = v
	return placeholder
}

// assign sets the attribute at path.
func (e *expr) assign(path string, v types.AttributeValue) {
	e.set = append(e.set, path+" = "+e.value(v))
}

// setOnce sets a top-level attribute that is not there yet.
func (e *expr) setOnce(name string, v types.AttributeValue) {
	path := e.name(name)
	e.set = append(e.set, path+" = if_not_exists("+path+", "+e.value(v)+")")
}

// add adds n to the number of a top-level attribute, which may be absent.
func (e *expr) add(name string, n int64) {
	if n != 0 {
		e.addend = append(e.addend, e.name(name)+" "+e.value(num(n)))
	}
}

// addNested adds n to a number inside a map. ADD is documented for top-level
// attributes only.
func (e *expr) addNested(path string, n int64) {
	e.set = append(e.set, path+" = if_not_exists("+path+", "+e.value(num(0))+") + "+e.value(num(n)))
}

// include puts text into a top-level set of strings, which may be absent; exclude takes it
// out.
func (e *expr) include(name, text string) {
	e.addend = append(e.addend, e.name(name)+" "+e.value(&types.AttributeValueMemberSS{Value: []string{text}}))
}

func (e *expr) exclude(name, text string) {
	e.delete = append(e.delete, e.name(name)+" "+e.value(&types.AttributeValueMemberSS{Value: []string{text}}))
}

func (e *expr) drop(path string) { e.remove = append(e.remove, path) }

// update returns the update expression.
func (e *expr) update() *string {
	var clauses []string
	for _, c := range []struct {
		keyword string
		parts   []string
	}{{"SET ", e.set}, {"ADD ", e.addend}, {"REMOVE ", e.remove}, {"DELETE ", e.delete}} {
		if len(c.parts) > 0 {
			clauses = append(clauses, c.keyword+strings.Join(c.parts, ", "))
		}
	}
	s := strings.Join(clauses, " ")
	return &s
}

// valuesOrNil returns the values; DynamoDB refuses an empty map.
func (e *expr) valuesOrNil() item {
	if len(e.values) == 0 {
		return nil
	}
	return e.values
}
