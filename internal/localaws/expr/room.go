package expr

// room is memory for many small slices: most expressions fit into what the first of
// them takes.
type room[T any] struct{ free []T }

// roomSize is how many elements are allocated at a time.
const roomSize = 8

// keep returns a copy of elements, to which nothing can be appended.
func (r *room[T]) keep(elements ...T) []T {
	n := len(elements)
	if n > len(r.free) {
		r.free = make([]T, max(n, roomSize))
	}
	kept := r.free[:n:n]
	r.free = r.free[n:]
	copy(kept, elements)
	return kept
}
