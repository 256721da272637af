package fence

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-lambda-go/events"

	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/geoindex/moving"
)

// StreamHandler is the handler of a stream of new and old images, for lambda.Start with
// ReportBatchItemFailures.
type StreamHandler func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error)

// Handler returns a handler that gives the events of each record to emit, in order. set
// is asked for each record, so that fences can be replaced while it runs. Where emit
// fails, or a record is not one of package moving, that record and those behind it come
// again.
func Handler(set func() *Set, emit func(context.Context, []Event) error) StreamHandler {
	return handle(func(_ context.Context, c Change) ([]Event, error) { return set().Evaluate(c), nil }, emit)
}

func handle[E any](evaluate func(context.Context, Change) ([]E, error), emit func(context.Context, []E) error) StreamHandler {
	return func(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		for _, record := range batch.Records {
			if err := one(ctx, record.Change, evaluate, emit); err != nil {
				failed := events.DynamoDBBatchItemFailure{ItemIdentifier: record.Change.SequenceNumber}
				return events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{failed}}, nil
			}
		}
		return events.DynamoDBEventResponse{}, nil
	}
}

func one[E any](ctx context.Context, record events.DynamoDBStreamRecord, evaluate func(context.Context, Change) ([]E, error), emit func(context.Context, []E) error) error {
	c, err := ChangeOf(record)
	if err != nil {
		return err
	}
	if c.Old != nil && c.New != nil && c.Old.Version == c.New.Version {
		return nil // other attributes changed
	}
	found, err := evaluate(ctx, c)
	if err != nil || len(found) == 0 {
		return err
	}
	return emit(ctx, found)
}

// ChangeOf reads a record of the stream of a table of package moving. A record of another
// layout, or without images, is a [geoindex.ErrCorrupt].
func ChangeOf(record events.DynamoDBStreamRecord) (Change, error) {
	id, ok := record.Keys["id"]
	if !ok || id.DataType() != events.DataTypeString || len(record.OldImage)+len(record.NewImage) == 0 {
		return Change{}, fmt.Errorf("%w: stream record %s has no id, or no images", geoindex.ErrCorrupt, record.SequenceNumber)
	}
	c := Change{Object: id.String()}
	var err error
	if c.Old, err = fixOf(record.OldImage); err == nil {
		c.New, err = fixOf(record.NewImage)
	}
	if err != nil {
		return Change{}, fmt.Errorf("stream record %s: %w", record.SequenceNumber, err)
	}
	return c, nil
}

func fixOf(image map[string]events.DynamoDBAttributeValue) (*Fix, error) {
	if len(image) == 0 {
		return nil, nil
	}
	l, located := image["l"]
	v, versioned := image["v"]
	if !located || !versioned || l.DataType() != events.DataTypeBinary || v.DataType() != events.DataTypeNumber {
		return nil, fmt.Errorf("%w: an image without location and version", geoindex.ErrCorrupt)
	}
	at, err := moving.DecodeLocation(l.Binary())
	if err != nil {
		return nil, err
	}
	version, err := strconv.ParseInt(v.Number(), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: version: %w", geoindex.ErrCorrupt, err)
	}
	return &Fix{at, version}, nil
}
