package places

import (
	"bytes"
	_ "embed"
	"fmt"
	"iter"
	"os"
	"strings"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/geoindex/pointfile"
)

//go:embed places.csv
var bundled []byte

// Bundled returns the bundled places, over two hundred in five cities on four
// continents, each with a question; every fourth asks for a place in answer. Names and
// coordinates are facts, gathered by hand, within about a hundred metres.
func Bundled() ([]Record, error) {
	var records []Record
	for r, err := range ReadCSV(bytes.NewReader(bundled)) {
		if err != nil {
			return nil, fmt.Errorf("places: bundled list: %w", err)
		}
		if len(records)%4 == 3 {
			r.Kind = askaround.KindGeo
			r.Question = strings.Replace(r.Question, "How is ", "Where is the best coffee near ", 1)
			r.Question = strings.Replace(r.Question, " right now?", "?", 1)
		}
		records = append(records, r)
	}
	return records, nil
}

// Open opens the file name, in a format of pointfile, and reads it. The caller closes the
// file.
func Open(name string) (*os.File, iter.Seq2[Record, error], error) {
	f, points, err := pointfile.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("places: %w", err)
	}
	return f, questions(points), nil
}
