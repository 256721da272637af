package expr_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

const testItem = `{"pk":{"S":"a"},"n":{"N":"5"},"s":{"S":"hello"},"u":{"S":"é😀x"},"b":{"B":"YWJj"},"t":{"BOOL":true},"f":{"BOOL":false},` +
	`"z":{"NULL":true},"e":{"S":""},"l":{"L":[{"N":"1"},{"L":[{"N":"1"}]},{"M":{}},{"BOOL":true}]},` +
	`"m":{"M":{"x":{"N":"1"},"y":{"M":{"z":{"S":"q"}}}}},"ss":{"SS":["a","b"]},"ns":{"NS":["1","2"]},"bs":{"BS":["YQ=="]}}`

func testValues() expr.Values {
	return expr.Values{
		":0": attr.Int(0), ":1": attr.Int(1), ":2": attr.Int(2), ":3": attr.Int(3), ":4": attr.Int(4), ":5": attr.Int(5), ":9": attr.Int(9),
		":hello": attr.String("hello"), ":ell": attr.String("ell"), ":h": attr.String("h"), ":a": attr.String("a"), ":e": attr.String(""),
		":S": attr.String("S"), ":M": attr.String("M"), ":NULL": attr.String("NULL"), ":ab": attr.Binary([]byte("ab")),
		":true": attr.Bool(true), ":null": attr.Null(), ":map": attr.Map(nil), ":list1": attr.List(attr.Int(1)),
		":ss": attr.Set(attr.String("b"), attr.String("a")), ":ns": attr.Set(attr.Int(1)),
	}
}

func testNames() map[string]string {
	return map[string]string{"#n": "n", "#dot": "m.x", "#m": "m", "#y": "y"}
}

func TestEval(t *testing.T) {
	item := mustItem(t, testItem)
	tests := []struct {
		reason, src string
		want        bool
	}{
		{"equal", "n = :5", true},
		{"a value on the left", ":5 = n", true},
		{"two values", ":1 < :2", true},
		{"not equal", "n <> :1", true},
		{"equal is not unequal", "n <> :5", false},
		{"less", "n < :9", true},
		{"less or equal", "n <= :5", true},
		{"greater", "n > :5", false},
		{"greater or equal", "n >= :5", true},
		{"numbers as numbers, not as text", ":9 < n", false},
		{"another type is unequal", "n <> :hello", true},
		{"and has no order", "n < :hello", false},
		{"nor the other way round", "n > :hello", false},
		{"a missing attribute is equal to nothing", "nope = :5", false},
		{"not even to another", "nope = nope2", false},
		{"it is unequal to everything", "nope <> :5", true},
		{"even to another", "nope <> nope2", true},
		{"and has no order either", "nope < :5", false},
		{"booleans have no order", "f < t", false},
		{"sets are equal without order", "ss = :ss", true},
		{"lists element by element", "l[1] = :list1", true},
		{"maps", "m.y <> :map", true},
		{"a path into maps", "m.y.z = :hello", false},
		{"a name with a dot is one name", "#dot = :1", false},
		{"names on every step", "#m.#y.z <> :1", true},
		{"an index behind the end", "l[9] = :1", false},
		{"a step into what is no map", "n.x = :1", false},
		{"an index into what is no list", "m[0] = :1", false},
		{"between its bounds", "n BETWEEN :1 AND :9", true},
		{"on its bounds", "n BETWEEN :5 AND :5", true},
		{"below its bounds", "n BETWEEN :9 AND :9", false},
		{"bounds from the item", ":1 BETWEEN m.x AND n", true},
		{"bounds of other types", "n BETWEEN s AND u", false},
		{"a missing attribute is between nothing", "nope BETWEEN :1 AND :9", false},
		{"in a list", "n IN (:1, :5)", true},
		{"not in a list", "n IN (:1, :hello)", false},
		{"in a list with an attribute", "n IN (nope, s, #n.x, :5)", true},
		{"a missing attribute is in nothing", "nope IN (:1)", false},
		{"both", "n = :5 AND s = :hello", true},
		{"one of both", "n = :1 AND s = :hello", false},
		{"either", "n = :1 OR s = :hello", true},
		{"neither", "n = :1 OR s = :h", false},
		{"NOT", "NOT n = :1", true},
		{"NOT of what is missing", "NOT nope = :1", true},
		{"NOT NOT", "NOT NOT n = :5", true},
		{"AND binds closer than OR", "n = :5 OR n = :5 AND n = :1", true},
		{"also from the left", "n = :1 AND n = :1 OR n = :5", true},
		{"parentheses bind closest", "(n = :5 OR n = :5) AND n = :1", false},
		{"NOT binds closer than AND", "NOT n = :5 AND n = :1", false},
		{"the AND of BETWEEN is not that of a condition", "n BETWEEN :1 AND :9 AND s = :hello", true},
		{"keywords in any case", "not n = :1 and n between :1 and :9 or n in (:1)", true},
		{"no needless blanks", "n=:5 AND(s=:hello)", true},
		{"attribute_exists", "attribute_exists(n)", true},
		{"of a nested path", "attribute_exists(m.y.z)", true},
		{"of a missing one", "attribute_exists(m.y.w)", false},
		{"of a null, which exists", "attribute_exists(z)", true},
		{"attribute_not_exists", "attribute_not_exists(nope)", true},
		{"of one that does", "attribute_not_exists(n)", false},
		{"attribute_type", "attribute_type(s, :S)", true},
		{"another type", "attribute_type(n, :S)", false},
		{"of a document", "attribute_type(m.y, :M)", true},
		{"of null", "attribute_type(z, :NULL)", true},
		{"of what is missing", "attribute_type(nope, :S)", false},
		{"begins_with", "begins_with(s, :h)", true},
		{"not", "begins_with(s, :ell)", false},
		{"of a binary", "begins_with(b, :ab)", true},
		{"a binary is no string", "begins_with(b, :a)", false},
		{"everything begins with nothing", "begins_with(s, :e)", true},
		{"a substring", "contains(s, :ell)", true},
		{"of a binary", "contains(b, :ab)", true},
		{"no substring of another type", "contains(s, :5)", false},
		{"a member", "contains(ss, :a)", true},
		{"no member", "contains(ss, :h)", false},
		{"a set is no member", "contains(ns, :ns)", false},
		{"an element", "contains(l, :1)", true},
		{"a list as an element", "contains(l, :list1)", true},
		{"a map as an element", "contains(l, :map)", true},
		{"a boolean as an element", "contains(l, :true)", true},
		{"no element", "contains(l, :9)", false},
		{"an operand from the item", "contains(:hello, e)", true},
		{"what is missing contains nothing", "contains(nope, :a)", false},
		{"nothing contains what is missing", "contains(s, nope)", false},
		{"the size of a string is in UTF-16 units", "size(u) = :4", true},
		{"of a binary in bytes", "size(b) = :3", true},
		{"of a set in members", "size(ss) = :2", true},
		{"of a list in elements", "size(l) = :4", true},
		{"of a map in entries", "size(m) = :2", true},
		{"of an empty string", "size(e) = :0", true},
		{"a number has none", "size(n) >= :0", false},
		{"so it is unequal", "size(n) <> :0", true},
		{"of what is missing", "size(nope) = :0", false},
		{"size among operands", ":2 IN (size(s), size(m))", true},
		{"operands in parentheses", "(n) = (:5) AND (n) BETWEEN (:1) AND (:9) AND contains((s), (:h))", true},
	}
	for _, tt := range tests {
		t.Run(tt.reason+": "+tt.src, func(t *testing.T) {
			if got := mustCondition(t, tt.src, testNames(), testValues()).EvalPacked(attr.Pack(item)); got != tt.want {
				t.Errorf("packed: %v, want %v", got, tt.want)
			}
			if got := mustCondition(t, tt.src, testNames(), testValues()).Eval(item); got != tt.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestEvalOfNoItem(t *testing.T) {
	for src, want := range map[string]bool{
		"attribute_not_exists(pk)": true, "attribute_exists(pk)": false, "n = :5": false, "n <> :5": true, "NOT n = :5": true,
	} {
		if got := mustCondition(t, src, nil, testValues()).Eval(nil); got != want {
			t.Errorf("%s of no item is %t", src, got)
		}
	}
}

// TestConditionErrors holds the words. They were compared with the answers of
// DynamoDB Local 1.25 and with what is published of DynamoDB's own.
func TestConditionErrors(t *testing.T) {
	long := func(part string, n int, last string) string { return strings.Repeat(part, n) + last }
	tests := []struct {
		reason, src, want string
	}{
		{"empty", "", "The expression can not be empty;"},
		{"blank", "  ", `Syntax error; token: "<EOF>", near: "  "`},
		{"an operand alone", "a", `Syntax error; token: "<EOF>", near: "a"`},
		{"no right side", "a =", `Syntax error; token: "<EOF>", near: "="`},
		{"a second condition without operator", "a = :1 b", `Syntax error; token: "b", near: ":1 b"`},
		{"an open parenthesis", "(a = :1", `Syntax error; token: "<EOF>", near: ":1"`},
		{"a parenthesis too many", "a = :1)", `Syntax error; token: ")", near: ":1)"`},
		{"nothing in parentheses", "()", `Syntax error; token: ")", near: "()"`},
		{"an operand in parentheses is no condition", "(n)", `Syntax error; token: "<EOF>", near: ")"`},
		{"nor behind NOT", "NOT (n)", `Syntax error; token: "<EOF>", near: ")"`},
		{"nor before AND", "(n) AND n = :1", `Syntax error; token: "AND", near: ") AND n"`},
		{"a condition is no operand", "(n = :1) = :1", `Syntax error; token: "=", near: ") = :1"`},
		{"a number instead of a value", "a = 5", `Syntax error; token: "5", near: "= 5"`},
		{"a string instead of a value", `a = "x"`, `Syntax error; token: """, near: "= "x"`},
		{"== of other languages", "a == :1", `Syntax error; token: "=", near: "== :1"`},
		{"!= of other languages", "a != :1", `Syntax error; token: "!", near: "a !="`},
		{"&& of other languages", "n = :1 && n = :1", `Syntax error; token: "&", near: ":1 &&"`},
		{"arithmetic", "n + :1 = :1", `Syntax error; token: "+", near: "n + :1"`},
		{"a chain of comparisons", "a < :1 < :1", `Syntax error; token: "<", near: ":1 < :1"`},
		{"a name that begins with an underscore", "_a = :1", `Syntax error; token: "_", near: "_a"`},
		{"a name that begins with a digit", "1a = :1", `Syntax error; token: "1", near: "1a"`},
		{"a name with a dash", "a-b = :1", `Syntax error; token: "-", near: "a-b"`},
		{"a letter beyond ASCII", "é = :1", `Syntax error; token: "é", near: "é ="`},
		{"a sign without a name", "# = :1", `Syntax error; token: "#", near: "# ="`},
		{"a path that begins with a dot", ".a = :1", `Syntax error; token: ".", near: ".a"`},
		{"a path that ends with a dot", "a. = :1", `Syntax error; token: "=", near: ". = :1"`},
		{"an index that is a name", "a[x] = :1", `Syntax error; token: "x", near: "[x]"`},
		{"an index that is a value", "a[:1] = :1", `Syntax error; token: ":1", near: "[:1]"`},
		{"an index with a leading zero", "a[01] = :1", `Syntax error; token: "1", near: "01]"`},
		{"a negative index", "a[-1] = :1", `Syntax error; token: "-", near: "[-1"`},
		{"no comma", "contains(s :1)", `Syntax error; token: ":1", near: "s :1)"`},
		{"a comma too many", "contains(s,)", `Syntax error; token: ")", near: ",)"`},
		{"a function without operands", "foo()", `Syntax error; token: ")", near: "()"`},
		{"IN without list", "n IN :1", `Syntax error; token: ":1", near: "IN :1"`},
		{"IN with an empty list", "n IN ()", `Syntax error; token: ")", near: "()"`},
		{"NOT IN", "n NOT IN (:1)", `Syntax error; token: "NOT", near: "n NOT IN"`},
		{"BETWEEN with OR", "n BETWEEN :1 OR :2", `Syntax error; token: "OR", near: ":1 OR :2"`},
		{"a keyword as a name", "set = :1", `Syntax error; token: "set", near: "set ="`},
		{"a keyword inside a path", "a.in = :1", `Syntax error; token: "in", near: ".in ="`},
		{"a form feed is no blank", "n\f= :1", "Syntax error; token: \"\f\", near: \"n\f=\""},
		{"near reaches to the end", "= ", `Syntax error; token: "=", near: "= "`},

		{"doubled parentheses around a condition", "((n = :1))", "The expression has redundant parentheses;"},
		{"around an operand", "((n)) = :1", "The expression has redundant parentheses;"},
		{"around the right side", "n = ((:1))", "The expression has redundant parentheses;"},
		{"around an argument", "size(((n))) = :1", "The expression has redundant parentheses;"},
		{"around many", "(((n = :1) OR n = :2))", "The expression has redundant parentheses;"},
		{"they count before an error of syntax behind them", "((n = :1)) AND", "The expression has redundant parentheses;"},
		{"and before other errors", "((status = :1))", "The expression has redundant parentheses;"},

		{"a reserved word", "status = :1", "Attribute name is a reserved keyword; reserved keyword: status"},
		{"in any case, as written", "StaTus = :1", "Attribute name is a reserved keyword; reserved keyword: StaTus"},
		{"inside a path", "a.b.status = :1", "Attribute name is a reserved keyword; reserved keyword: status"},
		{"the first of two", "status = :1 AND name = :1", "Attribute name is a reserved keyword; reserved keyword: status"},
		{"a function that does not exist", "foo(a)", "Invalid function name; function: foo"},
		{"functions have lower case", "SIZE(n) = :1", "Invalid function name; function: SIZE"},
		{"a function of updates", "list_append(a, a) = :1", "The function is not allowed in a condition expression; function: list_append"},
		{"size is no condition", "size(n)", "The function is not allowed to be used this way in an expression; function: size"},
		{"a condition as an operand", "attribute_exists(n) = :1", "The function is not allowed to be used this way in an expression; function: attribute_exists"},
		{"on the right", "n = contains(n, :1)", "The function is not allowed to be used this way in an expression; function: contains"},
		{"in parentheses", "(contains(s, :1)) = :1", "The function is not allowed to be used this way in an expression; function: contains"},
		{"as an argument", "contains(contains(a, :1), :1)", "The function is not allowed to be used this way in an expression; function: contains"},
		{"in a list", "a IN (contains(a, :1))", "The function is not allowed to be used this way in an expression; function: contains"},
		{"as a bound", "a BETWEEN contains(a, :1) AND :1", "The function is not allowed to be used this way in an expression; function: contains"},
		{"words count as they stand: the function", "foo(status)", "Invalid function name; function: foo"},
		{"words count as they stand: the name", "status = foo(a)", "Attribute name is a reserved keyword; reserved keyword: status"},
		{"misuse counts where the function begins", "size(status)", "The function is not allowed to be used this way in an expression; function: size"},
		{"words count before placeholders", "#nope = :1 AND status = :1", "Attribute name is a reserved keyword; reserved keyword: status"},
		{"an index out of range", "a[99999999999] = :1", "List index is not within the allowable range; index: [99999999999]"},
		{"an index one too large", "a[2147483648] = :1", "List index is not within the allowable range; index: [2147483648]"},

		{"an undefined name", "#nope = :1", "An expression attribute name used in the document path is not defined; attribute name: #nope"},
		{"an undefined value", "n = :nope", "An expression attribute value used in expression is not defined; attribute value: :nope"},
		{"a value as a step is an undefined name", "n.:1 = :1", "An expression attribute name used in the document path is not defined; attribute name: :1"},
		{"the first of two", "n = :nope AND #nope = :1", "An expression attribute value used in expression is not defined; attribute value: :nope"},
		{"operands count before their operator", "attribute_exists(#nope, n)", "An expression attribute name used in the document path is not defined; attribute name: #nope"},
		{"too many operands", "attribute_exists(a, n)", "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2"},
		{"too few operands", "contains(a)", "Incorrect number of operands for operator or function; operator or function: contains, number of operands: 1"},
		{"a value where a path must be", "attribute_exists(:1)", "Operator or function requires a document path; operator or function: attribute_exists"},
		{"a function where a path must be", "attribute_not_exists(size(a))", "Operator or function requires a document path; operator or function: attribute_not_exists"},
		{"an attribute compared with itself", "n = n", "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [n]"},
		{"by another name", "#n <> n", "The first operand must be distinct from the remaining operands for this operator or function; operator: <>, first operand: [n]"},
		{"on a longer path", "a[1].x < a[1].x", "The first operand must be distinct from the remaining operands for this operator or function; operator: <, first operand: [a, [1], x]"},
		{"in a list", "n IN (:1, n)", "The first operand must be distinct from the remaining operands for this operator or function; operator: IN, first operand: [n]"},
		{"as a bound", "n BETWEEN :1 AND n", "The first operand must be distinct from the remaining operands for this operator or function; operator: BETWEEN, first operand: [n]"},
		{"as an argument", "contains(n, n)", "The first operand must be distinct from the remaining operands for this operator or function; operator: contains, first operand: [n]"},
		{"a boolean has no order", "n < :true", "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"},
		{"nor has a map", "n >= :map", "Incorrect operand type for operator or function; operator or function: >=, operand type: M"},
		{"nor a set", "n <= :ss", "Incorrect operand type for operator or function; operator or function: <=, operand type: SS"},
		{"nor null", ":null > n", "Incorrect operand type for operator or function; operator or function: >, operand type: NULL"},
		{"bounds without order", "n BETWEEN :map AND :map", "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: M"},
		{"bounds of two types", "n BETWEEN :1 AND :hello", "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:hello}"},
		{"bounds of two types, one binary", "n BETWEEN :ab AND :1", "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {B:YWI=}, upper bound operand: AttributeValue: {N:1}"},
		{"bounds the wrong way round", "n BETWEEN :9 AND :1", "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:9}, upper bound operand: AttributeValue: {N:1}"},
		{"a number begins with nothing", "begins_with(s, :1)", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
		{"nor does a size", "begins_with(size(s), :a)", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
		{"a number has no size", "size(:1) = :1", "Incorrect operand type for operator or function; operator or function: size, operand type: N"},
		{"nor has a size", "size(size(s)) = :1", "Incorrect operand type for operator or function; operator or function: size, operand type: N"},
		{"no such type", "attribute_type(s, :hello)", "Invalid attribute type name found; type: hello, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
		{"a type that is no string", "attribute_type(s, :1)", "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: N"},
		{"a type from the item", "attribute_type(s, n)", "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"},
		{"the first condition counts", "n < :true AND n = n", "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"},

		{"too long", "n" + strings.Repeat(" ", 4096) + "= :1", "Expression size has exceeded the maximum allowed size; expression size: 4101"},
		{"too many operators", long("n = :1 AND ", 150, "n = :1"), "The expression contains too many operators; operator count: 301"},
		{"functions are operators", long("attribute_exists(n) OR ", 150, "n = :1"), "The expression contains too many operators; operator count: 301"},
		{"NOT is an operator", long("NOT ", 300, "n = :1"), "The expression contains too many operators; operator count: 301"},
		{"too many operands of IN", "n IN (" + long(":1,", 100, ":1)"), "The IN operator is provided with too many operands; number of operands: 101"},
		{"too long a path", long("a.", 32, "a = :1"), "The document path has too many nesting levels; nesting levels: 33"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			_, err := expr.ParseCondition("FilterExpression", tt.src, mustParams(t, testNames(), testValues()))
			var invalid *attr.ValidationError
			if !errors.As(err, &invalid) {
				t.Fatalf("%s: got %v", tt.src, err)
			}
			if diff := cmp.Diff("Invalid FilterExpression: "+tt.want, invalid.Message); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tt.src, diff)
			}
		})
	}
}

func TestConditionLimits(t *testing.T) {
	for reason, src := range map[string]string{
		"300 operators":        strings.Repeat("NOT ", 299) + "n = :1",
		"100 operands of IN":   "n IN (" + strings.Repeat(":1,", 99) + ":1)",
		"4,096 bytes":          "n" + strings.Repeat(" ", 4091) + "= :1",
		"32 levels":            strings.Repeat("a.", 31) + "a = :1",
		"the largest index":    "a[2147483647] = :1",
		"parentheses, no pair": strings.Repeat("(n = :1 AND ", 100) + "n = :1" + strings.Repeat(")", 100),
	} {
		if _, err := expr.ParseCondition("ConditionExpression", src, mustParams(t, nil, testValues())); err != nil {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

func TestConditionNamesItsAttributes(t *testing.T) {
	c := mustCondition(t, "m.x = :1 OR size(#n) > l[0] AND NOT contains(#m.y, pk)", testNames(), testValues())
	if diff := cmp.Diff([]string{"l", "m", "n", "pk"}, c.Attributes()); diff != "" {
		t.Error(diff)
	}
	var paths []string
	for _, p := range c.Paths() {
		paths = append(paths, p.String())
	}
	if diff := cmp.Diff([]string{"[m, x]", "[n]", "[l, [0]]", "[m, y]", "[pk]"}, paths); diff != "" {
		t.Error(diff)
	}
}
