package places

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/askaround/askaround-go/askaround"
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
	ErrQuestion = errors.New("no usable question")
	ErrKind     = errors.New("kind is neither star nor geo")
	ErrSyntax   = errors.New("not readable")
)

// fields are a record before it is checked; get returns "" for what is missing.
type fields struct {
	line     int
	lat, lng float64
	get      func(name string) string
}

// record checks f. The text's length is checked here so that it is reported with its
// line, before anything is sent.
func (f fields) record() (Record, error) {
	bad := func(reason error) (Record, error) { return Record{}, &RecordError{Line: f.line, Reason: reason} }
	if !(math.Abs(f.lat) <= 90) || !(math.Abs(f.lng) <= 180) { // false for NaN as well
		return bad(fmt.Errorf("%w: %v, %v is not within ±90, ±180 degrees", ErrLocation, f.lat, f.lng))
	}
	kind := askaround.Kind(strings.ToLower(f.get("kind")))
	switch kind {
	case "":
		kind = askaround.KindStar
	case askaround.KindStar, askaround.KindGeo:
	default:
		return bad(fmt.Errorf("%w: %q", ErrKind, kind))
	}
	text := f.get("question")
	if name := f.get("name"); text == "" && name != "" {
		text = questionAbout(name, kind)
	}
	if err := checkText(text); err != nil {
		return bad(err)
	}
	return Record{Line: f.line, Question: text, Kind: kind, Location: askaround.Location{Lat: f.lat, Lng: f.lng}}, nil
}

func questionAbout(name string, kind askaround.Kind) string {
	if kind == askaround.KindGeo {
		return "Where is the best coffee near " + name + "?"
	}
	return "How is " + name + " right now?"
}

func parseDegrees(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%w: %q is not a number of degrees", ErrLocation, s)
	}
	return v, nil
}
