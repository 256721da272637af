package registry_test

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/askaround/askaround-go/internal/foreign"
	"github.com/askaround/askaround-go/iotauth/gateway/registry"
)

// TestFullDisk: a disk that is really full, a small one in memory, where the system lets a
// test mount it. What was acknowledged is there afterwards.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		foreign.Missing(t, "a small disk cannot be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	r, err := registry.Open(dir)
	must(t, err)
	done := 0
	for ; err == nil && done < 10_000; done++ {
		_, err = r.CreateThing(t.Context(), registry.Thing{Name: fmt.Sprint("t", done)})
	}
	done-- // the last one
	if refusal := (*registry.Error)(nil); !errors.Is(err, syscall.ENOSPC) || errors.As(err, &refusal) {
		t.Fatalf("%d things, then %v", done, err)
	}
	if err := r.DeleteThing(t.Context(), "t0", 0); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a change after the failure: %v", err)
	}
	if err := r.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Close: %v", err)
	}
	r, err = registry.Open(dir)
	must(t, err)
	defer r.Close()
	must(t, registry.CheckIndexes(r))
	for i := range done {
		if _, err := r.DescribeThing(fmt.Sprint("t", i)); err != nil {
			t.Errorf("acknowledged, and missing: %v", err)
		}
	}
	t.Logf("%d things fitted", done)
}
