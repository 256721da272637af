package expr_test

import (
	"fmt"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

// The expressions of one request share their names and values.
func Example() {
	values, err := expr.DecodeValues([]byte(`{":one":{"N":"1"},":max":{"N":"10"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	params, err := expr.NewParams(map[string]string{"#count": "count"}, values)
	if err != nil {
		fmt.Println(err)
		return
	}
	condition, err := expr.ParseCondition("ConditionExpression", "attribute_not_exists(#count) OR #count < :max", params)
	if err != nil {
		fmt.Println(err)
		return
	}
	update, err := expr.ParseUpdate("ADD #count :one", params)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := params.CheckUnused(); err != nil {
		fmt.Println(err)
		return
	}
	item := attr.Item{"pk": attr.String("a"), "count": attr.Int(9)}
	for condition.Eval(item) {
		var touched []expr.Path
		if item, touched, err = update.Apply(item); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(string(attr.AppendItemJSON(nil, expr.Pick(item, touched))))
	}
	// Output: {"count":{"N":"10"}}
}

func ExampleParseKeyCondition() {
	params, _ := expr.NewParams(nil, expr.Values{":p": attr.String("a"), ":low": attr.Int(1), ":high": attr.Int(9)})
	key, err := expr.ParseKeyCondition("pk = :p AND sk BETWEEN :low AND :high", params)
	if err != nil {
		fmt.Println(err)
		return
	}
	hash, rng, err := key.Resolve("pk", "sk")
	if err != nil {
		fmt.Println(err)
		return
	}
	low, high := rng.Bounds(attr.AppendKey(nil, hash))
	fmt.Printf("%x <= key < %x\n", low, high)
	fmt.Println(rng.Match(attr.Int(9)), rng.Match(attr.Int(10)))
	// Output:
	// 61000103820b00 <= key < 61000103825b01
	// true false
}

func ExampleParseUpdate_errors() {
	params, _ := expr.NewParams(nil, expr.Values{":v": attr.Int(1)})
	for _, src := range []string{"SET status = :v", "SET a = :v b = :v", "SET a.b = :v REMOVE a"} {
		_, err := expr.ParseUpdate(src, params)
		fmt.Println(err)
	}
	// Output:
	// Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: status
	// Invalid UpdateExpression: Syntax error; token: "b", near: ":v b ="
	// Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a]
}
