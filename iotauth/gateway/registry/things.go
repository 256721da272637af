package registry

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/askaround/askaround-go/iotauth/policy"
)

// Thing is a device in the registry.
type Thing struct {
	Name       string
	TypeName   string            // "" where it has no type
	Attributes map[string]string `json:",omitempty"`

	// What the registry adds.
	ARN     string `json:"-"`
	ID      string
	Version int64
	// Groups are those that the thing was added to, in their order of names.
	Groups []string `json:",omitempty"`

	views *views
}

// views are a thing as policies see it, by how the client's certificate is attached. They
// are made once, so that a gateway sees by the pointer that nothing changed.
type views struct{ loose, attached, exclusive policy.Thing }

// look makes the views of a thing, or takes those of the version before where policies
// see no difference. The attributes are shared: nobody changes them.
func (t *Thing) look(before *Thing) {
	if before != nil && before.TypeName == t.TypeName && maps.Equal(before.Attributes, t.Attributes) {
		t.views = before.views
		return
	}
	loose := policy.Thing{Name: t.Name, TypeName: t.TypeName, Attributes: t.Attributes}
	attached, exclusive := loose, loose
	attached.Attached = true
	exclusive.Attached, exclusive.Exclusive = true, true
	t.views = &views{loose, attached, exclusive}
}

func (t *Thing) types() []string {
	if t == nil || t.TypeName == "" {
		return nil
	}
	return []string{t.TypeName}
}

func (t *Thing) groups() []string {
	if t == nil {
		return nil
	}
	return t.Groups
}

// out is the thing as callers get it.
func (r *Registry) thingOut(t *Thing) Thing {
	out := *t
	out.ARN = r.arn("thing", t.Name)
	out.Attributes = maps.Clone(t.Attributes)
	out.Groups = slices.Clone(t.Groups)
	out.views = nil
	return out
}

// CreateThing registers a thing by its name, type and attributes. To create again what is
// there already changes nothing. Errors: ErrAlreadyExists where the thing differs,
// ErrNotFound for its type, ErrInvalid.
func (r *Registry) CreateThing(ctx context.Context, thing Thing) (Thing, error) {
	var out Thing
	err := r.update(ctx, func(t *tx) error {
		created := &Thing{Name: thing.Name, TypeName: thing.TypeName, Attributes: filled(nil, thing.Attributes), ID: uuid.NewString(), Version: 1}
		if err := t.checkThing(created); err != nil {
			return err
		}
		if old := t.things.get(thing.Name); old != nil {
			if old.TypeName != created.TypeName || !maps.Equal(old.Attributes, created.Attributes) {
				return taken(old.ID, t.arn("thing", old.Name), "Thing %s already exists in account with different tags or configuration", old.Name)
			}
			out = t.thingOut(old)
			return nil
		}
		if err := t.checkType(created.TypeName); err != nil {
			return err
		}
		put(t, &t.things, created.Name, created)
		t.concernsEverybody() // who is connected under its name has a thing now
		out = t.thingOut(created)
		return nil
	})
	return out, err
}

// checkThing checks what one can see without the registry.
func (t *tx) checkThing(thing *Thing) error {
	if err := t.things.check(thing.Name); err != nil {
		return err
	}
	most := MaxAttributes
	if thing.TypeName == "" {
		most = MaxAttributesWithoutType
	} else if err := t.types.check(thing.TypeName); err != nil {
		return err
	}
	return checkAttributes(thing.Attributes, most)
}

// checkType refuses a type that things cannot get.
func (t *tx) checkType(name string) error {
	if name == "" {
		return nil
	}
	switch kind := t.types.get(name); {
	case kind == nil:
		return because(ErrNotFound, "Thing type %s not found", name)
	case !kind.Deprecated.IsZero():
		return invalid("Thing type %s is deprecated: no further thing can have it", name)
	}
	return nil
}

// filled is old overlaid by attributes, without those that have no value. It is nil where
// none is left.
func filled(old, attributes map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, old)
	maps.Copy(out, attributes)
	maps.DeleteFunc(out, func(_, value string) bool { return value == "" })
	if len(out) == 0 {
		return nil
	}
	return out
}

// ThingUpdate says what to change of a thing.
type ThingUpdate struct {
	TypeName   string // "" keeps the type
	RemoveType bool
	// Attributes replace those there are, or with Merge those of the same names. One with
	// an empty value is removed. Nil keeps the attributes.
	Attributes map[string]string
	Merge      bool
	// ExpectedVersion is the version that the thing must have; 0 is any.
	ExpectedVersion int64
}

// UpdateThing changes a thing. Errors: ErrNotFound for it and its type,
// ErrVersionConflict, ErrInvalid.
func (r *Registry) UpdateThing(ctx context.Context, name string, u ThingUpdate) error {
	return r.update(ctx, func(t *tx) error {
		old, err := t.things.find(name)
		if err != nil {
			return err
		}
		if err := expect("thing", name, u.ExpectedVersion, old.Version); err != nil {
			return err
		}
		if u.RemoveType && u.TypeName != "" {
			return invalid("removeThingType and thingTypeName exclude each other")
		}
		changed := *old
		changed.Version++
		if u.TypeName != "" && u.TypeName != old.TypeName {
			if err := t.checkType(u.TypeName); err != nil {
				return err
			}
			changed.TypeName = u.TypeName
		}
		if u.RemoveType {
			changed.TypeName = ""
		}
		if u.Attributes != nil {
			changed.Attributes = merged(old.Attributes, u.Attributes, u.Merge)
		}
		if err := t.checkThing(&changed); err != nil {
			return err
		}
		put(t, &t.things, name, &changed)
		t.concernsEverybody()
		return nil
	})
}

func merged(old, attributes map[string]string, merge bool) map[string]string {
	if !merge {
		old = nil
	}
	return filled(old, attributes)
}

// expect compares versions; an expected one of 0 is any.
func expect(kind, name string, expected, version int64) error {
	if expected != 0 && expected != version {
		return because(ErrVersionConflict, "The version for %s %s does not match the expected version: it is %d", kind, name, version)
	}
	return nil
}

// DeleteThing removes a thing; one that is not there is no error. ErrInvalid while a
// certificate is attached to it, ErrVersionConflict where expectedVersion is neither 0 nor
// the thing's.
func (r *Registry) DeleteThing(ctx context.Context, name string, expectedVersion int64) error {
	return r.update(ctx, func(t *tx) error {
		if err := t.things.check(name); err != nil {
			return err
		}
		old := t.things.get(name)
		if old == nil {
			return nil
		}
		if err := expect("thing", name, expectedVersion, old.Version); err != nil {
			return err
		}
		if len(t.certificatesOfThing[name]) > 0 {
			return invalid("Cannot delete. Thing %s is still attached to one or more principals", name)
		}
		put(t, &t.things, name, nil)
		t.concernsEverybody()
		return nil
	})
}

// DescribeThing returns a thing. ErrNotFound where there is none.
func (r *Registry) DescribeThing(name string) (Thing, error) {
	return read(r, &r.things, name, r.thingOut)
}

// ThingQuery says which things to list; each field that is set must hold.
type ThingQuery struct {
	Page
	TypeName       string
	AttributeName  string // an attribute that the thing has, of AttributeValue
	AttributeValue string
	// Prefix: AttributeValue is how the value begins.
	Prefix bool
}

func (q ThingQuery) takes(t *Thing) bool {
	if q.TypeName != "" && t.TypeName != q.TypeName {
		return false
	}
	if q.AttributeName == "" {
		return true
	}
	value, ok := t.Attributes[q.AttributeName]
	if q.Prefix {
		return ok && strings.HasPrefix(value, q.AttributeValue)
	}
	return ok && value == q.AttributeValue
}

// ListThings returns things in the order of their creation, and the token of the next
// page, "" behind the last one.
func (r *Registry) ListThings(q ThingQuery) (things []Thing, next string, err error) {
	if q.AttributeName == "" && q.AttributeValue != "" {
		return nil, "", invalid("attributeValue needs attributeName")
	}
	return list(r, &r.things, q.Page, q.takes, r.thingOut)
}
