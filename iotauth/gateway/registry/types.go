package registry

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// ThingType says what things have in common.
type ThingType struct {
	Name                 string
	Description          string
	SearchableAttributes []string `json:",omitempty"`

	// What the registry adds.
	ARN        string `json:"-"`
	ID         string
	Created    time.Time
	Deprecated time.Time // zero: things may get the type
}

func (r *Registry) typeOut(t *ThingType) ThingType {
	out := *t
	out.ARN = r.arn("thingtype", t.Name)
	out.SearchableAttributes = slices.Clone(t.SearchableAttributes)
	return out
}

func (k *ThingType) check() error {
	if err := checkName("Thing type", thingName, k.Name); err != nil {
		return err
	}
	if err := checkDescription(k.Description); err != nil {
		return err
	}
	if n := len(k.SearchableAttributes); n > MaxSearchableAttributes {
		return invalid("a thing type has at most %d searchable attributes, not %d", MaxSearchableAttributes, n)
	}
	for _, name := range k.SearchableAttributes {
		if err := checkName("Attribute name", attributeName, name); err != nil {
			return err
		}
	}
	return nil
}

// CreateThingType registers a type by its name, description and searchable attributes. To
// create again what is there already changes nothing. Errors: ErrAlreadyExists where the
// type differs, ErrInvalid.
func (r *Registry) CreateThingType(ctx context.Context, kind ThingType) (ThingType, error) {
	var out ThingType
	err := r.update(ctx, func(t *tx) error {
		created := &ThingType{
			Name: kind.Name, Description: kind.Description, SearchableAttributes: slices.Clone(kind.SearchableAttributes),
			ID: uuid.NewString(), Created: now(),
		}
		if err := created.check(); err != nil {
			return err
		}
		if old := t.types.get(kind.Name); old != nil {
			if old.Description != kind.Description || !slices.Equal(old.SearchableAttributes, kind.SearchableAttributes) {
				return taken(old.ID, t.arn("thingtype", old.Name), "Thing type %s already exists with different properties", old.Name)
			}
			out = t.typeOut(old)
			return nil
		}
		put(t, &t.types, created.Name, created)
		out = t.typeOut(created)
		return nil
	})
	return out, err
}

// UpdateThingType replaces the description and the searchable attributes of a type.
// Errors: ErrNotFound, ErrInvalid.
func (r *Registry) UpdateThingType(ctx context.Context, name, description string, searchable []string) error {
	return r.changeType(ctx, name, func(_ *tx, k *ThingType) error {
		k.Description, k.SearchableAttributes = description, slices.Clone(searchable)
		return k.check()
	})
}

// DeprecateThingType keeps further things from getting a type, or lets them again where
// undo is set. Errors: ErrNotFound.
func (r *Registry) DeprecateThingType(ctx context.Context, name string, undo bool) error {
	return r.changeType(ctx, name, func(_ *tx, k *ThingType) error {
		switch {
		case undo:
			k.Deprecated = time.Time{}
		case k.Deprecated.IsZero():
			k.Deprecated = now()
		}
		return nil
	})
}

func (r *Registry) changeType(ctx context.Context, name string, fn func(*tx, *ThingType) error) error {
	return r.update(ctx, func(t *tx) error {
		old, err := t.types.find(name)
		if err != nil {
			return err
		}
		changed := *old
		if err := fn(t, &changed); err != nil {
			return err
		}
		put(t, &t.types, name, &changed)
		return nil
	})
}

// DeleteThingType removes a type that is deprecated and that no thing has. AWS IoT waits
// five minutes after the deprecation; the registry does not. Errors: ErrNotFound,
// ErrInvalid.
func (r *Registry) DeleteThingType(ctx context.Context, name string) error {
	return r.update(ctx, func(t *tx) error {
		kind, err := t.types.find(name)
		if err != nil {
			return err
		}
		if kind.Deprecated.IsZero() {
			return invalid("Cannot delete thing type %s: deprecate it first", name)
		}
		if n := len(t.thingsOfType[name]); n > 0 {
			return invalid("Cannot delete thing type %s: %d things have it", name, n)
		}
		put(t, &t.types, name, nil)
		return nil
	})
}

// DescribeThingType returns a type. ErrNotFound where there is none.
func (r *Registry) DescribeThingType(name string) (ThingType, error) {
	return read(r, &r.types, name, r.typeOut)
}

// ListThingTypes returns the types whose names begin with prefix, in the order of their
// creation, and the token of the next page.
func (r *Registry) ListThingTypes(prefix string, p Page) (types []ThingType, next string, err error) {
	return list(r, &r.types, p, func(k *ThingType) bool { return strings.HasPrefix(k.Name, prefix) }, r.typeOut)
}

// now is the time as the API tells it, to the millisecond.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
