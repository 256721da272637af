package apiclient

import "iter"

// Pages returns the items of all pages as one sequence: read returns those of the page at a
// cursor, nil for the first, and the cursor of the next, nil after the last. The sequence
// ends after an error.
func Pages[T any](read func(cursor *string) ([]T, *string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var cursor *string
		for {
			items, next, err := read(cursor)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == nil {
				return
			}
			cursor = next
		}
	}
}
