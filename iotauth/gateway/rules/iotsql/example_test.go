package iotsql_test

import (
	"fmt"
	"log"

	"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql"
)

func Example() {
	s, err := iotsql.Parse("SELECT temp, topic(2) AS device FROM 'devices/+/data' WHERE temp > 50", iotsql.V2016)
	if err != nil {
		log.Fatal(err)
	}
	for _, payload := range []string{`{"temp": 54.98}`, `{"temp": 21}`} {
		r, err := s.Evaluate(&iotsql.Message{Topic: "devices/7/data", Payload: []byte(payload)})
		switch {
		case err != nil:
			log.Fatal(err)
		case r == nil:
			fmt.Println("WHERE is not met")
		default:
			fmt.Printf("%s\n", r.Payload)
		}
	}
	// Output:
	// {"temp":54.98,"device":"7"}
	// WHERE is not met
}

// A mistake is found with its place, before any message comes.
func ExampleParse() {
	_, err := iotsql.Parse("SELECT temp FROM 'devices/+/data'\nWHERE temp != 50", iotsql.V2016)
	fmt.Println(err)
	_, err = iotsql.Parse("SELECT aws_lambda('f', *) AS x FROM 'a'", iotsql.V2016)
	fmt.Println(err)
	// Output:
	// iotsql: 2:12: write <> for inequality
	// iotsql: 1:8: aws_lambda() is not supported here: it calls a function in the middle of an evaluation; a lambda action calls one with the result
}

// A template is evaluated for the message, not for the result: it sees no aliases.
func ExampleTemplate() {
	s, err := iotsql.Parse("SELECT temp AS t FROM 'devices/+/data'", iotsql.V2016)
	if err != nil {
		log.Fatal(err)
	}
	template, err := iotsql.ParseTemplate("alerts/${topic(2)}/${floor(temp)}", s)
	if err != nil {
		log.Fatal(err)
	}
	r, err := s.Evaluate(&iotsql.Message{Topic: "devices/7/data", Payload: []byte(`{"temp": 54.98}`)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(template.Expand(r))
	// Output: alerts/7/54 <nil>
}
