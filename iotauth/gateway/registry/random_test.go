package registry_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/askaround/askaround-go/iotauth/gateway/registry"
)

// TestRandomChanges makes random changes, most of them refused, and looks whether what the
// registry keeps beside its entries still follows from them, also after a restart.
func TestRandomChanges(t *testing.T) {
	seed := newSeed(t)
	rng := rand.New(rand.NewPCG(seed, seed))
	dir := t.TempDir()
	r, err := registry.Open(dir)
	must(t, err)
	ctx := t.Context()
	var arns []string
	for range 3 {
		c, err := r.CreateCertificateFromCSR(ctx, csr(t, nameOf("device")), false)
		must(t, err)
		arns = append(arns, c.ARN)
	}
	done := 0
	for i := range 600 {
		if change(ctx, r, rng, arns) == nil {
			done++
		}
		if i%50 != 49 {
			continue
		}
		if err := registry.CheckIndexes(r); err != nil {
			t.Fatalf("seed %d, change %d: %v", seed, i, err)
		}
		if i%200 == 199 {
			must(t, r.Close())
			r, err = registry.Open(dir)
			must(t, err)
			if err := registry.CheckIndexes(r); err != nil {
				t.Fatalf("seed %d, change %d, after a restart: %v", seed, i, err)
			}
		}
	}
	must(t, r.Close())
	t.Logf("seed %d: %d of 600 changes were made", seed, done)
}

// change makes one random change.
func change(ctx context.Context, r *registry.Registry, rng *rand.Rand, arns []string) error {
	name := func(prefix string) string { return fmt.Sprint(prefix, rng.IntN(4)) }
	maybe := func(s string) string { return []string{"", s}[rng.IntN(2)] }
	arn := arns[rng.IntN(len(arns))]
	target := arn
	if g, err := r.DescribeThingGroup(name("g")); err == nil && rng.IntN(2) == 0 {
		target = g.ARN
	}
	changes := []func() error{
		func() error {
			_, err := r.CreateThing(ctx, registry.Thing{Name: name("t"), TypeName: maybe(name("k"))})
			return err
		},
		func() error { return r.UpdateThing(ctx, name("t"), registry.ThingUpdate{TypeName: name("k")}) },
		func() error { return r.UpdateThing(ctx, name("t"), registry.ThingUpdate{RemoveType: true}) },
		func() error { return r.DeleteThing(ctx, name("t"), 0) },
		func() error {
			_, err := r.CreateThingType(ctx, registry.ThingType{Name: name("k")})
			return err
		},
		func() error { return r.DeprecateThingType(ctx, name("k"), rng.IntN(2) == 0) },
		func() error { return r.DeleteThingType(ctx, name("k")) },
		func() error {
			_, err := r.CreateThingGroup(ctx, registry.ThingGroup{Name: name("g"), Parent: maybe(name("g"))})
			return err
		},
		func() error { return r.DeleteThingGroup(ctx, name("g"), 0) },
		func() error {
			return r.UpdateThingGroupsForThing(ctx, name("t"), []string{name("g")}, []string{name("g")})
		},
		func() error {
			kind := []registry.ThingPrincipalType{registry.ExclusiveThing, registry.NonExclusiveThing, registry.NonExclusiveThing}[rng.IntN(3)]
			return r.AttachThingPrincipal(ctx, name("t"), arn, kind)
		},
		func() error { return r.DetachThingPrincipal(ctx, name("t"), arn) },
		func() error {
			_, err := r.CreatePolicy(ctx, name("p"), allowAll)
			return err
		},
		func() error { return r.DeletePolicy(ctx, name("p")) },
		func() error { return r.AttachPolicy(ctx, name("p"), target) },
		func() error { return r.DetachPolicy(ctx, name("p"), target) },
		func() error { return r.DeleteCertificate(ctx, arn[len(arn)-64:], rng.IntN(8) == 0) },
	}
	return changes[rng.IntN(len(changes))]()
}
