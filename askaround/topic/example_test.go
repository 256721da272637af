package topic_test

import (
	"fmt"

	"github.com/askaround/askaround-go/askaround/topic"
)

func ExampleParse() {
	got, err := topic.Parse("askaround/v1/geo/89c25b")
	if err != nil {
		fmt.Println(err)
		return
	}
	switch got := got.(type) {
	case topic.Geo:
		fmt.Println("questions in cell", got.Cell())
	default:
		fmt.Println("something else:", got)
	}

	_, err = topic.Parse("askaround/v1/geo/brooklyn")
	fmt.Println(err)
	// Output:
	// questions in cell 89c25b
	// topic: parameter: "brooklyn" is not the token of an S2 cell of level 10
}

func ExampleFilter_Match() {
	everything, _ := topic.ParseFilter("#")
	fmt.Println(everything.Match(topic.System{}.String()))
	fmt.Println(everything.Match("$SYS/broker/uptime"))
	// Output:
	// true
	// false
}
