package rules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql"
)

// dynamoDB writes the payload into one attribute of an item.
type dynamoDB struct {
	client           DynamoDB
	table, operation *iotsql.Template
	hash             key
	sort             *key // nil where there is none
	payload          *iotsql.Template
}

// A key is an attribute of the primary key.
type key struct {
	name         string // of the JSON's fields: hashKey or rangeKey
	field, value *iotsql.Template
	number       bool
}

var errNoDynamoDB = fmt.Errorf("%w: this engine has no client of DynamoDB", ErrUnsupported)

func (e *Engine) newDynamoDB(body json.RawMessage, f *fields) (action, error) {
	var j struct {
		TableName     string  `json:"tableName"`
		RoleARN       string  `json:"roleArn"`
		Operation     string  `json:"operation"`
		HashKeyField  string  `json:"hashKeyField"`
		HashKeyValue  string  `json:"hashKeyValue"`
		HashKeyType   string  `json:"hashKeyType"`
		RangeKeyField *string `json:"rangeKeyField"`
		RangeKeyValue string  `json:"rangeKeyValue"`
		RangeKeyType  string  `json:"rangeKeyType"`
		PayloadField  *string `json:"payloadField"`
	}
	if err := decodeStrictly(body, &j); err != nil {
		return nil, err
	}
	if e.options.DynamoDB == nil {
		return nil, errNoDynamoDB
	}
	f.role(j.RoleARN)
	a := &dynamoDB{
		client: e.options.DynamoDB, table: f.template("tableName", j.TableName, true),
		hash:      f.key("hashKey", j.HashKeyField, j.HashKeyValue, j.HashKeyType),
		operation: f.template("operation", j.Operation, false), payload: f.optional("payloadField", j.PayloadField),
	}
	if text, ok := literalOf(a.operation); ok && text != "" && text != "INSERT" {
		f.errs = append(f.errs, fmt.Errorf("operation: %w: %.100q; there is INSERT", ErrUnsupported, text))
	}
	if j.RangeKeyField != nil {
		k := f.key("rangeKey", *j.RangeKeyField, j.RangeKeyValue, j.RangeKeyType)
		a.sort = &k
	} else if j.RangeKeyValue != "" || j.RangeKeyType != "" {
		f.fail("rangeKeyField", "is missing")
	}
	return a, nil
}

// literalOf is the text of a template without substitutions; nil is none.
func literalOf(t *iotsql.Template) (string, bool) {
	if t == nil {
		return "", false
	}
	return t.Literal()
}

func (f *fields) key(name, field, value, keyType string) key {
	f.oneOf(name+"Type", keyType, "STRING", "NUMBER")
	return key{
		name: name, number: keyType == "NUMBER",
		field: f.template(name+"Field", field, true), value: f.template(name+"Value", value, true),
	}
}

func (k *key) put(item map[string]types.AttributeValue, out *outgoing) error {
	name, err := out.expand(k.name+"Field", k.field)
	if err != nil {
		return err
	}
	value, err := out.expand(k.name+"Value", k.value)
	if err != nil {
		return err
	}
	if k.number {
		item[name] = &types.AttributeValueMemberN{Value: value}
	} else {
		item[name] = &types.AttributeValueMemberS{Value: value}
	}
	return nil
}

func (a *dynamoDB) kind() string { return "DynamoDBAction" }

func (a *dynamoDB) do(ctx context.Context, _ *Engine, out *outgoing) (table string, err error) {
	if table, err = out.expand("tableName", a.table); err != nil {
		return "", err
	}
	operation, err := out.expand("operation", a.operation)
	if err != nil {
		return table, err
	}
	if operation != "" && operation != "INSERT" {
		return table, fmt.Errorf("%w: operation %.100q", ErrUnsupported, operation)
	}
	item, err := a.item(out)
	if err != nil {
		return table, err
	}
	_, err = a.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(table), Item: item})
	return table, err
}

func (a *dynamoDB) item(out *outgoing) (map[string]types.AttributeValue, error) {
	field := "payload"
	if a.payload != nil {
		var err error
		if field, err = out.expand("payloadField", a.payload); err != nil {
			return nil, err
		}
	}
	item := map[string]types.AttributeValue{}
	if v, ok := out.value(); ok {
		item[field] = attribute(v)
	} else {
		item[field] = &types.AttributeValueMemberB{Value: out.payload}
	}
	for _, k := range []*key{&a.hash, a.sort} { // which hold where the payload's field is one of them
		if k == nil {
			continue
		}
		if err := k.put(item, out); err != nil {
			return nil, err
		}
	}
	return item, nil
}

// dynamoDBv2 writes each member of the payload into an attribute.
type dynamoDBv2 struct {
	client DynamoDB
	table  *iotsql.Template
}

func (e *Engine) newDynamoDBv2(body json.RawMessage, f *fields) (action, error) {
	var j struct {
		RoleARN string `json:"roleArn"`
		PutItem struct {
			TableName string `json:"tableName"`
		} `json:"putItem"`
	}
	if err := decodeStrictly(body, &j); err != nil {
		return nil, err
	}
	if e.options.DynamoDB == nil {
		return nil, errNoDynamoDB
	}
	f.role(j.RoleARN)
	return &dynamoDBv2{e.options.DynamoDB, f.template("putItem.tableName", j.PutItem.TableName, true)}, nil
}

func (a *dynamoDBv2) kind() string { return "DynamoDBv2Action" }

var errNoObject = errors.New("the outgoing payload is no JSON object, whose members would be attributes")

func (a *dynamoDBv2) do(ctx context.Context, _ *Engine, out *outgoing) (table string, err error) {
	if table, err = out.expand("putItem.tableName", a.table); err != nil {
		return "", err
	}
	v, ok := out.value()
	if !ok || v.Kind() != iotsql.Object {
		return table, errNoObject
	}
	item := map[string]types.AttributeValue{}
	for _, m := range v.Members() {
		item[m.Key] = attribute(m.Value)
	}
	_, err = a.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(table), Item: item})
	return table, err
}

// attribute is a value as DynamoDB has it.
func attribute(v iotsql.Value) types.AttributeValue {
	switch v.Kind() {
	case iotsql.Boolean:
		return &types.AttributeValueMemberBOOL{Value: v.Bool()}
	case iotsql.Int, iotsql.Decimal:
		return &types.AttributeValueMemberN{Value: v.Text()}
	case iotsql.String:
		return &types.AttributeValueMemberS{Value: v.Text()}
	case iotsql.Array:
		list := make([]types.AttributeValue, 0, len(v.Items()))
		for _, item := range v.Items() {
			list = append(list, attribute(item))
		}
		return &types.AttributeValueMemberL{Value: list}
	case iotsql.Object:
		members := make(map[string]types.AttributeValue, len(v.Members()))
		for _, m := range v.Members() {
			members[m.Key] = attribute(m.Value)
		}
		return &types.AttributeValueMemberM{Value: members}
	}
	return &types.AttributeValueMemberNULL{Value: true}
}
