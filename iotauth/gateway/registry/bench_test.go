package registry_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/askaround/askaround-go/iotauth/gateway/registry"
)

// newLarge is a registry of n things and one device.
func newLarge(b *testing.B, dir string, n int) (*registry.Registry, registry.Certificate) {
	b.Helper()
	r, err := registry.Open(dir)
	must(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	cancel() // nobody waits for each
	for i := range n {
		_, _ = r.CreateThing(ctx, registry.Thing{Name: fmt.Sprint("thing", i), Attributes: map[string]string{"serial": fmt.Sprint(i)}})
	}
	c, err := r.CreateCertificateFromCSR(b.Context(), csr(b, nameOf("device")), true)
	must(b, err)
	must(b, r.AttachThingPrincipal(b.Context(), "thing0", c.ARN, ""))
	_, err = r.CreatePolicy(b.Context(), "p", allowAll)
	must(b, err)
	must(b, r.AttachPolicy(b.Context(), "p", c.ARN))
	return r, c
}

// BenchmarkPrincipal is what each CONNECT asks.
func BenchmarkPrincipal(b *testing.B) {
	for _, n := range []int{1, 20_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r, c := newLarge(b, "", n)
			defer r.Close()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Principal(b.Context(), c.ID, "thing0"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkChange is one change of a thing, on disk when it returns: by one client, and by
// many at once, who share a sync. The baseline keeps the same registry as one file of JSON
// that is written anew.
func BenchmarkChange(b *testing.B) {
	for _, n := range []int{1_000, 20_000} {
		b.Run(fmt.Sprint("journal/", n), func(b *testing.B) {
			r, _ := newLarge(b, b.TempDir(), n)
			defer r.Close()
			for i := 0; b.Loop(); i++ {
				must(b, r.UpdateThing(b.Context(), "thing1", registry.ThingUpdate{Attributes: map[string]string{"a": fmt.Sprint(i)}}))
			}
		})
		b.Run(fmt.Sprint("journal-64-at-once/", n), func(b *testing.B) {
			r, _ := newLarge(b, b.TempDir(), n)
			defer r.Close()
			b.SetParallelism(32)
			var i atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := r.UpdateThing(b.Context(), "thing1", registry.ThingUpdate{Attributes: map[string]string{"a": fmt.Sprint(i.Add(1))}}); err != nil {
						b.Error(err)
					}
				}
			})
		})
		b.Run(fmt.Sprint("file/", n), func(b *testing.B) {
			r, _ := newLarge(b, "", n)
			defer r.Close()
			things := allThings(b, r)
			dir := b.TempDir()
			for b.Loop() {
				rewrite(b, dir, things)
			}
		})
	}
}

func allThings(b *testing.B, r *registry.Registry) (all []registry.Thing) {
	b.Helper()
	for token, first := "", true; first || token != ""; first = false {
		things, next, err := r.ListThings(registry.ThingQuery{Page: registry.Page{Token: token}})
		must(b, err)
		all, token = append(all, things...), next
	}
	return all
}

// rewrite replaces a file by all things.
func rewrite(b *testing.B, dir string, things []registry.Thing) {
	b.Helper()
	text, err := json.Marshal(things)
	must(b, err)
	f, err := os.CreateTemp(dir, "*")
	must(b, err)
	_, err = f.Write(text)
	must(b, err)
	must(b, f.Sync())
	must(b, f.Close())
	must(b, os.Rename(f.Name(), filepath.Join(dir, "registry.json")))
}

// BenchmarkOpen reads a registry of 20,000 things.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	r, _ := newLarge(b, dir, 20_000)
	must(b, r.Close())
	for b.Loop() {
		r, err := registry.Open(dir)
		must(b, err)
		must(b, r.Close())
	}
}
