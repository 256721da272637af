package apihttp

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"sync"
)

// A Log keeps the latest entries in memory and gives them out newest first, in pages. It is
// safe for concurrent use.
type Log[T any] struct {
	limit int
	epoch [8]byte // begins every cursor: those of another log mean nothing here

	mu      sync.Mutex
	entries []T
	first   uint64 // the number of entries[0]; numbers begin at 1
}

// NewLog returns a Log that keeps limit entries.
func NewLog[T any](limit int) *Log[T] {
	l := &Log[T]{limit: limit, first: 1}
	_, _ = rand.Read(l.epoch[:]) // never fails
	return l
}

// Append adds the newest entry, and forgets the oldest where there are too many.
func (l *Log[T]) Append(entry T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, entry)
	if len(l.entries) > l.limit {
		l.entries, l.first = slices.Delete(l.entries, 0, 1), l.first+1
	}
}

// Page returns at most limit entries and the cursor of the next page, "" on the last. The
// first page has the cursor "". The error is a *Refusal of a cursor that is none.
func (l *Log[T]) Page(limit int, cursor string) (entries []T, next string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.first + uint64(len(l.entries)) // the page has those with smaller numbers
	if cursor != "" {
		if before, err = l.read(cursor, before); err != nil {
			return nil, "", err
		}
	}
	entries = []T{}
	number := before
	for ; number > l.first && len(entries) < limit; number-- {
		entries = append(entries, l.entries[number-1-l.first])
	}
	if number > l.first {
		next = l.write(number)
	}
	return entries, next, nil
}

// Find returns the newest entry that match accepts.
func (l *Log[T]) Find(match func(T) bool) (entry T, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, entry := range slices.Backward(l.entries) {
		if match(entry) {
			return entry, true
		}
	}
	return entry, false
}

func (l *Log[T]) write(number uint64) string {
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(l.epoch[:], number))
}

func (l *Log[T]) read(cursor string, end uint64) (uint64, error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(data) != 16 || [8]byte(data) != l.epoch {
		return 0, badCursor()
	}
	number := binary.BigEndian.Uint64(data[8:])
	if number > end {
		return 0, badCursor()
	}
	return max(number, l.first), nil // what was forgotten meanwhile is on no page
}

func badCursor() *Refusal {
	return &Refusal{Kind: InvalidCursor, Parts: []Part{{Parameter: "cursor", Detail: "is not the nextCursor of a page of this list"}}}
}
