package fence

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/askaround/askaround-go/geoindex"
)

// Detect is an event's kind, or a selection of them, joined with |.
type Detect uint8

// Kinds of events, in the order in which one position tells them.
const (
	Enter   Detect = 1 << iota // was not inside, and is
	Inside                     // is inside
	Exit                       // was inside, and is not
	Cross                      // was not inside and is not, but the way between was
	Outside                    // is not inside
	Gone                       // was inside, and was deleted

	All = Enter | Inside | Exit | Cross | Outside | Gone
)

var detectNames = []string{"enter", "inside", "exit", "cross", "outside", "gone"}

// String returns the names, joined with |.
func (d Detect) String() string {
	var names []string
	for i, name := range detectNames {
		if d&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "|")
}

// Fix is where an object was at a version.
type Fix struct {
	Location geoindex.LatLng
	Version  int64
}

// Change is a step of an object: Old is nil for a new one, New for a deleted one.
type Change struct {
	Object   string
	Old, New *Fix
}

// Event is what happened at a fence.
type Event struct {
	Fence, Object string
	Detect        Detect // one kind
	Fix                  // the object's new one; the last one for Gone
}

// ID tells the event from all others, and is the same whenever the event is told again.
func (e Event) ID() string {
	return fmt.Sprintf("%s/%s/%d/%s", url.PathEscape(e.Fence), url.PathEscape(e.Object), e.Version, e.Detect)
}

// Evaluate returns what a change is to the fences, by their ids and in the order of kinds.
func (s *Set) Evaluate(c Change) []Event {
	var events []Event
	for _, i := range s.candidates(c) {
		f := s.fences[i]
		for _, d := range f.detect(c) {
			if f.Detect&d == 0 {
				continue
			}
			fix := c.New
			if fix == nil {
				fix = c.Old
			}
			events = append(events, Event{Fence: f.ID, Object: c.Object, Detect: d, Fix: *fix})
		}
	}
	return events
}

// detect is the table of the package's documentation.
func (f Fence) detect(c Change) []Detect {
	was := c.Old != nil && f.Area.Contains(c.Old.Location)
	is := c.New != nil && f.Area.Contains(c.New.Location)
	switch {
	case c.New == nil && was:
		return []Detect{Gone}
	case c.New == nil:
		return nil
	case was && is:
		return []Detect{Inside}
	case is:
		return []Detect{Enter, Inside}
	case was:
		return []Detect{Exit, Outside}
	case c.Old != nil && f.Area.Meets(c.Old.Location, c.New.Location):
		return []Detect{Cross, Outside}
	}
	return []Detect{Outside}
}
