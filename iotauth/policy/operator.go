package policy

import (
	"fmt"
	"strings"
)

// A kind is a family of condition operators: how one value of the request is compared with
// one value of the policy.
type kind uint8

const (
	kindString kind = iota
	kindStringFold
	kindStringLike
	kindNumeric
	kindDate
	kindBool
	kindBinary
	kindIP
	kindARN
	kindNull
)

// takesVariables reports whether variables are substituted in values of the policy.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html.
func (k kind) takesVariables() bool {
	return k == kindString || k == kindStringFold || k == kindStringLike || k == kindARN
}

// wild reports whether values of the policy are patterns.
func (k kind) wild() bool { return k == kindStringLike || k == kindARN }

// An order is what a comparison of numbers or dates accepts.
type order uint8

const (
	less order = 1 << iota
	equal
	greater
)

// A quantifier says how many of a request's values must match.
type quantifier uint8

const (
	anyOfOne  quantifier = iota // no set operator
	forAll                      // ForAllValues:
	forAnyOne                   // ForAnyValue:
)

// An operator is a condition operator taken apart.
type operator struct {
	kind       kind
	order      order // of numbers and dates
	negated    bool
	ifExists   bool
	quantifier quantifier
}

// operators are all condition operators, without set operator and IfExists.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
var operators = map[string]operator{
	"StringEquals":              {kind: kindString},
	"StringNotEquals":           {kind: kindString, negated: true},
	"StringEqualsIgnoreCase":    {kind: kindStringFold},
	"StringNotEqualsIgnoreCase": {kind: kindStringFold, negated: true},
	"StringLike":                {kind: kindStringLike},
	"StringNotLike":             {kind: kindStringLike, negated: true},
	"NumericEquals":             {kind: kindNumeric, order: equal},
	"NumericNotEquals":          {kind: kindNumeric, order: equal, negated: true},
	"NumericLessThan":           {kind: kindNumeric, order: less},
	"NumericLessThanEquals":     {kind: kindNumeric, order: less | equal},
	"NumericGreaterThan":        {kind: kindNumeric, order: greater},
	"NumericGreaterThanEquals":  {kind: kindNumeric, order: greater | equal},
	"DateEquals":                {kind: kindDate, order: equal},
	"DateNotEquals":             {kind: kindDate, order: equal, negated: true},
	"DateLessThan":              {kind: kindDate, order: less},
	"DateLessThanEquals":        {kind: kindDate, order: less | equal},
	"DateGreaterThan":           {kind: kindDate, order: greater},
	"DateGreaterThanEquals":     {kind: kindDate, order: greater | equal},
	"Bool":                      {kind: kindBool},
	"BinaryEquals":              {kind: kindBinary},
	"IpAddress":                 {kind: kindIP},
	"NotIpAddress":              {kind: kindIP, negated: true},
	"ArnEquals":                 {kind: kindARN},
	"ArnLike":                   {kind: kindARN},
	"ArnNotEquals":              {kind: kindARN, negated: true},
	"ArnNotLike":                {kind: kindARN, negated: true},
	"Null":                      {kind: kindNull},
}

// parseOperator reads "ForAnyValue:StringLikeIfExists". Case matters.
func parseOperator(text string) (operator, error) {
	quantifier, name := anyOfOne, text
	if set, rest, ok := strings.Cut(text, ":"); ok {
		switch set {
		case "ForAllValues":
			quantifier = forAll
		case "ForAnyValue":
			quantifier = forAnyOne
		default:
			return operator{}, fmt.Errorf("%q is no set operator: want ForAllValues or ForAnyValue", set)
		}
		name = rest
	}
	name, ifExists := strings.CutSuffix(name, "IfExists")
	op, ok := operators[name]
	if !ok || op.kind == kindNull && (ifExists || quantifier != anyOfOne) {
		return operator{}, fmt.Errorf("%q is no condition operator%s", text, suggestOperator(name))
	}
	op.ifExists, op.quantifier = ifExists, quantifier
	return op, nil
}

// suggestOperator offers the operator that differs in case only.
func suggestOperator(name string) string {
	for known := range operators {
		if strings.EqualFold(known, name) {
			return fmt.Sprintf(": its operator is spelt %q", known)
		}
	}
	return ""
}
