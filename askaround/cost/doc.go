// Package cost is the price model of Ask Around Me on AWS: of its HTTP API, of AWS IoT
// Core, of the aggregation of answers, and of topic designs.
//
//	p := cost.Blog2020
//	rest, err := p.REST.Year(cost.AskAroundMe.RequestsPerYear()) // $1,870.26
//
// All arithmetic is in integers: [Money] counts nano-dollars, in which every price of a
// [Profile] is a whole number for each unit. A figure is rounded once, when it is printed.
//
// A profile is what one date's price list said for us-east-1; its prices are facts of that
// day. What it leaves out is free in it. Taxes, data transfer and, unless a function says
// so, free tiers are left out everywhere.
//
// The package imports the standard library only. It has no state and is safe for
// concurrent use.
package cost
