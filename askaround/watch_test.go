package askaround

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// watchable asks n questions and returns their ids, sorted.
func watchable(w *world, n int) []QuestionID {
	w.t.Helper()
	ids := make([]QuestionID, n)
	for i := range ids {
		ids[i] = w.ask(KindStar, Location{Lat: 40 + float64(i)/100, Lng: -74})
	}
	w.run()
	slices.Sort(ids)
	return ids
}

func (w *world) watches(i int) []QuestionID {
	w.t.Helper()
	ids, err := w.service.Watches(w.ctx(), account(i))
	if err != nil {
		w.t.Fatal(err)
	}
	return ids
}

// TestWatchList adds and takes away, each twice, and keeps the lists of two accounts apart.
func TestWatchList(t *testing.T) {
	w := newWorld(t)
	ids := watchable(w, 3)
	if got := w.watches(1); len(got) > 0 {
		t.Errorf("a new list has %v", got)
	}
	for range 2 {
		for _, id := range []QuestionID{ids[2], ids[0], ids[1]} {
			if err := w.service.Watch(w.ctx(), account(1), id); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := w.watches(1); !slices.Equal(got, ids) {
		t.Errorf("watches %v, want %v", got, ids)
	}
	if got := w.watches(2); len(got) > 0 {
		t.Errorf("another's list has %v", got)
	}
	for range 2 {
		if err := w.service.Unwatch(w.ctx(), account(1), ids[1]); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.watches(1); !slices.Equal(got, []QuestionID{ids[0], ids[2]}) {
		t.Errorf("watches %v", got)
	}
	for _, id := range ids {
		if err := w.service.Unwatch(w.ctx(), account(1), id); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.watches(1); len(got) > 0 {
		t.Errorf("an emptied list has %v", got)
	}
}

// TestWatchListFull adds to one list from several sides at once: it never holds more than
// it may, and what is on it may be watched again.
func TestWatchListFull(t *testing.T) {
	w := newWorld(t)
	ids := watchable(w, MaxWatches+4)
	var group sync.WaitGroup
	refused := make([]error, len(ids))
	for i, id := range ids {
		group.Go(func() { refused[i] = w.service.Watch(w.ctx(), account(1), id) })
	}
	group.Wait()
	full := 0
	for _, err := range refused {
		if errors.Is(err, ErrWatchListFull) {
			full++
		} else if err != nil {
			t.Error(err)
		}
	}
	got := w.watches(1)
	if len(got) != MaxWatches || full != 4 {
		t.Fatalf("%d questions watched, %d refused", len(got), full)
	}
	if err := w.service.Watch(w.ctx(), account(1), got[0]); err != nil {
		t.Errorf("watched already: %v", err)
	}
}

// TestWatchNothing wants questions that are there.
func TestWatchNothing(t *testing.T) {
	w := newWorld(t)
	id := watchable(w, 1)[0]
	absent := id[:len(id)-1] + "0"
	if absent == id {
		absent = id[:len(id)-1] + "1"
	}
	for why, id := range map[string]QuestionID{"no id": "x", "absent": absent} {
		if err := w.service.Watch(w.ctx(), account(1), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", why, err)
		}
	}
	if err := w.service.Unwatch(w.ctx(), account(1), "x"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unwatch no id: %v", err)
	}
	w.clock.Advance(QuestionLifetime + time.Hour)
	if err := w.service.Watch(w.ctx(), account(1), id); !errors.Is(err, ErrNotFound) {
		t.Errorf("expired: %v", err)
	}
	if got := fmt.Sprint(w.watches(1)); got != "[]" {
		t.Errorf("watches %s", got)
	}
}
