package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/askaround/askaround-go/geoindex"
)

// feature is a GeoJSON Feature of a point.
type feature struct {
	Type       string         `json:"type"`
	ID         string         `json:"id"`
	Geometry   geometry       `json:"geometry"`
	Properties map[string]any `json:"properties"`
}

type geometry struct {
	Type        string     `json:"type"`
	Coordinates [2]float64 `json:"coordinates"` // longitude first
}

func runExport(ctx context.Context, p *program, args []string) (err error) {
	set := p.flags("export", "")
	flags := addTableFlags(set)
	name := set.String("o", "", "`file` to write: .ndjson has a Feature a line, .geojson a FeatureCollection (default: lines to the standard output)")
	if _, err := parse(set, args, 0); err != nil {
		return err
	}
	table, client, err := flags.open(ctx, p)
	if err != nil {
		return err
	}
	out := p.stdout
	if *name != "" {
		f, err := os.Create(*name)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	w := bufio.NewWriter(out)
	e := exporter{table: table, client: client, out: w, collection: strings.HasSuffix(*name, "json") && !strings.HasSuffix(*name, ".ndjson")}
	n, err := e.run(ctx)
	if err == nil {
		err = w.Flush()
	}
	fmt.Fprintf(p.stderr, "%d points written\n", n)
	return err
}

// exporter writes a whole table, expired items that are still there included.
type exporter struct {
	table      *geoindex.Table
	client     geoindex.DynamoDB
	out        io.Writer
	collection bool
	written    int
}

func (e *exporter) run(ctx context.Context) (int, error) {
	if e.collection {
		fmt.Fprint(e.out, `{"type":"FeatureCollection","features":[`, "\n")
	}
	in := &dynamodb.ScanInput{TableName: aws.String(e.table.Name())}
	for more := true; more; more = len(in.ExclusiveStartKey) > 0 {
		page, err := e.client.Scan(ctx, in)
		if err != nil {
			return e.written, fmt.Errorf("read table %s: %w", e.table.Name(), geoindex.Classify(err))
		}
		for _, item := range page.Items {
			p, err := e.table.ParseItem(item)
			if err != nil {
				return e.written, err
			}
			if err := e.write(p); err != nil {
				return e.written, err
			}
		}
		in.ExclusiveStartKey = page.LastEvaluatedKey
	}
	if e.collection {
		fmt.Fprint(e.out, "]}\n") // a bufio.Writer keeps its error for Flush
	}
	return e.written, nil
}

func (e *exporter) write(p geoindex.Point) error {
	text, err := json.Marshal(feature{
		Type: "Feature", ID: p.Key.ID, Properties: fromAttributes(p.Attributes),
		Geometry: geometry{"Point", [2]float64{p.Location.Lng, p.Location.Lat}},
	})
	if err != nil {
		return err
	}
	if e.collection && e.written > 0 {
		fmt.Fprint(e.out, ",\n")
	}
	e.written++
	if _, err = e.out.Write(text); err == nil && !e.collection {
		_, err = e.out.Write([]byte("\n"))
	}
	return err
}
