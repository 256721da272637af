package sqs

// window remembers values for a while after their time.
type window[T any] struct {
	entries map[string]timed[T]
	order   []timedKey // by the time of being put
}

type timed[T any] struct {
	at    int64 // Unix ms
	value T
}

type timedKey struct {
	key string
	at  int64
}

// put remembers a value, unless there is one of a later time.
func (w *window[T]) put(key string, at int64, value T) {
	old, there := w.entries[key]
	if there && old.at > at {
		return
	}
	if w.entries == nil {
		w.entries = map[string]timed[T]{}
	}
	w.entries[key] = timed[T]{at, value}
	if !there || old.at != at {
		w.order = append(w.order, timedKey{key, at})
	}
}

func (w *window[T]) get(key string) (at int64, value T, ok bool) {
	e, ok := w.entries[key]
	return e.at, e.value, ok
}

// forget drops what is not younger than a time.
func (w *window[T]) forget(until int64) {
	for len(w.order) > 0 && w.order[0].at <= until {
		first := w.order[0]
		w.order = w.order[1:]
		if w.entries[first.key].at == first.at {
			delete(w.entries, first.key)
		}
	}
}
