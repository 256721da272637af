package moving

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/geoindex"
)

// Create creates the table and its index, on demand and with a stream of new and old
// images, as package fence reads it, and waits until it can be used. optFns change the
// request. A table that exists is a [geoindex.ErrExists] and stays as it is.
func (t *Table) Create(ctx context.Context, optFns ...func(*dynamodb.CreateTableInput)) error {
	in := t.definition()
	for _, fn := range optFns {
		fn(in)
	}
	if _, err := t.client.CreateTable(ctx, in); err != nil {
		var exists *types.ResourceInUseException
		if errors.As(err, &exists) {
			err = fmt.Errorf("%w: %w", geoindex.ErrExists, err)
		}
		return fmt.Errorf("moving: create table %s: %w", t.name, geoindex.Classify(err))
	}
	waiter := dynamodb.NewTableExistsWaiter(t.client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, 5*time.Second // local engines are ready at once
	})
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &t.name}, 5*time.Minute); err != nil {
		return fmt.Errorf("moving: wait for table %s: %w", t.name, err)
	}
	return nil
}

func (t *Table) definition() *dynamodb.CreateTableInput {
	return &dynamodb.CreateTableInput{
		TableName:   &t.name,
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(idKey), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String(cellPart), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String(cellSort), AttributeType: types.ScalarAttributeTypeB},
		},
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String(idKey), KeyType: types.KeyTypeHash}},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String(indexName),
			KeySchema: []types.KeySchemaElement{
				{AttributeName: aws.String(cellPart), KeyType: types.KeyTypeHash},
				{AttributeName: aws.String(cellSort), KeyType: types.KeyTypeRange},
			},
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}},
		StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages},
	}
}
