package expr

import "github.com/askaround/askaround-go/internal/localaws/attr"

// subject is the item that a condition is about, in one of its forms.
type subject struct {
	item   attr.Item
	packed attr.Packed // "" for an item that is not packed, and for none
}

// get returns the value at path; ok is false where there is none.
func (s *subject) get(path Path) (v attr.Value, ok bool) {
	if s.packed == "" {
		return path.Get(s.item)
	}
	c, ok := s.find(path)
	if !ok {
		return attr.Value{}, false
	}
	return c.Value(), true
}

// has reports whether there is a value at path.
func (s *subject) has(path Path) (ok bool) {
	if s.packed == "" {
		_, ok = path.Get(s.item)
	} else {
		_, ok = s.find(path)
	}
	return ok
}

// find is get of a packed item, without decoding.
func (s *subject) find(path Path) (c attr.Cursor, ok bool) {
	c, ok = s.packed.Find(path[0].Name)
	for _, step := range path[1:] {
		if !ok {
			break
		}
		if step.isName() {
			c, ok = c.Name(step.Name)
		} else {
			c, ok = c.Index(step.Index)
		}
	}
	return c, ok
}
