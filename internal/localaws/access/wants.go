package access

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// body is what requests of DynamoDB say about tables.
type body struct {
	TableName     string
	IndexName     string
	RequestItems  map[string]json.RawMessage              // BatchGetItem, BatchWriteItem
	TransactItems []map[string]struct{ TableName string } // TransactGetItems, TransactWriteItems
}

// transacted are the actions that the parts of a transaction need.
var transacted = map[string]string{
	"Get": "GetItem", "Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem",
}

// wants takes a request apart: "DynamoDB_20120810.PutItem" and its body. What it does not
// understand needs the action on "*".
func (o Options) wants(target string, text []byte) []Request {
	service, operation, _ := strings.Cut(target, ".")
	switch {
	case service == "AmazonSQS":
		return []Request{{Action: "sqs:" + operation, Resource: "*"}}
	case !strings.HasPrefix(service, "DynamoDB_"):
		return []Request{{Action: "dynamodb:" + operation, Resource: "*"}} // Streams has the same prefix of actions
	}
	var b body
	if json.Unmarshal(text, &b) != nil {
		b = body{} // the service says what is wrong with it
	}
	var all []Request
	for _, table := range slices.Sorted(maps.Keys(b.RequestItems)) {
		all = append(all, Request{Action: "dynamodb:" + operation, Resource: o.table(table)})
	}
	for _, part := range b.TransactItems {
		for _, kind := range slices.Sorted(maps.Keys(part)) {
			all = append(all, Request{Action: "dynamodb:" + transacted[kind], Resource: o.table(part[kind].TableName)})
		}
	}
	switch {
	case b.TableName != "" && b.IndexName != "":
		all = append(all, Request{Action: "dynamodb:" + operation, Resource: o.table(b.TableName) + "/index/" + b.IndexName})
	case b.TableName != "":
		all = append(all, Request{Action: "dynamodb:" + operation, Resource: o.table(b.TableName)})
	case len(all) == 0:
		all = append(all, Request{Action: "dynamodb:" + operation, Resource: "*"})
	}
	return all
}

// table is the ARN of a table that is given by its name or its ARN.
func (o Options) table(name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	return "arn:aws:dynamodb:" + o.Region + ":" + o.AccountID + ":table/" + name
}
