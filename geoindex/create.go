package geoindex

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// CreateOptions configure Create.
type CreateOptions struct {
	// ReadUnits and WriteUnits provision throughput, of the table and of each of its
	// indexes, both or neither. Default: on demand.
	ReadUnits, WriteUnits int64
	// Stream is the view type of the table's stream; "" means no stream.
	Stream types.StreamViewType
	// Tags of the table.
	Tags map[string]string
	// DeletionProtection refuses to delete the table until it is switched off.
	DeletionProtection bool
}

func (o CreateOptions) validate() error {
	if o.ReadUnits < 0 || o.WriteUnits < 0 || (o.ReadUnits == 0) != (o.WriteUnits == 0) {
		return fmt.Errorf("%w: provision read and write units, both above zero, or neither", ErrInvalid)
	}
	if o.Stream != "" && !slices.Contains(o.Stream.Values(), o.Stream) {
		return fmt.Errorf("%w: stream view type %q", ErrInvalid, o.Stream)
	}
	return nil
}

// Create creates the table, waits until it can be used, and switches on the expiry of
// Options.TTLAttribute. A table that exists is an [ErrExists] and stays as it is. After
// another error the table may exist, perhaps without expiry.
//
// [Table.Template] has the same table for CloudFormation, and with it point-in-time
// recovery, for which DynamoDB has an operation of its own (UpdateContinuousBackups).
func (t *Table) Create(ctx context.Context, optFns ...func(*CreateOptions)) error {
	var o CreateOptions
	for _, fn := range optFns {
		fn(&o)
	}
	if err := o.validate(); err != nil {
		return err
	}
	if _, err := t.client.CreateTable(ctx, t.definition(o)); err != nil {
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
