package geoindex

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Compat describes a table of dynamodb-geo, by whichever of its implementations it was
// made: names, and how places are written. A zero value means what the npm package
// dynamodb-geo 0.4.0 does without a configuration, but that needs a HashKeyLength of 2.
//
// Such a table keeps an item at its hash key, the first digits of the geohash, and its
// range key, the [Key].ID: the hash key follows from [Key].Cell, and two items of one id
// in cells of the same hash key are one item. Operations take a Key with any cell of the
// right hash key; what they return has the item's own. [Table.Get] tries the neighbouring
// cells' hash keys too, since nodes2ts puts places exactly on the edges of S2's cells, and
// the poles, into a neighbour.
//
// A local secondary index holds every item a second time: a write costs twice the units,
// a hash key holds at most 10 GB, and DynamoDB does not split it. There are no shards, no
// level and no feed.
//
// Searches ask for each hash key that the region meets. With long hash keys those of a wide
// region are too many, and so are those of a place near latitude -35.264, longitude -45,
// where ids have few digits: beyond 32,768 a search is an [ErrInvalid].
type Compat struct {
	HashKeyAttribute  string // default "hashKey"
	RangeKeyAttribute string // default "rangeKey"; a string
	GeohashAttribute  string // default "geohash"
	GeoJSONAttribute  string // default "geoJson"
	IndexName         string // default "geohash-index"

	// HashKeyLength is the number of digits of hash keys, 1 to 12. Default 2.
	HashKeyLength int
	// LatitudeFirst is the order of coordinates in the GeoJSON that is written. The order
	// that is read follows from the geohash.
	LatitudeFirst bool
	// PointType is the type of the GeoJSON that is written. Default "POINT".
	PointType string
	// JavaNumbers writes coordinates as Java does (51.0, 1.0E-5), not as JavaScript does
	// (51, 0.00001): the shortest digits, as of Java 19.
	JavaNumbers bool
	// Unsigned is for tables of dynamodb-geo for Python and of dyngeo, which write ids of
	// 2^63 and more as they are and not as negative numbers.
	Unsigned bool
	// EarthRadius is what [Table.Radius] takes radii for, and [Hit.Distance] of its table's
	// hits. Default [EarthRadius]; [CompatEarthRadius] is what dynamodb-geo takes.
	EarthRadius Meters
}

// CompatEarthRadius is the Earth's radius of dynamodb-geo, which makes its discs 0.063 %
// wider.
const CompatEarthRadius Meters = 6_367_000

// CompatNPM returns the layout of the npm package dynamodb-geo 0.4.0 without a
// configuration.
func CompatNPM() *Compat {
	return &Compat{HashKeyLength: 2, PointType: "POINT", EarthRadius: CompatEarthRadius}
}

// CompatJava returns the layout of dynamodb-geo 1.0.0 for Java without a configuration.
func CompatJava() *Compat {
	return &Compat{HashKeyLength: 6, LatitudeFirst: true, PointType: "Point", JavaNumbers: true, EarthRadius: CompatEarthRadius}
}

// scale is by how much the table's distances are less than those of [EarthRadius].
func (t *Table) scale() Meters {
	if t.options.Compat == nil {
		return 1
	}
	return EarthRadius / t.options.Compat.EarthRadius
}

// maxHashKeyLength leaves the ids of which a hash key is made some digits.
const maxHashKeyLength = 12

// complete returns c with defaults, or what is wrong with it.
func (c Compat) complete() (*Compat, error) {
	names := []*string{&c.HashKeyAttribute, &c.RangeKeyAttribute, &c.GeohashAttribute, &c.GeoJSONAttribute, &c.IndexName, &c.PointType}
	for i, standard := range []string{"hashKey", "rangeKey", "geohash", "geoJson", "geohash-index", "POINT"} {
		if *names[i] == "" {
			*names[i] = standard
		}
	}
	if c.HashKeyLength == 0 {
		c.HashKeyLength = 2
	}
	if c.EarthRadius == 0 {
		c.EarthRadius = EarthRadius
	}
	attributes := c.names()
	slices.Sort(attributes)
	switch {
	case len(slices.Compact(slices.Clone(attributes))) < len(attributes) || strings.ContainsAny(strings.Join(attributes, ""), ".["):
		return nil, fmt.Errorf("%w: attributes %v are not four, or paths", ErrInvalid, attributes)
	case len(c.IndexName) < 3:
		return nil, fmt.Errorf("%w: IndexName %q is of less than three characters", ErrInvalid, c.IndexName)
	case c.HashKeyLength < 1 || c.HashKeyLength > maxHashKeyLength:
		return nil, fmt.Errorf("%w: HashKeyLength %d is not within 1 and %d", ErrInvalid, c.HashKeyLength, maxHashKeyLength)
	case !strings.EqualFold(c.PointType, "point"):
		return nil, fmt.Errorf("%w: PointType %q is no spelling of Point", ErrInvalid, c.PointType)
	case !(c.EarthRadius > 6_300_000 && c.EarthRadius < 6_400_000):
		return nil, fmt.Errorf("%w: EarthRadius %v m is not the Earth's", ErrInvalid, float64(c.EarthRadius))
	}
	return &c, nil
}

// names are the layout's own attributes.
func (c *Compat) names() []string {
	return []string{c.HashKeyAttribute, c.RangeKeyAttribute, c.GeohashAttribute, c.GeoJSONAttribute}
}

// checkCompat refuses options of the native layout, and fills in what Compat leaves out.
func (o *Options) checkCompat() error {
	if o.Compat == nil {
		return nil
	}
	var errs []error
	for _, c := range []struct {
		given bool
		what  string
	}{
		{o.Level != 0, "Level: its hash keys are partitions"},
		{len(o.Shards) > 0, "Shards: its hash keys follow from the place alone"},
		{o.FeedLevel != 0, "FeedLevel: its other writers know no feed"},
	} {
		if c.given {
			errs = append(errs, fmt.Errorf("%w: a table of dynamodb-geo has no %s", ErrInvalid, c.what))
		}
	}
	compat, err := o.Compat.complete()
	o.Compat = compat
	return errors.Join(append(errs, err)...)
}
