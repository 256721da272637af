package pointfile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/planar"

	"github.com/askaround/askaround-go/geoindex"
)

// ReadGeoJSON reads records from r: a FeatureCollection, or Features one after the
// other. It holds one feature at a time. It stops at the first error that is no
// [*RecordError].
func ReadGeoJSON(r io.Reader) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		lines := &lineCounter{r: bufio.NewReader(r)}
		d := json.NewDecoder(lines)
		inside, err := openFeatures(d, lines)
		for err == nil && (!inside || d.More()) {
			var raw json.RawMessage
			if err = d.Decode(&raw); err != nil {
				break
			}
			line := lines.at(d.InputOffset() - int64(len(raw)))
			if !yield(readFeature(raw, line)) {
				return
			}
		}
		if err == nil {
			_, err = d.Token() // the end of the array, or of a text that was cut off
		} else if err == io.EOF && !inside && d.InputOffset() > 0 {
			err = nil // the end of Features one after the other
		}
		if err != nil {
			yield(Record{}, fmt.Errorf("pointfile: line %d: %w", lines.at(d.InputOffset()), err))
		}
	}
}

// ReadGeoJSONLines reads records from r: one Feature a line, as RFC 8142 has them, its
// separators allowed. A broken line is that line's fault alone.
func ReadGeoJSONLines(r io.Reader) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		s := bufio.NewScanner(r)
		s.Buffer(nil, 64<<20) // features are whole countries at times
		line := 0
		for s.Scan() {
			line++
			raw := bytes.Trim(s.Bytes(), "\x1e \t\r")
			if len(raw) > 0 && !yield(readFeature(raw, line)) {
				return
			}
		}
		if err := s.Err(); err != nil {
			yield(Record{}, fmt.Errorf("pointfile: line %d: %w", line+1, err))
		}
	}
}

// openFeatures moves d to the first feature and reports whether it is inside of a
// collection's array. A collection starts with "{" and has a member "features"; text in
// which the first value is a Feature itself is read value by value.
func openFeatures(d *json.Decoder, lines *lineCounter) (inside bool, err error) {
	head, err := lines.peek(512)
	if err != nil {
		return false, err
	}
	if featureFirst(head) {
		return false, nil
	}
	if tok, err := d.Token(); err != nil || tok != json.Delim('{') {
		return false, errors.Join(errors.New("not a GeoJSON object"), err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return false, err
		}
		if name != "features" {
			if err := d.Decode(new(json.RawMessage)); err != nil {
				return false, err
			}
			continue
		}
		if tok, err := d.Token(); err != nil || tok != json.Delim('[') {
			return false, errors.Join(errors.New(`"features" is not an array`), err)
		}
		return true, nil
	}
	return false, errors.New(`neither a FeatureCollection nor a Feature`)
}

// featureFirst reports whether the text begins with an object of type Feature.
func featureFirst(head []byte) bool {
	i := bytes.Index(head, []byte(`"Feature"`))
	j := bytes.Index(head, []byte(`"features"`))
	return i >= 0 && (j < 0 || i < j)
}

func readFeature(raw []byte, line int) (Record, error) {
	feature, err := geojson.UnmarshalFeature(raw)
	if err != nil {
		return Record{}, &RecordError{Line: line, Reason: fmt.Errorf("%w: %w", ErrSyntax, err)}
	}
	if feature.Geometry == nil {
		return Record{}, &RecordError{Line: line, Reason: fmt.Errorf("%w: the feature has no geometry", ErrLocation)}
	}
	at, ok := feature.Geometry.(orb.Point)
	if !ok {
		at, _ = planar.CentroidArea(feature.Geometry)
	}
	r := Record{Line: line, Location: geoindex.LatLng{Lat: at.Lat(), Lng: at.Lon()}, ID: feature.ID, Properties: feature.Properties}
	if err := checkLocation(r.Location); err != nil {
		return Record{}, &RecordError{Line: line, Reason: err}
	}
	return r, nil
}

// lineCounter remembers where lines end, so that an offset in the text becomes a line.
// Offsets are asked for in rising order; what lies behind the last is forgotten.
type lineCounter struct {
	r    *bufio.Reader
	read int64   // bytes handed out
	ends []int64 // offsets of the line feeds not yet passed
	line int     // lines passed
}

func (l *lineCounter) peek(n int) ([]byte, error) {
	head, err := l.r.Peek(n)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return head, err
}

func (l *lineCounter) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			l.ends = append(l.ends, l.read+int64(i))
		}
	}
	l.read += int64(n)
	return n, err
}

// at returns the line, from 1, of the byte at offset.
func (l *lineCounter) at(offset int64) int {
	passed := 0
	for passed < len(l.ends) && l.ends[passed] < offset {
		passed++
	}
	l.ends = l.ends[passed:]
	l.line += passed
	return l.line + 1
}
