package mqtt

import (
	"fmt"
	"testing"
	"time"
)

// TestRetainedPages: pages put together are every topic once, in order, whatever their size.
func TestRetainedPages(t *testing.T) {
	b, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Shutdown(t.Context())
	const n = 57
	for i := range n {
		if err := b.Publish(t.Context(), Message{Topic: fmt.Sprintf("t/%03d", i*31%n), Payload: []byte{1}, Retain: true}); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range []int{1, 2, 10, n - 1, n, n + 1} {
		after, seen := "", 0
		for {
			page := b.RetainedAfter(after, size)
			for _, r := range page {
				if want := fmt.Sprintf("t/%03d", seen); r.Topic != want || time.Since(r.At) > time.Hour {
					t.Fatalf("pages of %d: %s at %v, want %s", size, r.Topic, r.At, want)
				}
				seen++
			}
			if len(page) < size {
				break
			}
			after = page[size-1].Topic
		}
		if seen != n {
			t.Errorf("pages of %d: %d topics", size, seen)
		}
	}
	if _, ok := b.Retained("t/000"); !ok {
		t.Error("t/000 is not retained")
	}
	if _, ok := b.Retained("t/057"); ok {
		t.Error("t/057 is retained")
	}
}
