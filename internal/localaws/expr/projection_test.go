package expr_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

func TestProject(t *testing.T) {
	item := mustItem(t, `{"n":{"N":"5"},"x.y":{"N":"7"},"l":{"L":[{"N":"0"},{"M":{"a":{"N":"1"},"b":{"N":"2"}}},{"N":"2"}]},"m":{"M":{"x":{"N":"1"},"y":{"M":{"z":{"S":"q"}}}}}}`)
	names := map[string]string{"#n": "n", "#dot": "x.y", "#y": "y"}
	tests := []struct {
		reason, src, want string
	}{
		{"an attribute", "n", `{"n":{"N":"5"}}`},
		{"by its alias", "#n", `{"n":{"N":"5"}}`},
		{"a name with a dot is one name", "#dot", `{"x.y":{"N":"7"}}`},
		{"several, with blanks", " n , m.x ", `{"m":{"M":{"x":{"N":"1"}}},"n":{"N":"5"}}`},
		{"paths into one map are one map", "m.#y.z, m.x", `{"m":{"M":{"x":{"N":"1"},"y":{"M":{"z":{"S":"q"}}}}}}`},
		{"elements close up in the order of the list", "l[2], l[0]", `{"l":{"L":[{"N":"0"},{"N":"2"}]}}`},
		{"a path through an element", "l[1].b, l[1].a", `{"l":{"L":[{"M":{"a":{"N":"1"},"b":{"N":"2"}}}]}}`},
		{"what is missing is left out", "nope, m.nope.x, l[9], n", `{"n":{"N":"5"}}`},
		{"a step into what is no map", "n.x, l.x, m[0]", `{}`},
		{"nothing of a list that has nothing", "l[7].x, m.y.w", `{}`},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			used := map[string]string{}
			for alias, name := range names {
				if strings.Contains(tt.src, alias) {
					used[alias] = name
				}
			}
			if len(used) == 0 {
				used = nil
			}
			p := mustProjection(t, tt.src, used)
			if flat := !strings.ContainsAny(tt.src, ".["); p.Flat() != flat {
				t.Errorf("flat %v, want %v", p.Flat(), flat)
			}
			if got := text(p.Apply(item)); got != tt.want {
				t.Errorf("%s gives %s, want %s", tt.src, got, tt.want)
			}
			if got := text(expr.Pick(item, p.Paths())); got != tt.want {
				t.Errorf("Pick of %s gives %s, want %s", tt.src, got, tt.want)
			}
		})
	}
}

func TestProjectionErrors(t *testing.T) {
	tests := []struct {
		reason, src, want string
	}{
		{"empty", "", "The expression can not be empty;"},
		{"a comma at the end", "n,", `Syntax error; token: "<EOF>", near: ","`},
		{"a comma at the front", ",n", `Syntax error; token: ",", near: ",n"`},
		{"no comma", "n s", `Syntax error; token: "s", near: "n s"`},
		{"a value", ":n", `Syntax error; token: ":n", near: ":n"`},
		{"a function", "size(n)", `Syntax error; token: "(", near: "size(n"`},
		{"parentheses", "(n)", `Syntax error; token: "(", near: "(n"`},
		{"an open index", "n[0", `Syntax error; token: "<EOF>", near: "0"`},
		{"a keyword", "set", `Syntax error; token: "set", near: "set"`},
		{"a reserved word", "n, status", "Attribute name is a reserved keyword; reserved keyword: status"},
		{"words count before names", "#nope, status", "Attribute name is a reserved keyword; reserved keyword: status"},
		{"an undefined name", "#nope", "An expression attribute name used in the document path is not defined; attribute name: #nope"},
		{"a path twice", "n, #n", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [n], path two: [n]"},
		{"a path and one below it", "m, m.x", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m], path two: [m, x]"},
		{"a map that is a list as well", "m.x, m[0]", "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [m, x], path two: [m, [0]]"},
		{"too long", "n" + strings.Repeat(" ", 4096), "Expression size has exceeded the maximum allowed size;"},
		{"too long a path", "n" + strings.Repeat("[0]", 32), "The document path has too many nesting levels; nesting levels: 33"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			_, err := expr.ParseProjection(tt.src, mustParams(t, map[string]string{"#n": "n"}, nil))
			var invalid *attr.ValidationError
			if !errors.As(err, &invalid) {
				t.Fatalf("%s: got %v", tt.src, err)
			}
			if diff := cmp.Diff("Invalid ProjectionExpression: "+tt.want, invalid.Message); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tt.src, diff)
			}
		})
	}
}

func TestProjectionNamesItsAttributes(t *testing.T) {
	p := mustProjection(t, "n, m.y, l[0], m.x", nil)
	if diff := cmp.Diff([]string{"l", "m", "n"}, p.Attributes()); diff != "" {
		t.Error(diff)
	}
}
