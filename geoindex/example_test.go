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

// places is a table of seven places in New York.
func places(ctx context.Context, client *dynamodb.Client) *geoindex.Table {
	table, err := geoindex.New(client, "places", func(o *geoindex.Options) {
		o.CursorKey = []byte("known to all my servers")
		o.Workers = 1 // so that the examples of plans learn in order
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := table.Create(ctx); err != nil {
		log.Fatal(err)
	}
	for i, place := range []struct {
		name string
		at   geoindex.LatLng
	}{
		{"Statue of Liberty", geoindex.LatLng{Lat: 40.6892534, Lng: -74.0466891}},
		{"Brooklyn Bridge", geoindex.LatLng{Lat: 40.7061, Lng: -73.9969}},
		{"Grand Central", geoindex.LatLng{Lat: 40.7527, Lng: -73.9772}},
		{"Central Park", geoindex.LatLng{Lat: 40.7826, Lng: -73.9656}},
		{"High Line", geoindex.LatLng{Lat: 40.7480, Lng: -74.0048}},
		{"Coney Island", geoindex.LatLng{Lat: 40.5749, Lng: -73.9859}},
		{"Yankee Stadium", geoindex.LatLng{Lat: 40.8296, Lng: -73.9262}},
	} {
		attributes := map[string]types.AttributeValue{"visited": &types.AttributeValueMemberN{Value: fmt.Sprint(2016 + i)}}
		if err := table.Put(ctx, geoindex.NewPoint(place.at, place.name, attributes)); err != nil {
			log.Fatal(err)
		}
	}
	return table
}

// A region is made once, and cannot be wrong afterwards.
func ExampleTable_Search() {
	ctx := context.Background()
	client, done := newClient(ctx)
	defer done()
	table := places(ctx, client)

	broadway, err := geoindex.NewRoute([]geoindex.LatLng{{Lat: 40.7049, Lng: -74.0139}, {Lat: 40.7411, Lng: -73.9897}, {Lat: 40.7681, Lng: -73.9819}}, 1200)
	if err != nil {
		log.Fatal(err)
	}
	manhattan, err := geoindex.NewPolygon([]geoindex.LatLng{{Lat: 40.70, Lng: -74.02}, {Lat: 40.70, Lng: -74.00}, {Lat: 40.71, Lng: -73.97}, {Lat: 40.80, Lng: -73.92}, {Lat: 40.88, Lng: -73.93}})
	if err != nil {
		log.Fatal(err)
	}
	for _, region := range []geoindex.Region{broadway, manhattan} {
		fmt.Println(region)
		for hit, err := range table.Search(ctx, region, func(o *geoindex.SearchOptions) { o.Order = geoindex.Newest("visited") }) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println("-", hit.Key.ID)
		}
	}
	// Output:
	// route of 3 places from 40.7049,-74.0139, 1200 m wide on each side
	// - Grand Central
	// polygon of 5 edges in 1 rings from 40.7,-74.02
	// - Yankee Stadium
	// - Central Park
	// - Grand Central
	// - Brooklyn Bridge
}

// A cursor continues a search, in another process too, whatever is written in between.
func ExampleTable_Search_pages() {
	ctx := context.Background()
	client, done := newClient(ctx)
	defer done()
	table := places(ctx, client)

	battery := geoindex.LatLng{Lat: 40.7033, Lng: -74.0170}
	region, err := geoindex.NewDisc(battery, 25_000)
	if err != nil {
		log.Fatal(err)
	}
	cursor := ""
	for page := 1; ; page++ {
		fmt.Println("page", page)
		options := func(o *geoindex.SearchOptions) {
			o.Order, o.Limit = geoindex.ByDistance(battery), 3
			o.Cursor, o.Next = cursor, &cursor
		}
		for hit, err := range table.Search(ctx, region, options) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Printf("- %s, %.1f km\n", hit.Key.ID, hit.Distance()/1000)
		}
		if cursor == "" {
			break
		}
	}
	// Output:
	// page 1
	// - Brooklyn Bridge, 1.7 km
	// - Statue of Liberty, 3.0 km
	// - High Line, 5.1 km
	// page 2
	// - Grand Central, 6.4 km
	// - Central Park, 9.8 km
	// - Coney Island, 14.5 km
	// page 3
	// - Yankee Stadium, 16.0 km
}

// The nearest come first, as far as the loop goes.
func ExampleTable_Nearest() {
	ctx := context.Background()
	client, done := newClient(ctx)
	defer done()
	table := places(ctx, client)

	for hit, err := range table.Nearest(ctx, geoindex.LatLng{Lat: 40.7580, Lng: -73.9855}, 2) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s, %.1f km\n", hit.Key.ID, hit.Distance()/1000)
	}
	// Output:
	// Grand Central, 0.9 km
	// High Line, 2.0 km
}

func ExampleTable_Count() {
	ctx := context.Background()
	client, done := newClient(ctx)
	defer done()
	table := places(ctx, client)

	city, err := geoindex.NewRect(geoindex.LatLng{Lat: 40.5, Lng: -74.3}, geoindex.LatLng{Lat: 40.92, Lng: -73.7})
	if err != nil {
		log.Fatal(err)
	}
	n, err := table.Count(ctx, city)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n, "places in the", city)
	// Output:
	// 7 places in the rectangle from 40.5,-74.3 to 40.92,-73.7
}

// A plan tells what a search will do, and what it is expected to cost once something is
// known of the neighbourhood.
func ExampleTable_Explain() {
	ctx := context.Background()
	client, done := newClient(ctx)
	defer done()
	table := places(ctx, client)

	disc, err := geoindex.NewDisc(geoindex.LatLng{Lat: 40.7527, Lng: -73.9772}, 5*geoindex.Mile)
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		plan, err := table.Explain(disc)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(plan)
		for _, err := range table.Search(ctx, disc) {
			if err != nil {
				log.Fatal(err)
			}
		}
	}
	// Output:
	// disc of 8046.72 m around 40.7527,-73.9772
	// 6 queries of 47 cells in 1 partitions, without statistics
	//   89c3   89c2508280000001 to 89c250d2ffffffff    0 % inside
	//   89c3   89c2570080000001 to 89c25a7bffffffff   75 % inside
	//   89c3   89c25b8a00000001 to 89c25c757fffffff   27 % inside
	//   89c3   89c25e5300000001 to 89c25faf7fffffff   46 % inside
	//   89c3   89c2f58000000001 to 89c2f67affffffff   38 % inside
	//   89c3   89c2f79280000001 to 89c2f81d7fffffff   23 % inside
	// disc of 8046.72 m around 40.7527,-73.9772
	// 2 queries of 12 cells in 1 partitions, about 12 items, 1.1 read units
	//   89c3   89c2508000000001 to 89c25fafffffffff   13 % inside      11.7 items     0.6 units
	//   89c3   89c2f58000000001 to 89c2f87fffffffff    0 % inside       0.2 items     0.5 units
}

// A sample of points tells which level suits a table.
func ExampleAdvise() {
	var sample []geoindex.LatLng
	for i := range 1000 {
		sample = append(sample, geoindex.LatLng{Lat: 51.3 + 0.0004*float64(i), Lng: -0.5 + 0.0008*float64(i*7919%1000)})
	}
	advice, err := geoindex.Advise(sample, []geoindex.Meters{1_000, 5 * geoindex.Mile}, func(o *geoindex.AdviseOptions) {
		o.Items, o.WriteUnits = 1_000_000, 5_000
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(advice)
	// Output:
	// level 6, 128 cells, 3 shards; 55.3 % of the items in the hottest partition
	//   1000 m: 12.8 queries, 37.4 read units; 1000 items read, 1000 found
	//   8046.72 m: 36.4 queries, 2466.7 read units; 78667 items read, 71667 found
}
