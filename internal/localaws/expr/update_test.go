package expr_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

func updateValues(t *testing.T) expr.Values {
	deep := attr.String("x")
	for range 20 {
		deep = attr.List(deep)
	}
	big, err := attr.ParseNumber("9E125")
	if err != nil {
		t.Fatal(err)
	}
	return expr.Values{
		":1": attr.Int(1), ":2": attr.Int(2), ":s": attr.String("s"), ":t": attr.Bool(true), ":null": attr.Null(),
		":l": attr.List(attr.Int(9)), ":m": attr.Map(nil), ":b": attr.Binary([]byte("b")),
		":ab": attr.Set(attr.String("a"), attr.String("b")), ":bc": attr.Set(attr.String("b"), attr.String("c")),
		":ns": attr.Set(attr.Int(1)), ":deep": deep, ":big": attr.Num(big),
	}
}

func TestApply(t *testing.T) {
	const all = `{"pk":{"S":"a"},"n":{"N":"5"},"s":{"S":"x"},"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]},` +
		`"m":{"M":{"x":{"N":"1"},"y":{"M":{"z":{"S":"q"}}}}},"ss":{"SS":["a","b"]}}`
	tests := []struct {
		reason, old, src, want string
	}{
		{"a new attribute", `{"n":{"N":"5"}}`, "SET a = :1", `{"a":{"N":"1"},"n":{"N":"5"}}`},
		{"another value", `{"n":{"N":"5"}}`, "SET n = :s", `{"n":{"S":"s"}}`},
		{"a copy", `{"n":{"N":"5"}}`, "SET a = n", `{"a":{"N":"5"},"n":{"N":"5"}}`},
		{"two attributes change places: all values are those before the update", `{"a":{"N":"1"},"b":{"N":"2"}}`, "SET a = b, b = a", `{"a":{"N":"2"},"b":{"N":"1"}}`},
		{"an attribute is removed and used", `{"a":{"N":"1"}}`, "SET b = a REMOVE a", `{"b":{"N":"1"}}`},
		{"a sum", `{"n":{"N":"5"}}`, "SET n = n + :1", `{"n":{"N":"6"}}`},
		{"a difference", `{"n":{"N":"5"}}`, "SET n = :2 - n", `{"n":{"N":"-3"}}`},
		{"a sum in parentheses", `{"n":{"N":"5"}}`, "SET n = ((n) + (:1))", `{"n":{"N":"6"}}`},
		{"a sum of elements", `{"l":{"L":[{"N":"1"},{"N":"2"}]}}`, "SET n = l[0] + l[1]", `{"l":{"L":[{"N":"1"},{"N":"2"}]},"n":{"N":"3"}}`},
		{"if_not_exists of a present attribute", `{"n":{"N":"5"}}`, "SET n = if_not_exists(n, :1)", `{"n":{"N":"5"}}`},
		{"of a missing one", `{}`, "SET n = if_not_exists(n, :1)", `{"n":{"N":"1"}}`},
		{"in a sum: a counter that begins anywhere", `{}`, "SET n = if_not_exists(n, :1) + :2", `{"n":{"N":"3"}}`},
		{"inside another", `{}`, "SET n = if_not_exists(a, if_not_exists(b, :1))", `{"n":{"N":"1"}}`},
		{"list_append", `{"l":{"L":[{"N":"1"}]}}`, "SET l = list_append(l, :l)", `{"l":{"L":[{"N":"1"},{"N":"9"}]}}`},
		{"in front", `{"l":{"L":[{"N":"1"}]}}`, "SET l = list_append(:l, l)", `{"l":{"L":[{"N":"9"},{"N":"1"}]}}`},
		{"to a list that is not there yet", `{}`, "SET l = list_append(if_not_exists(l, :l), :l)", `{"l":{"L":[{"N":"9"},{"N":"9"}]}}`},
		{"a list to itself", `{"l":{"L":[{"N":"1"}]}}`, "SET l = list_append(l, l)", `{"l":{"L":[{"N":"1"},{"N":"1"}]}}`},
		{"a nested attribute", `{"m":{"M":{"x":{"N":"1"}}}}`, "SET m.y = :1", `{"m":{"M":{"x":{"N":"1"},"y":{"N":"1"}}}}`},
		{"an element", `{"l":{"L":[{"N":"0"},{"N":"1"}]}}`, "SET l[1] = :s", `{"l":{"L":[{"N":"0"},{"S":"s"}]}}`},
		{"elements change places", `{"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]}}`, "SET l[0] = l[2], l[2] = l[0]", `{"l":{"L":[{"N":"2"},{"N":"1"},{"N":"0"}]}}`},
		{"an index behind the end appends", `{"l":{"L":[{"N":"0"}]}}`, "SET l[7] = :s", `{"l":{"L":[{"N":"0"},{"S":"s"}]}}`},
		{"several append in the order of their indexes", `{"l":{"L":[]}}`, "SET l[9] = :1, l[5] = :2 ADD l[7] :ab", `{"l":{"L":[{"N":"2"},{"SS":["a","b"]},{"N":"1"}]}}`},
		{"REMOVE", `{"a":{"N":"1"},"n":{"N":"5"}}`, "REMOVE a", `{"n":{"N":"5"}}`},
		{"of what is missing", `{"n":{"N":"5"}}`, "REMOVE a, b", `{"n":{"N":"5"}}`},
		{"of a nested attribute", `{"m":{"M":{"x":{"N":"1"}}}}`, "REMOVE m.x", `{"m":{"M":{}}}`},
		{"of elements: indexes are those before the update", `{"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]}}`, "REMOVE l[0], l[1]", `{"l":{"L":[{"N":"2"}]}}`},
		{"of an element behind the end", `{"l":{"L":[{"N":"0"}]}}`, "REMOVE l[5]", `{"l":{"L":[{"N":"0"}]}}`},
		{"of one element and a new value for another", `{"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]}}`, "REMOVE l[0] SET l[1] = :s, l[3] = :1", `{"l":{"L":[{"S":"s"},{"N":"2"},{"N":"1"}]}}`},
		{"ADD to a number", `{"n":{"N":"5"}}`, "ADD n :2", `{"n":{"N":"7"}}`},
		{"to a missing number", `{}`, "ADD n :2", `{"n":{"N":"2"}}`},
		{"to a set", `{"ss":{"SS":["a","b"]}}`, "ADD ss :bc", `{"ss":{"SS":["a","b","c"]}}`},
		{"to a missing set", `{}`, "ADD ss :bc", `{"ss":{"SS":["b","c"]}}`},
		{"to an element", `{"l":{"L":[{"N":"1"}]}}`, "ADD l[0] :2", `{"l":{"L":[{"N":"3"}]}}`},
		{"to a nested number", `{"m":{"M":{"x":{"N":"1"}}}}`, "ADD m.x :2, m.y :1", `{"m":{"M":{"x":{"N":"3"},"y":{"N":"1"}}}}`},
		{"DELETE from a set", `{"ss":{"SS":["a","b"]}}`, "DELETE ss :bc", `{"ss":{"SS":["a"]}}`},
		{"all its members, which removes it", `{"ss":{"SS":["a","b"]}}`, "DELETE ss :ab", `{}`},
		{"all members of a set in a list", `{"l":{"L":[{"SS":["a"]},{"N":"1"}]}}`, "DELETE l[0] :ab", `{"l":{"L":[{"N":"1"}]}}`},
		{"from a missing set", `{}`, "DELETE ss :ab", `{}`},
		{"every section, in any order and case", all, "delete ss :ab add n :1 REMOVE l[1] set m.y.z = :s, s = :1",
			`{"l":{"L":[{"N":"0"},{"N":"2"}]},"m":{"M":{"x":{"N":"1"},"y":{"M":{"z":{"S":"s"}}}}},"n":{"N":"6"},"pk":{"S":"a"},"s":{"N":"1"}}`},
		{"no item", "", "SET a = :1 REMOVE b", `{"a":{"N":"1"}}`},
		{"a document into itself", `{"m":{"M":{"x":{"N":"1"}}}}`, "SET m.y = m", `{"m":{"M":{"x":{"N":"1"},"y":{"M":{"x":{"N":"1"}}}}}}`},
	}
	for _, tt := range tests {
		t.Run(tt.reason+": "+tt.src, func(t *testing.T) {
			var old attr.Item
			if tt.old != "" {
				old = mustItem(t, tt.old)
			}
			before := text(old)
			got, _, err := mustUpdate(t, tt.src, nil, updateValues(t)).Apply(old)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(text(mustItem(t, tt.want)), text(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if after := text(old); after != before {
				t.Errorf("the old item changed from %s to %s", before, after)
			}
		})
	}
}

func TestApplyRefuses(t *testing.T) {
	const (
		missing = "The provided expression refers to an attribute that does not exist in the item"
		operand = "An operand in the update expression has an incorrect data type"
		path    = "The document path provided in the update expression is invalid for update"
		nesting = "Nesting Levels have exceeded supported limits"
	)
	item := mustItem(t, `{"n":{"N":"5"},"s":{"S":"x"},"l":{"L":[{"N":"0"}]},"m":{"M":{"x":{"N":"1"}}},"ss":{"SS":["a"]},"d":{"M":{"d":{"M":{"d":{"M":{}}}}}}}`)
	tests := []struct {
		reason, src, want string
	}{
		{"a copy of what is missing", "SET a = nope", missing},
		{"a sum with it", "SET a = n + nope", missing},
		{"an element behind the end", "SET a = l[9]", missing},
		{"a step into what is no map", "SET a = n.x", missing},
		{"both of if_not_exists are missing", "SET a = if_not_exists(nope, nope2)", missing},
		{"the second of if_not_exists is missing, needed or not", "SET a = if_not_exists(n, nope)", missing},
		{"list_append to what is missing", "SET l = list_append(nope, :l)", missing},
		{"a sum with a string", "SET a = n + s", operand},
		{"a difference of sets", "SET a = ss - :1", operand},
		{"list_append of a number", "SET a = list_append(n, :l)", operand},
		{"ADD of a number to a string", "ADD s :1", operand},
		{"ADD of a number to a list", "ADD l :1", operand},
		{"ADD of a set to a number", "ADD n :ab", operand},
		{"ADD of a set of another type", "ADD ss :ns", operand},
		{"DELETE from a number", "DELETE n :ab", operand},
		{"DELETE of a set of another type", "DELETE ss :ns", operand},
		{"a step below what is missing", "SET nope.x = :1", path},
		{"a step below what is no map", "SET n.x = :1", path},
		{"a name in a list", "SET l.x = :1", path},
		{"an index in a map", "SET m[0] = :1", path},
		{"a path below an element behind the end", "SET l[3].x = :1", path},
		{"REMOVE below what is missing", "REMOVE nope.x", path},
		{"REMOVE of an index of a map", "REMOVE m[0]", path},
		{"ADD below what is missing", "ADD nope.x :1", path},
		{"DELETE below what is missing", "DELETE nope.x :ab", path},
		{"beyond the largest number", "SET a = :big + :big", "Number overflow. Attempting to store a number with magnitude larger than supported range"},
		{"beyond 38 digits", "SET a = :big - n", "Number overflow. Attempting to store a number with magnitude larger than supported range"},
		{"ADD beyond 38 digits", "ADD n :big", "Number overflow. Attempting to store a number with magnitude larger than supported range"},
		{"too deep a result", "SET l[0] = :deep, d.d.d." + strings.Repeat("d.", 9) + "d = :deep", nesting},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			result, _, err := mustUpdate(t, tt.src, nil, updateValues(t)).Apply(item)
			var invalid *attr.ValidationError
			if !errors.As(err, &invalid) || invalid.Message != tt.want {
				t.Errorf("%s: got %s, %v; want %s", tt.src, text(result), err, tt.want)
			}
		})
	}
}

func TestUpdateErrors(t *testing.T) {
	const redundant = "The expression has redundant parentheses;"
	tests := []struct {
		reason, src, want string
	}{
		{"empty", "", "The expression can not be empty;"},
		{"no action", "SET", `Syntax error; token: "<EOF>", near: "SET"`},
		{"no value", "SET a", `Syntax error; token: "<EOF>", near: "a"`},
		{"nothing behind =", "SET a =", `Syntax error; token: "<EOF>", near: "="`},
		{"no section", "a = :1", `Syntax error; token: "a", near: "a ="`},
		{"a section of SQL", "UPDATE a = :1", `Syntax error; token: "UPDATE", near: "UPDATE a"`},
		{"a comma too many", "SET a = :1,, b = :1", `Syntax error; token: ",", near: ",, b"`},
		{"a comma at the end", "SET a = :1, ", `Syntax error; token: "<EOF>", near: ", "`},
		{"a comma before a section", "SET a = :1, REMOVE b", `Syntax error; token: "REMOVE", near: ", REMOVE b"`},
		{"a comma too few", "SET a = :1 b = :1", `Syntax error; token: "b", near: ":1 b ="`},
		{"a value as target", "SET :1 = :1", `Syntax error; token: ":1", near: "SET :1 ="`},
		{"a target in parentheses", "SET (a) = :1", `Syntax error; token: "(", near: "SET (a"`},
		{"a sum of three", "SET a = n + :1 + :1", `Syntax error; token: "+", near: ":1 + :1"`},
		{"a sum of a sum", "SET a = (n + :1) + :1", `Syntax error; token: "+", near: ") + :1"`},
		{"a sum inside a sum", "SET a = n + (:1 - :2)", `Syntax error; token: "-", near: ":1 - :2"`},
		{"a sum as an argument", "SET a = list_append(l + :1, :l)", `Syntax error; token: "+", near: "l + :1"`},
		{"a product", "SET a = n * :1", `Syntax error; token: "*", near: "n * :1"`},
		{"a sign", "SET a = -:1", `Syntax error; token: "-", near: "= -:1"`},
		{"REMOVE with a value", "REMOVE a = :1", `Syntax error; token: "=", near: "a = :1"`},
		{"ADD with =", "ADD n = :1", `Syntax error; token: "=", near: "n = :1"`},
		{"ADD of an attribute", "ADD n m", `Syntax error; token: "m", near: "n m"`},
		{"ADD of a value in parentheses", "ADD n (:1)", `Syntax error; token: "(", near: "n (:1"`},
		{"DELETE without a value", "DELETE ss", `Syntax error; token: "<EOF>", near: "ss"`},
		{"a statement's end", "SET a = :1; SET b = :1", `Syntax error; token: ";", near: ":1; SET"`},
		{"doubled parentheses", "SET a = ((n))", redundant},
		{"around a sum", "SET a = ((n + :1))", redundant},
		{"around a function", "SET a = ((list_append(l, :l)))", redundant},
		{"around an operand of a sum", "SET a = :1 + ((n))", redundant},
		{"a section twice", "SET a = :1 SET b = :1", `The "SET" section can only be used once in an update expression;`},
		{"REMOVE twice", "REMOVE a SET c = :1 remove b", `The "REMOVE" section can only be used once in an update expression;`},
		{"ADD twice", "ADD a :1 ADD b :1", `The "ADD" section can only be used once in an update expression;`},
		{"DELETE twice", "DELETE a :ab DELETE b :ab", `The "DELETE" section can only be used once in an update expression;`},
		{"a reserved word as target", "SET status = :1", "Attribute name is a reserved keyword; reserved keyword: status"},
		{"a reserved word as value", "SET a = status", "Attribute name is a reserved keyword; reserved keyword: status"},
		{"words count before sections", "SET a = :1 SET status = :1", "Attribute name is a reserved keyword; reserved keyword: status"},
		{"no such function", "SET a = foo(n)", "Invalid function name; function: foo"},
		{"a function of conditions", "SET a = size(l)", "The function is not allowed in an update expression; function: size"},
		{"another", "SET a = attribute_exists(n)", "The function is not allowed in an update expression; function: attribute_exists"},
		{"list_append in a sum", "SET a = list_append(l, :l) + :1", "The function is not allowed to be used this way in an expression; function: list_append"},
		{"list_append in itself", "SET a = list_append(l, list_append(l, :l))", "The function is not allowed to be used this way in an expression; function: list_append"},
		{"list_append in if_not_exists", "SET a = if_not_exists(b, list_append(l, :l))", "The function is not allowed to be used this way in an expression; function: list_append"},
		{"an undefined name as target", "SET #nope = :1", "An expression attribute name used in the document path is not defined; attribute name: #nope"},
		{"targets count before values", "SET a = :nope, #nope = :1", "An expression attribute name used in the document path is not defined; attribute name: #nope"},
		{"an undefined name as value", "SET a = #nope", "An expression attribute name used in the document path is not defined; attribute name: #nope"},
		{"an undefined value", "SET a = :nope", "An expression attribute value used in expression is not defined; attribute value: :nope"},
		{"an undefined value to add", "ADD a :nope", "An expression attribute value used in expression is not defined; attribute value: :nope"},
		{"a path twice", "SET a = :1, a = :2", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"},
		{"by another name", "SET #n = :1, n = :2", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [n], path two: [n]"},
		{"a path and one below it", "SET a = :1, a.b[1] = :2", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b, [1]]"},
		{"a path and the one above", "REMOVE l[0] SET l = :l", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [l, [0]], path two: [l]"},
		{"a map that is a list as well", "SET m.x = :1, m[0] = :1", "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [m, x], path two: [m, [0]]"},
		{"overlaps count before conflicts", "SET m.x = :1, m[0] = :1, a = :1, a = :1", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"},
		{"overlaps count before values", "SET a = :s + :1, b = :1, b = :1", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [b], path two: [b]"},
		{"a sum with a string", "SET a = n + :s", "Incorrect operand type for operator or function; operator or function: +, operand type: S"},
		{"a difference of a map", "SET a = :m - n", "Incorrect operand type for operator or function; operator or function: -, operand type: M"},
		{"list_append of a number", "SET a = list_append(l, :1)", "Incorrect operand type for operator or function; operator or function: list_append, operand type: N"},
		{"list_append of one list", "SET a = list_append(l)", "Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1"},
		{"if_not_exists of one operand", "SET a = if_not_exists(n)", "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 1"},
		{"if_not_exists of a value", "SET a = if_not_exists(:1, :1)", "Operator or function requires a document path; operator or function: if_not_exists"},
		{"if_not_exists of a function", "SET a = if_not_exists(if_not_exists(a, b), :1)", "Operator or function requires a document path; operator or function: if_not_exists"},
		{"if_not_exists of one path", "SET a = if_not_exists(n, n)", "The first operand must be distinct from the remaining operands for this operator or function; operator: if_not_exists, first operand: [n]"},
		{"ADD of a string", "ADD n :s", "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND"},
		{"ADD of a list", "ADD n :l", "Incorrect operand type for operator or function; operator: ADD, operand type: LIST, typeSet: ALLOWED_FOR_ADD_OPERAND"},
		{"ADD of a map", "ADD n :m", "Incorrect operand type for operator or function; operator: ADD, operand type: MAP, typeSet: ALLOWED_FOR_ADD_OPERAND"},
		{"ADD of a binary", "ADD n :b", "Incorrect operand type for operator or function; operator: ADD, operand type: BINARY, typeSet: ALLOWED_FOR_ADD_OPERAND"},
		{"ADD of a boolean", "ADD n :t", "Incorrect operand type for operator or function; operator: ADD, operand type: BOOLEAN, typeSet: ALLOWED_FOR_ADD_OPERAND"},
		{"ADD of null", "ADD n :null", "Incorrect operand type for operator or function; operator: ADD, operand type: NULL, typeSet: ALLOWED_FOR_ADD_OPERAND"},
		{"DELETE of a number", "DELETE n :1", "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND"},
		{"too long", "REMOVE a" + strings.Repeat(" ", 4096), "Expression size has exceeded the maximum allowed size;"},
		{"too many operators", "SET " + strings.Repeat("a=n+:1,", 300) + "a=n-:1", "The expression contains too many operators; operator count: 301"},
		{"too long a path", "SET " + strings.Repeat("a.", 32) + "a = :1", "The document path has too many nesting levels; nesting levels: 33"},
		{"an index out of range", "SET a[2147483648] = :1", "List index is not within the allowable range; index: [2147483648]"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			_, err := expr.ParseUpdate(tt.src, mustParams(t, testNames(), updateValues(t)))
			var invalid *attr.ValidationError
			if !errors.As(err, &invalid) {
				t.Fatalf("%s: got %v", tt.src, err)
			}
			if diff := cmp.Diff("Invalid UpdateExpression: "+tt.want, invalid.Message); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tt.src, diff)
			}
		})
	}
}

// TestUpdatedValues shows what UPDATED_OLD and UPDATED_NEW answer.
func TestUpdatedValues(t *testing.T) {
	const old = `{"n":{"N":"5"},"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]},"m":{"M":{"x":{"N":"1"},"y":{"N":"2"}}}}`
	tests := []struct {
		reason, src, wantOld, wantNew string
	}{
		{"an attribute", "SET n = :1", `{"n":{"N":"5"}}`, `{"n":{"N":"1"}}`},
		{"a new attribute", "SET a = :1", `{}`, `{"a":{"N":"1"}}`},
		{"a removed attribute", "REMOVE n", `{"n":{"N":"5"}}`, `{}`},
		{"of a map only what is named", "SET m.x = :s", `{"m":{"M":{"x":{"N":"1"}}}}`, `{"m":{"M":{"x":{"S":"s"}}}}`},
		{"of a list only what is named", "SET l[2] = :s, l[0] = :1", `{"l":{"L":[{"N":"0"},{"N":"2"}]}}`, `{"l":{"L":[{"N":"1"},{"S":"s"}]}}`},
		{"an index behind the end is nowhere", "SET l[9] = :1", `{}`, `{}`},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			item := mustItem(t, old)
			result, touched, err := mustUpdate(t, tt.src, nil, updateValues(t)).Apply(item)
			if err != nil {
				t.Fatal(err)
			}
			if got := text(expr.Pick(item, touched)); got != tt.wantOld {
				t.Errorf("UPDATED_OLD is %s, want %s", got, tt.wantOld)
			}
			if got := text(expr.Pick(result, touched)); got != tt.wantNew {
				t.Errorf("UPDATED_NEW is %s, want %s", got, tt.wantNew)
			}
		})
	}
}

func TestUpdateNamesItsAttributes(t *testing.T) {
	u := mustUpdate(t, "SET m.x = n, #n = :1 REMOVE l[0] ADD c :1 DELETE ss :ab", testNames(), updateValues(t))
	if diff := cmp.Diff([]string{"c", "l", "m", "n", "ss"}, u.Attributes()); diff != "" {
		t.Error(diff)
	}
}
