// Package expr parses and evaluates DynamoDB's expressions: conditions and
// filters, key conditions, updates and projections.
package expr
