// Package iotsql is the SQL of AWS IoT topic rules: it parses a rule's statement and
// evaluates it for a message.
//
//	s, err := iotsql.Parse("SELECT temp, topic(2) AS device FROM 'devices/+/data' WHERE temp > 50", iotsql.V2016)
//	r, err := s.Evaluate(&iotsql.Message{Topic: "devices/7/data", Payload: []byte(`{"temp": 54.98}`)})
//	// r.Payload is {"temp":54.98,"device":"7"}; r is nil where WHERE is not true
//
// The language is that of the AWS IoT Core developer guide, "AWS IoT SQL reference": SET,
// SELECT with * and AS and VALUE, FROM, WHERE, operators, CASE, literals, nested queries,
// and the built-in functions that need no other service; [Functions] lists them. A function
// that the guide documents and that is not here is refused by [Parse], with its name.
//
// # What is undefined
//
// What is not there, or cannot be computed, is Undefined, and what is computed with it is
// Undefined: also AND and OR, whatever their other side is, as the guide's tables say. It
// is left out of objects and arrays, is an empty string in a template, and does not meet
// WHERE. [Parse] finds more than AWS IoT tells about: unknown functions, regular expressions
// and time patterns that cannot work.
//
// # Numbers
//
// A number that is passed on keeps its digits. Computing has 34 digits, half to even, with
// exponents within 999; beyond them is Undefined. Int divided by Int is an Int, without its
// fraction. The functions of analysis (sin, power, sqrt and so on) have double precision.
// In version 2016-03-23 a number that is whole is an Int, also 10.0.
//
// # Where the guide is silent or contradicts itself
//
//   - An item of SELECT without AS has the last name of an attribute's path, or a function's
//     name; any other is refused, for the name that it would get is not documented. AS a.b
//     makes an object in an object.
//   - get("abc", 1) is "b", as its index counts from 0; bitnot(13) is -14, as in two's
//     complement; the guide has other examples for both.
//   - a IN (1, 2), a IN [1, 2] and NOT IN compare as = does.
//   - Indexes and lengths of strings count code points, indexof() of what is not there is -1.
//   - Regular expressions are RE2's.
//   - SELECT * hands on the payload as it is, byte for byte, whether it is JSON or not.
//   - An attribute of a payload that is no JSON is Undefined. To add an item to such a payload
//     is an error, [ErrPayload].
//
// # Cost
//
// An evaluation that would take more than about a tenth of a second or a megabyte ends with
// [ErrLimit], whatever the statement and the payload are.
package iotsql
