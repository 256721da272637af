package watch

import (
	"fmt"
	"maps"
	"slices"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/geoindex"
)

// plan is a change of subscriptions.
type plan struct {
	add, drop []string // filters, sorted
}

// planFor returns what to subscribe and to unsubscribe at a position, with have in force:
// all cells that meet the disc, and of the others those kept that are less than a slack
// away from it.
func planFor(position askaround.Location, radius, slack geoindex.Meters, follow map[askaround.QuestionID]bool, have map[string]bool) (plan, error) {
	need := make(map[string]bool)
	if err := cover(need, position, radius); err != nil {
		return plan{}, err
	}
	for id := range follow {
		t, err := topic.NewQuestion(string(id))
		if err != nil {
			return plan{}, fmt.Errorf("watch: %w", err)
		}
		need[t.String()] = true
	}
	keep := maps.Clone(need)
	if err := cover(keep, position, radius+slack); err != nil {
		return plan{}, err
	}
	var p plan
	for f := range need {
		if !have[f] {
			p.add = append(p.add, f)
		}
	}
	for f := range have {
		if !keep[f] {
			p.drop = append(p.drop, f)
		}
	}
	slices.Sort(p.add)
	slices.Sort(p.drop)
	return p, nil
}

// covered reports whether have has all cells of a disc.
func covered(have map[string]bool, position askaround.Location, radius geoindex.Meters) bool {
	need := make(map[string]bool)
	if err := cover(need, position, radius); err != nil {
		return false
	}
	for f := range need {
		if !have[f] {
			return false
		}
	}
	return true
}

// cover adds the topics of a disc's cells.
func cover(into map[string]bool, center askaround.Location, radius geoindex.Meters) error {
	topics, err := askaround.LiveTopics(center, radius)
	if err != nil {
		return err
	}
	for _, t := range topics {
		into[t.String()] = true
	}
	return nil
}
