package pointfile

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// columns are the names of a file's columns, as it has them, and where the place is.
type columns struct {
	names    []string
	lat, lng int
}

// places are the names that data sets use for columns of a place.
var places = map[string]string{
	"lat": "lat", "latitude": "lat", "lng": "lng", "lon": "lng", "long": "lng", "longitude": "lng",
}

// ReadCSV reads records from r. It stops at the first error that is no [*RecordError].
func ReadCSV(r io.Reader) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		c := csv.NewReader(r)
		c.FieldsPerRecord = -1 // a short line is that line's fault, not the file's
		c.ReuseRecord = true
		cols, err := readHeader(c)
		if err != nil {
			yield(Record{}, err)
			return
		}
		for {
			row, err := c.Read()
			if err == io.EOF {
				return
			}
			if !yield(cols.record(c, row, err)) || fatal(err) {
				return
			}
		}
	}
}

// fatal reports whether reading cannot go on: encoding/csv recovers from its own
// errors at the next line, but not from those of the reader below it.
func fatal(err error) bool {
	var syntax *csv.ParseError
	return err != nil && !errors.As(err, &syntax)
}

func readHeader(c *csv.Reader) (columns, error) {
	header, err := c.Read()
	if err != nil {
		return columns{}, fmt.Errorf("pointfile: header: %w", err)
	}
	cols := columns{lat: -1, lng: -1}
	for i, name := range header {
		name = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
		cols.names = append(cols.names, name)
		switch places[strings.ToLower(name)] {
		case "lat":
			cols.lat = i
		case "lng":
			cols.lng = i
		}
	}
	if cols.lat < 0 || cols.lng < 0 {
		return columns{}, errors.New("pointfile: the header line has no columns of latitude and longitude")
	}
	return cols, nil
}

func (cols columns) record(c *csv.Reader, row []string, err error) (Record, error) {
	if fatal(err) {
		return Record{}, fmt.Errorf("pointfile: %w", err)
	}
	if err != nil {
		var syntax *csv.ParseError
		errors.As(err, &syntax)
		return Record{}, &RecordError{Line: syntax.StartLine, Reason: fmt.Errorf("%w: %w", ErrSyntax, syntax.Err)}
	}
	r := Record{Properties: map[string]any{}}
	r.Line, _ = c.FieldPos(0)
	for i, name := range cols.names {
		if i != cols.lat && i != cols.lng && i < len(row) && row[i] != "" {
			r.Properties[name] = strings.TrimSpace(row[i])
		}
	}
	if len(row) <= max(cols.lat, cols.lng) {
		return Record{}, &RecordError{Line: r.Line, Reason: fmt.Errorf("%w: the line is too short", ErrLocation)}
	}
	if r.Location.Lat, err = parseDegrees(row[cols.lat]); err == nil {
		r.Location.Lng, err = parseDegrees(row[cols.lng])
	}
	if err == nil {
		err = checkLocation(r.Location)
	}
	if err != nil {
		return Record{}, &RecordError{Line: r.Line, Reason: err}
	}
	return r, nil
}
