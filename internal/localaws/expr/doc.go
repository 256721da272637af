// Package expr parses and evaluates DynamoDB's expressions: conditions and
// filters, key conditions, updates and projections.
//
//	params, err := expr.NewParams(names, values)                   // of one request
//	c, err := expr.ParseCondition("ConditionExpression", src, params)
//	err = params.CheckUnused()                                     // after the last expression
//	ok := c.Eval(item)
//
// The grammar is DynamoDB's, complete: comparators, BETWEEN, IN, AND, OR, NOT,
// parentheses, the six functions of conditions and the two of updates, document
// paths, and SET, REMOVE, ADD and DELETE. An expression is parsed once into a
// small tree, which is immutable and safe for concurrent use; evaluating it
// allocates nothing but results.
//
// What is guaranteed:
//
//   - An update is computed wholly from the item as it was, which is not changed;
//     list indexes are those before the update.
//   - Numbers are exact. An operand that is missing or of a wrong type makes a
//     comparison false, except that <> is the opposite of =.
//   - What is refused, when parsed or applied, is a [*attr.ValidationError] in
//     DynamoDB's words. An error of syntax tells the token and its neighbours.
//     Of several errors the one is told that DynamoDB tells, where that is known:
//     syntax first, then functions and reserved words as they stand in the source,
//     then operands.
//
// What is not: of several errors in the actions of one update, which is told.
//
// Limits: 4,096 bytes, 300 operators and functions, 100 operands of IN, paths of
// 32 steps. The words and the grammar were compared with DynamoDB Local 1.25, on
// 72,000 random expressions, and with what is published of DynamoDB's answers;
// where the two differ, as for the two words that DynamoDB Local does not reserve
// (CONVERT and SIZE), the developer guide decides:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
package expr
