package geoindex

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// CreateOptions configure Create.
type CreateOptions struct {
	// ReadUnits and WriteUnits provision throughput, both or neither. Default: on demand.
	ReadUnits, WriteUnits int64
	// Stream is the view type of the table's stream; "" means no stream.
	Stream types.StreamViewType
	// Tags of the table.
	Tags map[string]string
}

// Create creates the table, waits until it can be used, and switches on the expiry of
// Options.TTLAttribute. A table that exists is an [ErrExists] and stays as it is. After
// another error the table may exist, perhaps without expiry.
func (t *Table) Create(ctx context.Context, optFns ...func(*CreateOptions)) error {
	var o CreateOptions
	for _, fn := range optFns {
		fn(&o)
	}
	if o.ReadUnits < 0 || o.WriteUnits < 0 || (o.ReadUnits == 0) != (o.WriteUnits == 0) {
		return fmt.Errorf("%w: provision read and write units, both above zero, or neither", ErrInvalid)
	}
	if _, err := t.client.CreateTable(ctx, t.createInput(o)); err != nil {
		if errorCode(err) == "ResourceInUseException" {
			err = fmt.Errorf("%w: %w", ErrExists, err)
		}
		return fmt.Errorf("geoindex: create table %s: %w", t.name, classify(err))
	}
	waiter := dynamodb.NewTableExistsWaiter(t.client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, 5*time.Second // local engines are ready at once
	})
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &t.name}, 5*time.Minute); err != nil {
		return fmt.Errorf("geoindex: wait for table %s: %w", t.name, err)
	}
	return t.enableTTL(ctx)
}

func (t *Table) createInput(o CreateOptions) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName:   &t.name,
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(partitionKey), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String(sortKey), AttributeType: types.ScalarAttributeTypeB},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(partitionKey), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String(sortKey), KeyType: types.KeyTypeRange},
		},
	}
	if o.ReadUnits > 0 {
		in.BillingMode = types.BillingModeProvisioned
		in.ProvisionedThroughput = &types.ProvisionedThroughput{ReadCapacityUnits: &o.ReadUnits, WriteCapacityUnits: &o.WriteUnits}
	}
	if o.Stream != "" {
		in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: o.Stream}
	}
	for k, v := range o.Tags {
		in.Tags = append(in.Tags, types.Tag{Key: &k, Value: &v})
	}
	return in
}

func (t *Table) enableTTL(ctx context.Context) error {
	if t.options.TTLAttribute == "" {
		return nil
	}
	_, err := t.client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName:               &t.name,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &t.options.TTLAttribute, Enabled: aws.Bool(true)},
	})
	if err != nil {
		return fmt.Errorf("geoindex: expiry of table %s: %w", t.name, classify(err))
	}
	return nil
}
