package fence

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/geoindex/moving"
)

// Roam tells which objects come near each other and which part, as Tile38's ROAM does:
// with each position of an object, who is near it, and who was near its last position
// and is not near the new one. Others are where the table's index has them by then.
type Roam struct {
	Table  *moving.Table
	Radius geoindex.Meters
	// NoDwell tells of those who are near only when they come near.
	NoDwell bool
	// Match selects the others; nil means all.
	Match func(id string) bool
}

// RoamKind is what a RoamEvent tells.
type RoamKind string

// Kinds of RoamEvent.
const (
	Nearby  RoamKind = "nearby"
	Faraway RoamKind = "faraway"
)

// RoamEvent is a meeting of two objects, or its end.
type RoamEvent struct {
	Kind          RoamKind
	Object, Other string
	Fix                           // of Object
	Distance      geoindex.Meters // from Object's new position to Other
}

// ID tells the event from all others, and is the same whenever the event is told again.
func (e RoamEvent) ID() string {
	return fmt.Sprintf("%q/%q/%d/%s", e.Object, e.Other, e.Version, e.Kind)
}

// Handler returns a handler that gives the events of each record to emit, as [Handler] does.
func (r *Roam) Handler(emit func(context.Context, []RoamEvent) error) StreamHandler {
	return handle(r.Evaluate, emit)
}

// Evaluate returns what a change is to the others around: those who are gone far first,
// each kind from the nearest to the furthest. A deleted object is far from all at its last
// position.
func (r *Roam) Evaluate(ctx context.Context, c Change) ([]RoamEvent, error) {
	were, err := r.around(ctx, c.Object, c.Old)
	if err != nil {
		return nil, err
	}
	are, err := r.around(ctx, c.Object, c.New)
	if err != nil {
		return nil, err
	}
	fix := c.New
	if fix == nil {
		fix = c.Old
	}
	event := func(kind RoamKind, other moving.Position) RoamEvent {
		return RoamEvent{kind, c.Object, other.ID, *fix, fix.Location.Distance(other.Location)}
	}
	var out []RoamEvent
	for id, other := range were {
		if _, near := are[id]; !near {
			out = append(out, event(Faraway, other))
		}
	}
	for id, other := range are {
		if _, dwells := were[id]; !dwells || !r.NoDwell {
			out = append(out, event(Nearby, other))
		}
	}
	slices.SortFunc(out, func(a, b RoamEvent) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.Other, b.Other))
	})
	return out, nil
}

// around returns the others within the radius of a place.
func (r *Roam) around(ctx context.Context, self string, at *Fix) (map[string]moving.Position, error) {
	found := map[string]moving.Position{}
	if at == nil {
		return found, nil
	}
	for hit, err := range r.Table.Search(ctx, at.Location, r.Radius) {
		if err != nil {
			return nil, err
		}
		if hit.ID != self && (r.Match == nil || r.Match(hit.ID)) {
			found[hit.ID] = hit.Position
		}
	}
	return found, nil
}
