package registry

import (
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
)

// A Page asks for a part of a list. The zero Page is the first [MaxResults] entries.
type Page struct {
	// Max is how many entries to return, at most; 0 is MaxResults.
	Max int
	// Token continues behind an earlier page, whose Next it was.
	Token string
	// Descending begins with the last entry.
	Descending bool
}

// max is how long the page may be.
func (p Page) max(most int) (int, error) {
	switch {
	case p.Max == 0:
		return min(MaxResults, most), nil
	case p.Max < 0 || p.Max > most:
		return 0, invalid("a page has 1 to %d entries, not %d", most, p.Max)
	}
	return p.Max, nil
}

func encodeToken(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func decodeToken(token string) (string, error) {
	text, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return "", invalid("the token %q is none that a list returned", clip(token))
	}
	return string(text), nil
}

// page returns the entries of a table in the order of their creation, those that keep
// takes, and the token of what follows, "" where nothing does.
func page[T any](t *table[T], p Page, keep func(*T) bool) (entries []*T, next string, err error) {
	most, err := p.max(MaxResults)
	if err != nil {
		return nil, "", err
	}
	var last uint64
	visit := func(seq uint64, key string) bool {
		v := t.rows[key].value
		if !keep(v) {
			return true
		}
		if len(entries) == most {
			next = encodeToken(strconv.FormatUint(last, 10))
			return false
		}
		entries, last = append(entries, v), seq
		return true
	}
	if p.Token == "" {
		if p.Descending {
			t.order.Reverse(visit)
		} else {
			t.order.Scan(visit)
		}
		return entries, next, nil
	}
	text, err := decodeToken(p.Token)
	if err != nil {
		return nil, "", err
	}
	after, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return nil, "", invalid("the token %q is none that this list returned", clip(p.Token))
	}
	if p.Descending {
		t.order.Descend(max(after, 1)-1, visit)
	} else {
		t.order.Ascend(after+1, visit)
	}
	return entries, next, nil
}

// pageNames is page for names, which come in their own order.
func pageNames(names []string, p Page, longest int) (part []string, next string, err error) {
	most, err := p.max(longest)
	if err != nil {
		return nil, "", err
	}
	slices.Sort(names)
	if p.Token != "" {
		after, err := decodeToken(p.Token)
		if err != nil {
			return nil, "", err
		}
		i, found := slices.BinarySearch(names, after)
		if found {
			i++
		}
		names = names[i:]
	}
	if len(names) > most {
		names = names[:most]
		next = encodeToken(names[most-1])
	}
	return names, next, nil
}

// names lists the entries that refer to a name.
func (x index) names(name string) []string { return slices.Collect(maps.Keys(x[name])) }

// all keeps every entry of a page.
func all[T any](*T) bool { return true }

// read returns an entry as callers get it.
func read[T, O any](r *Registry, t *table[T], name string, out func(*T) O) (O, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	v, err := t.find(name)
	if err != nil {
		var none O
		return none, err
	}
	return out(v), nil
}

// list returns a page of entries as callers get them.
func list[T, O any](r *Registry, t *table[T], p Page, keep func(*T) bool, out func(*T) O) ([]O, string, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	found, next, err := page(t, p, keep)
	entries := make([]O, len(found))
	for i, v := range found {
		entries[i] = out(v)
	}
	return entries, next, err
}
