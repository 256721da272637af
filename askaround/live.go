package askaround

import (
	"errors"

	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/geoindex"
)

// LiveTopics returns the geo topics that together carry every new question within
// radius of center, sorted; for DefaultRadius at most nine. They carry questions of
// further away as well, so filter by distance.
func LiveTopics(center Location, radius geoindex.Meters) ([]topic.Geo, error) {
	return nil, errors.ErrUnsupported
}
