// Package policy evaluates AWS IoT policies without AWS: it parses, builds, compiles,
// decides, explains, lints, derives and proves.
//
//	doc, err := policy.Parse(text)                // *SyntaxError with line and column
//	set, err := policy.Compile(doc)               // the union of all policies of a principal
//	bound := set.Bind(policy.Connection{ClientID: "sensor7", Thing: thing})
//	if bound.Publish("sensors/sensor7/t") != policy.Allowed { … }
//
// [Set.Evaluate] decides one [Request] in the vocabulary of the operation
// TestAuthorization; [Set.Bind] substitutes the variables of one connection, so that the
// decisions of every packet cost about a hundred nanoseconds and no allocation.
// [Set.Explain] says which statement decided and which nearly did.
//
// # What is guaranteed
//
// Rules which AWS documents are followed to the letter: explicit deny before allow before
// implicit deny; "*" and "?" over whole ARNs, slashes included; "+" and "#" as plain
// characters; all condition operators of IAM with IfExists, ForAllValues, ForAnyValue and
// Null; each variable just where it has a value. Substituted values are literal.
//
// Where AWS says nothing, the choice is the one that cannot open a door: a resource whose
// variable has no value matches nothing, and a NotResource, or a negated condition, with
// such a variable makes its statement match nothing. That is a trap in a Deny statement,
// on AWS as here; [Lint] finds it. A client ID with a wildcard is literal. A condition
// without set operator on a key of several values holds when one value matches, and a
// negated one when none does.
//
// Limits of lengths and rates are the gateway's to check. IAM's own policies are evaluated
// too, but this package knows the keys of AWS IoT only.
//
// The package imports the standard library only. Documents may be changed until they are
// compiled; [Set] and [Bound] are immutable and safe for concurrent use.
//
// AWS IoT policies: https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html.
// Conditions: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
package policy
