package places

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/geoindex/pointfile"
)

// A Record is one question to ask.
type Record struct {
	Line     int // of the input, from 1
	Question string
	Kind     askaround.Kind
	Location askaround.Location
	// Answers are given to the question, each by another account. Imported files have none.
	Answers []askaround.Value
}

// RecordError says why one record of the input cannot be used.
type RecordError = pointfile.RecordError

// Reasons of a RecordError, besides those of pointfile.
var (
	ErrQuestion = errors.New("no usable question")
	ErrKind     = errors.New("kind is neither star nor geo")
)

// ReadCSV reads records from r. It stops at the first error that is no [*RecordError].
func ReadCSV(r io.Reader) iter.Seq2[Record, error] { return questions(pointfile.ReadCSV(r)) }

// questions makes a record of each point.
func questions(points iter.Seq2[pointfile.Record, error]) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for p, err := range points {
			var r Record
			if err == nil {
				r, err = question(p)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// question checks the text's length so that it is reported with its line, before
// anything is sent.
func question(p pointfile.Record) (Record, error) {
	bad := func(reason error) (Record, error) { return Record{}, &RecordError{Line: p.Line, Reason: reason} }
	kind := askaround.Kind(strings.ToLower(property(p, "kind")))
	switch kind {
	case "":
		kind = askaround.KindStar
	case askaround.KindStar, askaround.KindGeo:
	default:
		return bad(fmt.Errorf("%w: %q", ErrKind, kind))
	}
	text := property(p, "question")
	if name := property(p, "name"); text == "" && name != "" {
		text = questionAbout(name, kind)
	}
	if err := checkText(text); err != nil {
		return bad(err)
	}
	return Record{Line: p.Line, Question: text, Kind: kind, Location: askaround.Location{Lat: p.Location.Lat, Lng: p.Location.Lng}}, nil
}

// property finds a column under its name, in any case if there is none as it is.
func property(p pointfile.Record, name string) string {
	if s := p.Text(name); s != "" {
		return s
	}
	for _, have := range slices.Sorted(maps.Keys(p.Properties)) {
		if strings.EqualFold(have, name) {
			return p.Text(have)
		}
	}
	return ""
}

func questionAbout(name string, kind askaround.Kind) string {
	if kind == askaround.KindGeo {
		return "Where is the best coffee near " + name + "?"
	}
	return "How is " + name + " right now?"
}
