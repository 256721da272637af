package cost_test

import (
	"fmt"

	"github.com/askaround/askaround-go/askaround/cost"
)

func Example() {
	requests := cost.AskAroundMe.RequestsPerYear()
	rest, err := cost.Blog2020.REST.Year(requests)
	if err != nil {
		fmt.Println(err)
		return
	}
	http, err := cost.Blog2020.HTTP.Year(requests)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(requests, rest, http)
	// Output: 534360000 $1,870.26 $534.36
}

func ExampleProfile_Fleet() {
	bill, err := cost.IoT2018.Fleet(cost.Fleet{
		Devices: 1000, Connected: cost.MinutesPerYear,
		Messages: []cost.Traffic{{PerYear: 365 * 24, Bytes: 8 * cost.KB}}, // metered as two
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range bill[:2] {
		fmt.Println(line.Item, line.Units, line.Cost)
	}
	// Output:
	// connection minutes 525600000 $42.05
	// messages 17520000 $17.52
}
