package geoindex_test

import (
	"context"
	"fmt"
	"log"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/internal/localaws"
)

// newClient returns a client of a DynamoDB in this process. For AWS it is
// dynamodb.NewFromConfig with the configuration of config.LoadDefaultConfig.
func newClient(ctx context.Context) (client *dynamodb.Client, done func()) {
	local, err := localaws.Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	return dynamodb.NewFromConfig(local.Config()), func() { _ = local.Close() }
}

func Example() {
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
	for name, at := range map[string]geoindex.LatLng{
		"Statue of Liberty": {Lat: 40.6892534, Lng: -74.0466891},
		"Brooklyn Bridge":   {Lat: 40.7061, Lng: -73.9969},
		"Central Park":      {Lat: 40.7826, Lng: -73.9656},
	} {
		attributes := map[string]types.AttributeValue{"country": &types.AttributeValueMemberS{Value: "USA"}}
		if err := table.Put(ctx, geoindex.NewPoint(at, name, attributes)); err != nil {
			log.Fatal(err)
		}
	}

	found := map[string]geoindex.Meters{}
	for hit, err := range table.Radius(ctx, geoindex.LatLng{Lat: 40.7033, Lng: -74.0170}, 5*geoindex.Mile) {
		if err != nil {
			log.Fatal(err)
		}
		found[hit.Key.ID] = hit.Distance()
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		fmt.Printf("%s: %.1f km\n", name, found[name]/1000)
	}
	// Output:
	// Brooklyn Bridge: 1.7 km
	// Statue of Liberty: 3.0 km
}

// A filter and a projection go to DynamoDB; statistics tell what the search cost.
func ExampleTable_Radius() {
	ctx := context.Background()
	client, done := newClient(ctx)
	defer done()
	table, err := geoindex.New(client, "questions")
	if err != nil {
		log.Fatal(err)
	}
	if err := table.Create(ctx); err != nil {
		log.Fatal(err)
	}
	at := geoindex.LatLng{Lat: 51.51, Lng: -0.13}
	for id, state := range map[string]string{"a": "open", "b": "closed", "c": "open"} {
		attributes := map[string]types.AttributeValue{
			"state": &types.AttributeValueMemberS{Value: state},
			"text":  &types.AttributeValueMemberS{Value: "Where is the best coffee?"},
		}
		if err := table.Put(ctx, geoindex.NewPoint(at, id, attributes)); err != nil {
			log.Fatal(err)
		}
	}

	var stats geoindex.Stats
	options := func(o *geoindex.SearchOptions) {
		o.Filter = expression.Name("state").Equal(expression.Value("open"))
		o.Projection = []string{"state"}
		o.Stats = &stats
	}
	for hit, err := range table.Radius(ctx, at, 5*geoindex.Mile, options) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(hit.Key, len(hit.Attributes))
	}
	fmt.Printf("%d of %d items\n", stats.Items, stats.ItemsRead)
	// Unordered output:
	// 487604d21ca04f17-a 1
	// 487604d21ca04f17-c 1
	// 2 of 3 items
}

// An item is addressed by its key, without its coordinates.
func ExampleParseKey() {
	key, err := geoindex.ParseKey("487604d21ca04f17-jbeswick-1589202456")
	if err != nil {
		log.Fatal(err)
	}
	center := key.Cell.Center()
	fmt.Printf("%s at %.5f,%.5f\n", key.ID, center.Lat, center.Lng)

	_, err = geoindex.ParseKey("487604ce-x")
	fmt.Println(err)
	// Output:
	// jbeswick-1589202456 at 51.51000,-0.13000
	// geoindex: invalid: "487604ce-x" is not 16 hex digits, a hyphen and an id
}

// The cells around a place are the topics that a client subscribes to.
func ExampleCover() {
	cells, err := geoindex.Cover(geoindex.LatLng{Lat: 51.51, Lng: -0.13}, 5*geoindex.Mile, 10)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cells)
	// Output:
	// [487603 487605 48760f 487611 48761b 48761d]
}

func ExampleLatLng_Distance() {
	london := geoindex.LatLng{Lat: 51.5074, Lng: -0.1278}
	newYork := geoindex.LatLng{Lat: 40.7128, Lng: -74.0060}
	fmt.Printf("%.0f km, %.0f miles\n", london.Distance(newYork)/1000, london.Distance(newYork)/geoindex.Mile)
	// Output:
	// 5570 km, 3461 miles
}
