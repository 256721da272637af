package pointfile

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/askaround/askaround-go/geoindex"
)

// A Record is one point of a file.
type Record struct {
	Line     int // of the input, from 1
	Location geoindex.LatLng
	// ID is a GeoJSON feature's own: a string or a number. nil where there is none.
	ID any
	// Properties are text in CSV, and what JSON has in GeoJSON, numbers as float64.
	Properties map[string]any
}

// Text returns a property that is a text, without spaces around it; "" for others.
func (r Record) Text(name string) string {
	s, _ := r.Properties[name].(string)
	return strings.TrimSpace(s)
}

// RecordError says why one record of the input cannot be used.
type RecordError struct {
	Line   int // of the input, from 1
	Reason error
}

func (e *RecordError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Reason) }

// Unwrap returns the reason.
func (e *RecordError) Unwrap() error { return e.Reason }

// Reasons of a RecordError.
var (
	ErrLocation = errors.New("no usable location")
	ErrSyntax   = errors.New("not readable")
)

// ErrFormat reports a file name that says neither CSV nor GeoJSON.
var ErrFormat = errors.New("pointfile: the name must end in .csv, .geojson, .json, .geojsonl, .geojsons or .ndjson")

// Read reads r in the format that the ending of name says.
func Read(name string, r io.Reader) (iter.Seq2[Record, error], error) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return ReadCSV(r), nil
	case ".geojson", ".json":
		return ReadGeoJSON(r), nil
	case ".geojsonl", ".geojsons", ".ndjson":
		return ReadGeoJSONLines(r), nil
	}
	return nil, fmt.Errorf("%w: %s", ErrFormat, name)
}

// Open opens the file name and reads it. The caller closes the file.
func Open(name string) (*os.File, iter.Seq2[Record, error], error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("pointfile: %w", err)
	}
	records, err := Read(name, f)
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return f, records, nil
}

func parseDegrees(s string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%w: %q is not a number of degrees", ErrLocation, s)
	}
	return v, nil
}

func checkLocation(p geoindex.LatLng) error {
	if err := p.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrLocation, err)
	}
	return nil
}
