package moving_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/geoindex/moving"
	"github.com/askaround/askaround-go/internal/localaws"
)

func Example() {
	ctx := context.Background()
	local, err := localaws.Open(ctx) // for AWS, the configuration of config.LoadDefaultConfig
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = local.Close() }()
	table, err := moving.New(dynamodb.NewFromConfig(local.Config()), "fleet")
	if err != nil {
		log.Fatal(err)
	}
	if err := table.Create(ctx); err != nil {
		log.Fatal(err)
	}

	bus := moving.Position{ID: "bus-7", Location: geoindex.LatLng{Lat: 51.5074, Lng: -0.1278}, Version: 1}
	if err := table.Move(ctx, bus); err != nil {
		log.Fatal(err)
	}
	bus.Location, bus.Version = geoindex.LatLng{Lat: 51.5090, Lng: -0.1337}, 2
	if err := table.Move(ctx, bus); err != nil {
		log.Fatal(err)
	}
	late := moving.Position{ID: "bus-7", Location: geoindex.LatLng{Lat: 51.5080, Lng: -0.1300}, Version: 1}
	fmt.Println("late:", errors.Is(table.Move(ctx, late), moving.ErrLate))

	for hit, err := range table.Search(ctx, geoindex.LatLng{Lat: 51.5100, Lng: -0.1340}, 500) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s, %.0f m away, version %d\n", hit.ID, hit.Distance, hit.Version)
	}
	// Output:
	// late: true
	// bus-7, 113 m away, version 2
}
