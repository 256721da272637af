// Package attr holds DynamoDB's attribute values: the types, the exact 38-digit
// numbers, their JSON on the wire, their order in keys and their sizes.
package attr
