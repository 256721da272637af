package places

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// columns finds the wanted columns under the names that data sets use for them.
type columns map[string]int

var aliases = map[string]string{
	"latitude": "lat", "longitude": "lng", "lon": "lng", "long": "lng",
	"lat": "lat", "lng": "lng", "name": "name", "question": "question", "kind": "kind",
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
		return nil, fmt.Errorf("places: header: %w", err)
	}
	cols := columns{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		if known, ok := aliases[name]; ok {
			cols[known] = i
		}
	}
	for _, need := range []string{"lat", "lng"} {
		if _, ok := cols[need]; !ok {
			return nil, fmt.Errorf("places: the header line has no column %q", need)
		}
	}
	return cols, nil
}

func (cols columns) record(c *csv.Reader, row []string, err error) (Record, error) {
	if fatal(err) {
		return Record{}, fmt.Errorf("places: %w", err)
	}
	if err != nil {
		var syntax *csv.ParseError
		errors.As(err, &syntax)
		return Record{}, &RecordError{Line: syntax.StartLine, Reason: fmt.Errorf("%w: %w", ErrSyntax, syntax.Err)}
	}
	line, _ := c.FieldPos(0)
	get := func(name string) string {
		if i, ok := cols[name]; ok && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	f := fields{line: line, get: get}
	if f.lat, err = parseDegrees(get("lat")); err == nil {
		f.lng, err = parseDegrees(get("lng"))
	}
	if err != nil {
		return Record{}, &RecordError{Line: line, Reason: err}
	}
	return f.record()
}
