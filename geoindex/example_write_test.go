package geoindex_test

import (
	"context"
	"fmt"
	"log"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/geoindex"
)

// Any number of points; what could not be written is told.
func ExampleTable_PutBatch() {
	ctx := context.Background()
	client, done := newClient(ctx)
	defer done()
	table, err := geoindex.New(client, "places")
	if err != nil {
		log.Fatal(err)
	}
	if err := table.Create(ctx); err != nil {
		log.Fatal(err)
	}
	var points []geoindex.Point
	for i := range 1000 {
		at := geoindex.LatLng{Lat: 50 + float64(i)/1000, Lng: 8}
		points = append(points, geoindex.NewPoint(at, fmt.Sprint(i), nil))
	}
	result, err := table.PutBatch(ctx, slices.Values(points))
	if err != nil {
		log.Fatal(err) // a *geoindex.BatchError has the keys that were not written
	}
	fmt.Println(result.Done, "points in", result.Requests, "requests")
	// Output:
	// 1000 points in 40 requests
}

// A move keeps the attributes and changes the key.
func ExampleTable_Move() {
	ctx := context.Background()
	client, done := newClient(ctx)
	defer done()
	table, err := geoindex.New(client, "places")
	if err != nil {
		log.Fatal(err)
	}
	if err := table.Create(ctx); err != nil {
		log.Fatal(err)
	}
	stall := geoindex.NewPoint(geoindex.LatLng{Lat: 51.5, Lng: -0.1}, "stall", map[string]types.AttributeValue{
		"sells": &types.AttributeValueMemberS{Value: "coffee"},
	})
	if err := table.Put(ctx, stall); err != nil {
		log.Fatal(err)
	}
	moved, err := table.Move(ctx, stall.Key, geoindex.LatLng{Lat: 51.6, Lng: -0.2})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stall.Key, "is", moved.Key, len(moved.Attributes))
	// Output:
	// 487604a41cf6ceed-stall is 48761752a3f6b10f-stall 1
}

// The newest around a place, in pages that stay right while questions come in.
func ExampleTable_Newest() {
	ctx := context.Background()
	client, done := newClient(ctx)
	defer done()
	table, err := geoindex.New(client, "questions", func(o *geoindex.Options) {
		o.FeedLevel, o.TimeAttribute, o.OwnerAttribute = 11, "askedAt", "user"
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := table.Create(ctx); err != nil {
		log.Fatal(err)
	}
	at := geoindex.LatLng{Lat: 51.51, Lng: -0.13}
	for i := range 5 {
		err := table.Put(ctx, geoindex.NewPoint(at, fmt.Sprintf("question-%d", i), map[string]types.AttributeValue{
			"askedAt": &types.AttributeValueMemberN{Value: fmt.Sprint(1589202456 + i)},
			"user":    &types.AttributeValueMemberS{Value: []string{"ann", "bob"}[i%2]},
		}))
		if err != nil {
			log.Fatal(err)
		}
	}
	var page geoindex.Position
	for range 2 {
		for item, err := range table.Newest(ctx, at, 5*geoindex.Mile, func(o *geoindex.FeedOptions) { o.Limit, o.After = 2, page }) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println(item.Key.ID)
			page = item.Position()
		}
		fmt.Println("--")
	}
	for item, err := range table.ByOwner(ctx, "bob") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("bob's", item.Key.ID)
	}
	// Output:
	// question-4
	// question-3
	// --
	// question-2
	// question-1
	// --
	// bob's question-3
	// bob's question-1
}
