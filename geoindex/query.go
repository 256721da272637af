package geoindex

import (
	"context"
	"encoding/binary"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// page is one response of DynamoDB.
type page struct {
	items   []map[string]types.AttributeValue
	scanned int
	units   float64
}

func (s *Stats) add(p page) {
	s.Queries++
	s.ItemsRead += p.scanned
	s.ReadUnits += p.units
}

// query reads all pages of one range.
func (s *search) query(ctx context.Context, r keyRange, pages chan<- page) error {
	in, err := s.queryInput(r)
	if err != nil {
		return err
	}
	for {
		out, err := s.table.client.Query(ctx, in)
		if err != nil {
			return err
		}
		p := page{items: out.Items, scanned: int(out.ScannedCount)}
		if out.ConsumedCapacity != nil {
			p.units = aws.ToFloat64(out.ConsumedCapacity.CapacityUnits)
		}
		select {
		case pages <- p:
		case <-ctx.Done():
			return ctx.Err()
		}
		if len(out.LastEvaluatedKey) == 0 {
			return nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

func (s *search) queryInput(r keyRange) (*dynamodb.QueryInput, error) {
	// A leaf's items begin with its 8 bytes and go on: those of max lie below the 8
	// bytes of max+1, which is no leaf and has no items.
	lo := binary.BigEndian.AppendUint64(nil, uint64(r.min))
	hi := binary.BigEndian.AppendUint64(nil, uint64(r.max)+1)
	b := expression.NewBuilder().WithKeyCondition(expression.KeyAnd(
		expression.Key(partitionKey).Equal(expression.Value(r.partition.Token())),
		expression.Key(sortKey).Between(expression.Value(lo), expression.Value(hi)),
	))
	if filter, ok := s.filter(); ok {
		b = b.WithFilter(filter)
	}
	if names := s.options.Projection; names != nil {
		b = b.WithProjection(projection(names))
	}
	e, err := build(b)
	if err != nil {
		return nil, err
	}
	return &dynamodb.QueryInput{
		TableName:                 &s.table.name,
		KeyConditionExpression:    e.KeyCondition(),
		FilterExpression:          e.Filter(),
		ProjectionExpression:      e.Projection(),
		ExpressionAttributeNames:  e.Names(),
		ExpressionAttributeValues: e.Values(),
		ConsistentRead:            &s.options.ConsistentRead,
		ReturnConsumedCapacity:    types.ReturnConsumedCapacityTotal,
	}, nil
}

// filter joins the caller's filter and the one against expired items.
func (s *search) filter() (filter expression.ConditionBuilder, ok bool) {
	alive, expires := s.table.alive()
	switch own := s.options.Filter.IsSet(); {
	case own && expires:
		return alive.And(s.options.Filter), true
	case own:
		return s.options.Filter, true
	default:
		return alive, expires
	}
}

// projection adds what ParseItem needs to the caller's names.
func projection(names []string) expression.ProjectionBuilder {
	p := expression.NamesList(expression.Name(sortKey), expression.Name(location))
	for _, name := range names {
		p = p.AddNames(expression.Name(name))
	}
	return p
}
