package registry

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// ThingGroup is a static group of things, which may stand in another.
type ThingGroup struct {
	Name        string
	Parent      string // "" for a root
	Description string
	Attributes  map[string]string `json:",omitempty"`

	// What the registry adds.
	ARN     string `json:"-"`
	ID      string
	Version int64
	Created time.Time
	// Ancestors are the groups that this one stands in, from the root to the parent.
	Ancestors []string `json:"-"`
	// Policies are the names of those attached, in their order.
	Policies []string `json:",omitempty"`
}

func (g *ThingGroup) parents() []string {
	if g == nil || g.Parent == "" {
		return nil
	}
	return []string{g.Parent}
}

func (g *ThingGroup) policies() []string {
	if g == nil {
		return nil
	}
	return g.Policies
}

func (r *Registry) groupOut(g *ThingGroup) ThingGroup {
	out := *g
	out.ARN = r.arn("thinggroup", g.Name)
	out.Attributes = maps.Clone(g.Attributes)
	out.Policies = slices.Clone(g.Policies)
	out.Ancestors = r.ancestors(g)
	slices.Reverse(out.Ancestors)
	return out
}

// ancestors are the groups that a group stands in, from its parent to the root.
func (r *Registry) ancestors(g *ThingGroup) []string {
	var names []string
	for g.Parent != "" {
		names = append(names, g.Parent)
		g = r.groups.get(g.Parent)
	}
	return names
}

// root is the outermost group of a group, which may be itself.
func (r *Registry) root(name string) string {
	for {
		g := r.groups.get(name)
		if g == nil || g.Parent == "" {
			return name
		}
		name = g.Parent
	}
}

func (g *ThingGroup) check() error {
	if err := checkName("Thing group", thingName, g.Name); err != nil {
		return err
	}
	if err := checkDescription(g.Description); err != nil {
		return err
	}
	return checkAttributes(g.Attributes, MaxAttributes)
}

// CreateThingGroup registers a group by its name, parent, description and attributes. To
// create again what is there already changes nothing. Errors: ErrAlreadyExists where the
// group differs, ErrNotFound for the parent, ErrInvalid.
func (r *Registry) CreateThingGroup(ctx context.Context, group ThingGroup) (ThingGroup, error) {
	var out ThingGroup
	err := r.update(ctx, func(t *tx) error {
		created := &ThingGroup{
			Name: group.Name, Parent: group.Parent, Description: group.Description, Attributes: filled(nil, group.Attributes),
			ID: uuid.NewString(), Version: 1, Created: now(),
		}
		if err := created.check(); err != nil {
			return err
		}
		if old := t.groups.get(group.Name); old != nil {
			if old.Parent != created.Parent || old.Description != created.Description || !maps.Equal(old.Attributes, created.Attributes) {
				return taken(old.ID, t.arn("thinggroup", old.Name), "Thing Group %s already exists in current account with different properties", old.Name)
			}
			out = t.groupOut(old)
			return nil
		}
		if err := t.checkParent(created); err != nil {
			return err
		}
		put(t, &t.groups, created.Name, created)
		out = t.groupOut(created)
		return nil
	})
	return out, err
}

// checkParent checks that a group may be created where it says.
func (t *tx) checkParent(g *ThingGroup) error {
	if g.Parent == "" {
		return nil
	}
	parent, err := t.groups.find(g.Parent)
	if err != nil {
		return err
	}
	if n := len(t.ancestors(parent)) + 2; n > MaxGroupDepth {
		return invalid("a hierarchy of thing groups is at most %d deep", MaxGroupDepth)
	}
	if len(t.groupsOfParent[g.Parent]) >= MaxChildGroups {
		return invalid("thing group %s has %d child groups already", g.Parent, MaxChildGroups)
	}
	return nil
}

// ThingGroupUpdate says what to change of a group.
type ThingGroupUpdate struct {
	Description *string // nil keeps it
	// Attributes and Merge are as in a [ThingUpdate].
	Attributes map[string]string
	Merge      bool
	// ExpectedVersion is the version that the group must have; 0 is any.
	ExpectedVersion int64
}

// UpdateThingGroup changes a group, and returns its version. Errors: ErrNotFound,
// ErrVersionConflict, ErrInvalid.
func (r *Registry) UpdateThingGroup(ctx context.Context, name string, u ThingGroupUpdate) (version int64, err error) {
	err = r.update(ctx, func(t *tx) error {
		old, err := t.groups.find(name)
		if err != nil {
			return err
		}
		if err := expect("thing group", name, u.ExpectedVersion, old.Version); err != nil {
			return err
		}
		changed := *old
		changed.Version++
		if u.Description != nil {
			changed.Description = *u.Description
		}
		if u.Attributes != nil {
			changed.Attributes = merged(old.Attributes, u.Attributes, u.Merge)
		}
		if err := changed.check(); err != nil {
			return err
		}
		put(t, &t.groups, name, &changed)
		version = changed.Version
		return nil
	})
	return version, err
}

// DeleteThingGroup removes a group, and its policies from the things in it; a group that
// is not there is no error. ErrInvalid while it has child groups, ErrVersionConflict where
// expectedVersion is neither 0 nor the group's.
func (r *Registry) DeleteThingGroup(ctx context.Context, name string, expectedVersion int64) error {
	return r.update(ctx, func(t *tx) error {
		if err := t.groups.check(name); err != nil {
			return err
		}
		old := t.groups.get(name)
		if old == nil {
			return nil
		}
		if err := expect("thing group", name, expectedVersion, old.Version); err != nil {
			return err
		}
		if len(t.groupsOfParent[name]) > 0 {
			return invalid("Cannot delete thing group : %s when there are still child groups attached to it", name)
		}
		t.concerns(t.certificatesOfGroup(name)...)
		for thing := range t.thingsOfGroup[name] {
			changed := *t.things.get(thing)
			changed.Groups = without(changed.Groups, name)
			put(t, &t.things, thing, &changed)
		}
		put(t, &t.groups, name, nil)
		return nil
	})
}

// certificatesOfGroup are those attached to things in a group or in groups within it.
func (r *Registry) certificatesOfGroup(name string) []string {
	var ids []string
	for _, thing := range r.thingsIn(name, true) {
		ids = append(ids, r.certificatesOfThing.names(thing)...)
	}
	return ids
}

// thingsIn are the things of a group; recursive ones are in groups within it.
func (r *Registry) thingsIn(name string, recursive bool) []string {
	things := r.thingsOfGroup.names(name)
	if recursive {
		for child := range r.groupsOfParent[name] {
			things = append(things, r.thingsIn(child, true)...)
		}
	}
	return things
}

// DescribeThingGroup returns a group. ErrNotFound where there is none.
func (r *Registry) DescribeThingGroup(name string) (ThingGroup, error) {
	return read(r, &r.groups, name, r.groupOut)
}

// ThingGroupQuery says which groups to list; each field that is set must hold.
type ThingGroupQuery struct {
	Page
	Prefix string // of the name
	Parent string // that they stand in
	// Direct: only roots, or only direct children of Parent.
	Direct bool
}

func (r *Registry) takes(q ThingGroupQuery, g *ThingGroup) bool {
	if !strings.HasPrefix(g.Name, q.Prefix) {
		return false
	}
	if q.Direct {
		return g.Parent == q.Parent
	}
	return q.Parent == "" || slices.Contains(r.ancestors(g), q.Parent)
}

// ListThingGroups returns groups in the order of their creation, and the token of the next
// page. ErrNotFound for the parent.
func (r *Registry) ListThingGroups(q ThingGroupQuery) (groups []ThingGroup, next string, err error) {
	if q.Parent != "" {
		if _, err := r.DescribeThingGroup(q.Parent); err != nil {
			return nil, "", err
		}
	}
	return list(r, &r.groups, q.Page, func(g *ThingGroup) bool { return r.takes(q, g) }, r.groupOut)
}
