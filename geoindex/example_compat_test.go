package geoindex_test

import (
	"context"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/geoindex"
)

// A table that the npm package dynamodb-geo reads and writes, too.
func ExampleCompatNPM() {
	ctx := context.Background()
	client, done := newClient(ctx)
	defer done()
	table, err := geoindex.New(client, "places", func(o *geoindex.Options) { o.Compat = geoindex.CompatNPM() })
	if err != nil {
		log.Fatal(err)
	}
	if err := table.Create(ctx); err != nil {
		log.Fatal(err)
	}
	at := geoindex.LatLng{Lat: 51.51, Lng: -0.13}
	if err := table.Put(ctx, geoindex.NewPoint(at, "statue", nil)); err != nil {
		log.Fatal(err)
	}
	name := table.Name()
	out, err := client.Scan(ctx, &dynamodb.ScanInput{TableName: &name})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Items[0]["hashKey"].(*types.AttributeValueMemberN).Value, out.Items[0]["geohash"].(*types.AttributeValueMemberN).Value)
	fmt.Println(out.Items[0]["geoJson"].(*types.AttributeValueMemberS).Value)
	for hit, err := range table.Radius(ctx, at, geoindex.Mile) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(hit.Key.ID, "at", hit.Location)
	}
	// Output:
	// 52 5221366118452580119
	// {"type":"POINT","coordinates":[-0.13,51.51]}
	// statue at 51.51,-0.13
}
