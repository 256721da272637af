package attr_test

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

func ExampleDecodeItem() {
	item, err := attr.DecodeItem([]byte(`{"pk":{"S":"a"},"n":{"N":"1.50E2"},"set":{"NS":["10","9"]}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(item["n"].N, item.Size(), "bytes")
	fmt.Println(string(attr.AppendItemJSON(nil, item)))
	// Output:
	// 150 14 bytes
	// {"n":{"N":"150"},"pk":{"S":"a"},"set":{"NS":["9","10"]}}
}

func ExampleDecodeItem_errors() {
	for _, body := range []string{`{"tags":{"SS":["a","a"]}}`, `{"n":{"N":1}}`} {
		_, err := attr.DecodeItem([]byte(body))
		var refused *attr.ValidationError
		var shape *attr.SerializationError
		switch {
		case errors.As(err, &refused):
			fmt.Println("ValidationException:", refused.Message)
		case errors.As(err, &shape):
			fmt.Println("SerializationException:", shape.Message)
		}
	}
	// Output:
	// ValidationException: One or more parameter values were invalid: Input collection [a, a] contains duplicates.
	// SerializationException: NUMBER_VALUE cannot be converted to String
}

func ExampleNumber_Add() {
	a, _ := attr.ParseNumber("9223372036854775807")
	sum, err := a.Add(attr.NumberFromInt(2))
	fmt.Println(sum, err)
	// Output: 9223372036854775809 <nil>
}

func ExampleAppendKey() {
	low := attr.AppendKey(nil, attr.Int(9))
	high := attr.AppendKey(nil, attr.Int(10))
	fmt.Println(bytes.Compare(low, high))
	// Output: -1
}
