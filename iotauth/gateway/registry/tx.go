package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/askaround/askaround-go/internal/journal"
)

// tx is a change under way: what is put takes effect when all is known to be right.
type tx struct {
	*Registry
	changes []change
	effects []func()
	concern concern
	err     error // of encoding
}

// update makes a change, all of it or nothing, and waits until it is on disk. Where ctx
// ends first, whether it will be is unknown; it is in effect.
func (r *Registry) update(ctx context.Context, fn func(*tx) error) error {
	t := &tx{Registry: r}
	lsn, err := t.run(fn)
	if err != nil {
		return err
	}
	r.notify(t.concern)
	if err := r.log.Wait(ctx, lsn); err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	return nil
}

func (t *tx) run(fn func(*tx) error) (journal.LSN, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := errors.Join(fn(t), t.err); err != nil {
		if e, ok := errors.AsType[*Error](err); ok {
			return 0, e
		}
		return 0, err
	}
	if len(t.effects) == 0 {
		return 0, nil
	}
	record, err := t.encode()
	if err != nil {
		return 0, err
	}
	for _, effect := range t.effects {
		effect()
	}
	return t.log.Append(kindChange, record), nil
}

// put stages a new version of an entry, nil to delete it.
func put[T any](t *tx, in *table[T], key string, v *T) {
	seq := in.rows[key].seq
	if seq == 0 && v != nil {
		t.seq++
		seq = t.seq
	}
	t.record(in.name, key, seq, v, v == nil)
	t.effects = append(t.effects, func() { in.set(key, seq, v) })
}

// concerns names a certificate of which Principal answers otherwise now.
func (t *tx) concerns(ids ...string) {
	if t.concern.certificates == nil {
		t.concern.certificates = map[string]struct{}{}
	}
	for _, id := range ids {
		t.concern.certificates[id] = struct{}{}
	}
}

// concernsEverybody says that any certificate may be concerned.
func (t *tx) concernsEverybody() { t.concern.everybody = true }
