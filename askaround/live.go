package askaround

import (
	"fmt"

	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/geoindex"
)

// LiveTopics returns the geo topics that together carry every new question within
// radius of center, sorted. Discs of DefaultRadius have 4 to 14, 7.5 in the mean; one of
// MaxLiveRadius has at most 30. The topics reach beyond the disc: filter by distance.
//
// radius is more than 0 and up to MaxLiveRadius; 0 is DefaultRadius. Errors:
// [ErrInvalid] with the pointers /lat, /lng, /radius.
func LiveTopics(center Location, radius geoindex.Meters) ([]topic.Geo, error) {
	var f faults
	f.location("", center)
	radius = f.radius("/radius", radius, MaxLiveRadius)
	if err := f.err(); err != nil {
		return nil, err
	}
	cells, err := geoindex.Cover(center.LatLng(), radius, topic.CellLevel)
	if err != nil {
		return nil, fmt.Errorf("askaround: %w", err)
	}
	topics := make([]topic.Geo, len(cells))
	for i, cell := range cells {
		if topics[i], err = topic.NewGeo(cell.Token()); err != nil {
			return nil, fmt.Errorf("askaround: %w", err)
		}
	}
	return topics, nil
}

// geoTopic returns the topic of the cell that a question lies in.
func geoTopic(id QuestionID) (topic.Geo, error) {
	key, err := id.key()
	if err != nil {
		return topic.Geo{}, err
	}
	return topic.NewGeo(key.Cell.Parent(topic.CellLevel).Token())
}
