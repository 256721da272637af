package registry

import (
	"maps"
	"slices"
)

// watcher is told of changes.
type watcher struct{ changed func(certificateID string) }

// Watch is [gateway.Registry]'s: changed is called after each change of what Principal or
// Authorizer answers, by the goroutine that made the change. A change that concerns few
// certificates, such as one of a policy, names them one after another.
func (r *Registry) Watch(changed func(certificateID string)) (stop func()) {
	w := &watcher{changed}
	r.watchMu.Lock()
	r.watchers[w] = struct{}{}
	r.watchMu.Unlock()
	return func() {
		r.watchMu.Lock()
		delete(r.watchers, w)
		r.watchMu.Unlock()
	}
}

// notify tells the watchers of what a change concerns.
func (r *Registry) notify(c concern) {
	ids := c.ids()
	if len(ids) == 0 {
		return
	}
	r.watchMu.Lock()
	watchers := slices.Collect(maps.Keys(r.watchers))
	r.watchMu.Unlock()
	for _, w := range watchers {
		for _, id := range ids {
			w.changed(id)
		}
	}
}

// concern is what a change may make a gateway do otherwise.
type concern struct {
	everybody    bool
	certificates map[string]struct{}
}

// few is how many certificates are named one by one.
const few = 64

// ids are the arguments of the watchers' calls.
func (c concern) ids() []string {
	if c.everybody || len(c.certificates) > few {
		return []string{""}
	}
	return slices.Sorted(maps.Keys(c.certificates))
}
