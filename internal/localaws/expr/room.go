package expr

// room is memory for many small slices: most expressions fit into what the first of
// them takes.
type room[T any] struct {
	free []T
	size int // of what was taken last
}

// roomSize is how many elements are allocated first. Then it is twice as many.
const roomSize = 4

// keep returns a copy of elements, to which nothing can be appended.
func (r *room[T]) keep(elements ...T) []T {
	n := len(elements)
	if n > len(r.free) {
		r.size = max(n, roomSize, 2*r.size)
		r.free = make([]T, r.size)
	}
	kept := r.free[:n:n]
	r.free = r.free[n:]
	copy(kept, elements)
	return kept
}
