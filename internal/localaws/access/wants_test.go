package access

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWants(t *testing.T) {
	const table = "arn:aws:dynamodb:us-east-1:000000000000:table/"
	for _, tt := range []struct {
		name, target, body string
		want               []Request
	}{
		{"a table", "DynamoDB_20120810.PutItem", `{"TableName":"T"}`, []Request{{Action: "dynamodb:PutItem", Resource: table + "T"}}},
		{"a table by its ARN", "DynamoDB_20120810.PutItem", `{"TableName":"arn:aws:dynamodb:eu-west-1:1:table/T"}`, []Request{{Action: "dynamodb:PutItem", Resource: "arn:aws:dynamodb:eu-west-1:1:table/T"}}},
		{"an index", "DynamoDB_20120810.Query", `{"TableName":"T","IndexName":"I"}`, []Request{{Action: "dynamodb:Query", Resource: table + "T/index/I"}}},
		{"a batch", "DynamoDB_20120810.BatchWriteItem", `{"RequestItems":{"B":[],"A":[]}}`, []Request{
			{Action: "dynamodb:BatchWriteItem", Resource: table + "A"}, {Action: "dynamodb:BatchWriteItem", Resource: table + "B"}}},
		{"a transaction needs what its parts need", "DynamoDB_20120810.TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"A"}},{"ConditionCheck":{"TableName":"B"}}]}`, []Request{
			{Action: "dynamodb:PutItem", Resource: table + "A"}, {Action: "dynamodb:ConditionCheckItem", Resource: table + "B"}}},
		{"a part that does not exist", "DynamoDB_20120810.TransactWriteItems", `{"TransactItems":[{"Burn":{"TableName":"A"}}]}`, []Request{{Action: "dynamodb:", Resource: table + "A"}}},
		{"both, so that one cannot hide the other", "DynamoDB_20120810.PutItem", `{"TableName":"T","RequestItems":{"A":[]}}`, []Request{
			{Action: "dynamodb:PutItem", Resource: table + "A"}, {Action: "dynamodb:PutItem", Resource: table + "T"}}},
		{"no table", "DynamoDB_20120810.ListTables", `{}`, []Request{{Action: "dynamodb:ListTables", Resource: "*"}}},
		{"no JSON", "DynamoDB_20120810.PutItem", `{"TableName":`, []Request{{Action: "dynamodb:PutItem", Resource: "*"}}},
		{"streams", "DynamoDBStreams_20120810.GetRecords", `{}`, []Request{{Action: "dynamodb:GetRecords", Resource: "*"}}},
		{"another service", "AmazonSQS.SendMessage", `{"TableName":"T"}`, []Request{{Action: "sqs:SendMessage", Resource: "*"}}},
		{"nothing", "", ``, []Request{{Action: "dynamodb:", Resource: "*"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Options{Region: "us-east-1", AccountID: "000000000000"}.wants(tt.target, []byte(tt.body))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
