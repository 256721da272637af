package topic

// arena holds values under numbers from 1, in one piece of memory. The zero arena is
// empty.
type arena[T any] struct {
	list []T // by number; the first is not in use
	free []uint32
}

// make returns the number of a zero value. It may move the others.
func (a *arena[T]) make() uint32 {
	if last := len(a.free) - 1; last >= 0 {
		number := a.free[last]
		a.free = a.free[:last]
		return number
	}
	var zero T
	if a.list == nil {
		a.list = append(a.list, zero)
	}
	a.list = append(a.list, zero)
	return uint32(len(a.list) - 1)
}

// drop gives a number back.
func (a *arena[T]) drop(number uint32) {
	var zero T
	a.list[number] = zero // let go of what it points to
	a.free = append(a.free, number)
}
