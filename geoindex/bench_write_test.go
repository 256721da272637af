package geoindex

import (
	"fmt"
	"iter"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// writePoint is the i-th of a stream of small items.
func writePoint(i int) Point {
	at := LatLng{float64(i*7919%170) - 85 + float64(i%1000)/1e4, float64(i*104729%360) - 180}
	return NewPoint(at, fmt.Sprintf("user%06d", i), map[string]types.AttributeValue{"text": text("Where is the best coffee?")})
}

// BenchmarkWrite puts points into an engine in this process: one by one, in batches, and,
// for what it costs, into a table of dynamodb-geo's layout with its local index.
func BenchmarkWrite(b *testing.B) {
	b.Run("put", func(b *testing.B) {
		table := created(b, newEngine(b))
		i := 0
		for b.Loop() {
			if err := table.Put(b.Context(), writePoint(i)); err != nil {
				b.Fatal(err)
			}
			i++
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "puts/s")
	})
	b.Run("batch", func(b *testing.B) {
		table := created(b, newEngine(b))
		result, err := table.PutBatch(b.Context(), looping(b))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(result.Done)/b.Elapsed().Seconds(), "puts/s")
		b.ReportMetric(result.Units/float64(result.Done), "write_units/put")
	})
	b.Run("put with a local index", benchmarkLSI)
}

// looping yields a point for each round of the benchmark.
func looping(b *testing.B) iter.Seq[Point] {
	return func(yield func(Point) bool) {
		for i := 0; b.Loop(); i++ {
			if !yield(writePoint(i)) {
				return
			}
		}
	}
}

func benchmarkLSI(b *testing.B) {
	client := newEngine(b)
	schema := keySchema("hashKey", "geohash")
	_, err := client.CreateTable(b.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("geo"), BillingMode: types.BillingModePayPerRequest, KeySchema: keySchema("hashKey", "rangeKey"),
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("hashKey"), AttributeType: types.ScalarAttributeTypeN},
			{AttributeName: aws.String("rangeKey"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("geohash"), AttributeType: types.ScalarAttributeTypeN},
		},
		LocalSecondaryIndexes: []types.LocalSecondaryIndex{{
			IndexName: aws.String("geohash-index"), KeySchema: schema, Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}},
	})
	if err != nil {
		b.Fatal(err)
	}
	units, i := 0.0, 0
	for b.Loop() {
		p := writePoint(i)
		id := strconv.FormatInt(int64(p.Key.Cell), 10)
		out, err := client.PutItem(b.Context(), &dynamodb.PutItemInput{
			TableName: aws.String("geo"), ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
			Item: map[string]types.AttributeValue{
				"hashKey": &types.AttributeValueMemberN{Value: id[:5]}, "geohash": &types.AttributeValueMemberN{Value: id},
				"rangeKey": text(p.Key.ID), "text": p.Attributes["text"],
				"geoJson": text(fmt.Sprintf(`{"type":"POINT","coordinates":[%g,%g]}`, p.Location.Lng, p.Location.Lat)),
			},
		})
		if err != nil {
			b.Fatal(err)
		}
		units += aws.ToFloat64(out.ConsumedCapacity.CapacityUnits)
		i++
	}
	b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "puts/s")
	b.ReportMetric(units/float64(i), "write_units/put")
}
