package registry

import (
	"context"
	"slices"
)

// AddThingToThingGroup adds a thing to a group; one that is in it already is no error.
// Errors: ErrNotFound; ErrInvalid where the thing is in [MaxGroupsOfThing] groups, or in
// another of the same hierarchy.
func (r *Registry) AddThingToThingGroup(ctx context.Context, group, thing string) error {
	return r.UpdateThingGroupsForThing(ctx, thing, []string{group}, nil)
}

// RemoveThingFromThingGroup is the opposite of AddThingToThingGroup; a thing that is not
// in the group is no error. ErrNotFound for the thing or the group.
func (r *Registry) RemoveThingFromThingGroup(ctx context.Context, group, thing string) error {
	return r.UpdateThingGroupsForThing(ctx, thing, nil, []string{group})
}

// UpdateThingGroupsForThing removes a thing from groups and adds it to others, all or
// nothing. Errors are those of AddThingToThingGroup and RemoveThingFromThingGroup.
func (r *Registry) UpdateThingGroupsForThing(ctx context.Context, thing string, add, remove []string) error {
	return r.update(ctx, func(t *tx) error {
		old, err := t.things.find(thing)
		if err != nil {
			return err
		}
		groups := slices.Clone(old.Groups)
		for _, name := range remove {
			if _, err := t.groups.find(name); err != nil {
				return err
			}
			groups = without(groups, name)
		}
		for _, name := range add {
			if groups, err = t.join(groups, name, thing); err != nil {
				return err
			}
		}
		if slices.Equal(groups, old.Groups) {
			return nil
		}
		changed := *old
		changed.Groups = groups
		put(t, &t.things, thing, &changed)
		t.concerns(t.certificatesOfThing.names(thing)...)
		return nil
	})
}

// join adds a group to those of a thing.
func (t *tx) join(groups []string, name, thing string) ([]string, error) {
	if _, err := t.groups.find(name); err != nil {
		return nil, err
	}
	if slices.Contains(groups, name) {
		return groups, nil
	}
	if len(groups) >= MaxGroupsOfThing {
		return nil, invalid("Thing %s is in %d groups already", thing, MaxGroupsOfThing)
	}
	for _, other := range groups {
		if t.root(other) == t.root(name) {
			return nil, invalid("Thing %s is in group %s, which is of the same hierarchy as %s", thing, other, name)
		}
	}
	return with(groups, name), nil
}

// with adds a name to names in their order.
func with(names []string, name string) []string {
	if i, found := slices.BinarySearch(names, name); !found {
		return slices.Insert(slices.Clone(names), i, name)
	}
	return names
}

// without takes a name away.
func without(names []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
}

// ListThingsInThingGroup returns the names of a group's things, recursive ones of groups
// within it too, and the token of the next page. Errors: ErrNotFound.
func (r *Registry) ListThingsInThingGroup(group string, recursive bool, p Page) (things []string, next string, err error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if _, err := r.groups.find(group); err != nil {
		return nil, "", err
	}
	return pageNames(r.thingsIn(group, recursive), p, MaxResults)
}

// ListThingGroupsForThing returns the names of the groups that a thing was added to, and
// the token of the next page. Errors: ErrNotFound.
func (r *Registry) ListThingGroupsForThing(thing string, p Page) (groups []string, next string, err error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	t, err := r.things.find(thing)
	if err != nil {
		return nil, "", err
	}
	return pageNames(slices.Clone(t.Groups), p, MaxResults)
}
