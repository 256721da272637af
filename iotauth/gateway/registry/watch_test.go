package registry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/gateway/registry"
	"github.com/askaround/askaround-go/iotauth/policy"
)

const allowAll = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}`

// fleet is a registry with two devices, of which the first is in a group within a group.
type fleet struct {
	*registry.Registry
	first, second registry.Certificate
}

func newFleet(t testing.TB) fleet {
	t.Helper()
	f := fleet{Registry: open(t, "")}
	ctx := t.Context()
	for _, name := range []string{"thing1", "thing2", "free"} {
		_, err := f.CreateThing(ctx, registry.Thing{Name: name})
		must(t, err)
	}
	_, err := f.CreateThingGroup(ctx, registry.ThingGroup{Name: "outer"})
	must(t, err)
	_, err = f.CreateThingGroup(ctx, registry.ThingGroup{Name: "inner", Parent: "outer"})
	must(t, err)
	must(t, f.AddThingToThingGroup(ctx, "inner", "thing1"))
	for _, name := range []string{"p", "q", "unused"} {
		_, err = f.CreatePolicy(ctx, name, allowAll)
		must(t, err)
	}
	for i, c := range []*registry.Certificate{&f.first, &f.second} {
		*c, err = f.CreateCertificateFromCSR(ctx, csr(t, nameOf("device")), true)
		must(t, err)
		must(t, f.AttachThingPrincipal(ctx, fmt.Sprint("thing", i+1), c.ARN, ""))
		must(t, f.AttachPolicy(ctx, "p", c.ARN))
	}
	must(t, f.AttachPolicy(ctx, "q", f.first.ARN))
	return f
}

func (f fleet) group(t testing.TB, name string) string {
	t.Helper()
	g, err := f.DescribeThingGroup(name)
	must(t, err)
	return g.ARN
}

// TestWatchIsPrecise: each change names the certificates that it concerns, once.
func TestWatchIsPrecise(t *testing.T) {
	ctx := t.Context()
	first, second, everybody, nobody := "first", "second", "", []string(nil)
	for _, test := range []struct {
		name   string
		change func(f fleet) error
		want   []string
	}{
		{"a status is one certificate's", func(f fleet) error { return f.UpdateCertificate(ctx, f.first.ID, registry.Inactive) }, []string{first}},
		{"the same status again is no change", func(f fleet) error { return f.UpdateCertificate(ctx, f.first.ID, registry.Active) }, nobody},
		{"a policy that is attached to one", func(f fleet) error {
			_, err := f.CreatePolicyVersion(ctx, "q", allowAll, true)
			return err
		}, []string{first}},
		{"a policy that is attached to both", func(f fleet) error {
			_, err := f.CreatePolicyVersion(ctx, "p", allowAll, true)
			return err
		}, []string{first, second}},
		{"a version that is not in effect", func(f fleet) error {
			_, err := f.CreatePolicyVersion(ctx, "p", allowAll, false)
			return err
		}, nobody},
		{"a policy that nobody has", func(f fleet) error {
			_, err := f.CreatePolicyVersion(ctx, "unused", allowAll, true)
			return err
		}, nobody},
		{"a policy of a group is that of the things in groups within", func(f fleet) error {
			return f.AttachPolicy(ctx, "unused", f.group(t, "outer"))
		}, []string{first}},
		{"a thing joins a group", func(f fleet) error { return f.AddThingToThingGroup(ctx, "outer", "thing2") }, []string{second}},
		{"a thing without a certificate joins a group", func(f fleet) error { return f.AddThingToThingGroup(ctx, "outer", "free") }, nobody},
		{"a group goes", func(f fleet) error { return f.DeleteThingGroup(ctx, "inner", 0) }, []string{first}},
		{"an attachment", func(f fleet) error { return f.AttachThingPrincipal(ctx, "free", f.second.ARN, "") }, []string{second}},
		{"a thing may be any client's", func(f fleet) error {
			return f.UpdateThing(ctx, "free", registry.ThingUpdate{Attributes: map[string]string{"a": "b"}})
		}, []string{everybody}},
		{"an authorizer", func(f fleet) error {
			_, err := f.CreateAuthorizer(ctx, registry.Authorizer{Name: "A", FunctionARN: "http://localhost/", SigningDisabled: true})
			return err
		}, []string{everybody}},
		{"a role alias is not the gateway's", func(f fleet) error {
			_, err := f.CreateRoleAlias(ctx, registry.RoleAlias{Name: "a", RoleARN: "arn:aws:iam::123456789012:role/r"})
			return err
		}, nobody},
		{"what is refused changes nothing", func(f fleet) error {
			if err := f.DeleteThing(ctx, "thing1", 0); !errors.Is(err, registry.ErrInvalid) {
				return fmt.Errorf("an attached thing: %w", err)
			}
			return nil
		}, nobody},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFleet(t)
			names := map[string]string{f.first.ID: first, f.second.ID: second, "": everybody}
			var got []string
			stop := f.Watch(func(id string) { got = append(got, names[id]) })
			must(t, test.change(f))
			slices.Sort(got)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			stop()
			must(t, f.DeleteThing(ctx, "never", 0))
			before := len(got)
			must(t, f.UpdateCertificate(ctx, f.second.ID, registry.Revoked))
			if len(got) != before {
				t.Error("a watcher was told after it had stopped")
			}
		})
	}
}

// TestConcurrentChanges changes one registry from many goroutines. Whoever watches and
// asks again after each notice knows the last state in the end.
func TestConcurrentChanges(t *testing.T) {
	f := newFleet(t)
	ctx := context.WithoutCancel(t.Context())
	var mu sync.Mutex
	seen := map[string]gateway.Principal{}
	ask := func(id string) {
		ids := []string{id}
		if id == "" {
			ids = []string{f.first.ID, f.second.ID}
		}
		for _, id := range ids {
			mu.Lock() // what is asked later is kept later
			p, err := f.Principal(ctx, id, "thing1")
			seen[id] = p
			mu.Unlock()
			if err != nil {
				t.Error(err)
			}
		}
	}
	defer f.Watch(ask)()
	var work sync.WaitGroup
	for worker := range 8 {
		work.Go(func() {
			c := []registry.Certificate{f.first, f.second}[worker%2]
			for i := range 50 {
				name := fmt.Sprintf("w%d-%d", worker, i)
				_, err := f.CreateThing(ctx, registry.Thing{Name: name})
				err = errors.Join(err,
					f.UpdateCertificate(ctx, c.ID, []registry.Status{registry.Active, registry.Inactive}[(i+worker)%2]),
					f.UpdateThing(ctx, "thing1", registry.ThingUpdate{Attributes: map[string]string{"a": fmt.Sprint(i)}}),
					ignore(f.AttachPolicy(ctx, "unused", c.ARN)), ignore(f.DetachPolicy(ctx, "unused", c.ARN)),
					f.AttachThingPrincipal(ctx, name, c.ARN, ""))
				if err != nil {
					t.Error(err)
				}
				_, _, err = f.ListThings(registry.ThingQuery{Page: registry.Page{Max: 7}})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	must(t, registry.CheckIndexes(f.Registry))
	for _, id := range []string{f.first.ID, f.second.ID} {
		p, err := f.Principal(ctx, id, "thing1")
		must(t, err)
		if diff := cmp.Diff(p.Thing, seen[id].Thing); diff != "" || p.Active != seen[id].Active || len(p.Policies) != len(seen[id].Policies) {
			t.Errorf("what was asked last is not how it is: %+v, %+v", p, seen[id])
		}
	}
}

// ignore takes what another goroutine was faster with.
func ignore(err error) error {
	if errors.Is(err, registry.ErrNotFound) {
		return nil
	}
	return err
}

// TestPointers: a gateway sees by pointers what changed and what did not.
func TestPointers(t *testing.T) {
	f := newFleet(t)
	ctx := t.Context()
	ask := func() ([]*policy.Document, *policy.Thing) {
		t.Helper()
		p, err := f.Principal(ctx, f.first.ID, "thing1")
		must(t, err)
		return p.Policies, p.Thing
	}
	documents, thing := ask()
	changes := func(name string, wantDocuments, wantThing bool) {
		t.Helper()
		newDocuments, newThing := ask()
		if slices.Equal(documents, newDocuments) == wantDocuments || (thing == newThing) == wantThing {
			t.Errorf("%s: documents %v, then %v; thing %p, then %p", name, documents, newDocuments, thing, newThing)
		}
		documents, thing = newDocuments, newThing
	}
	changes("nothing", false, false)
	must(t, f.UpdateThing(ctx, "thing1", registry.ThingUpdate{Attributes: map[string]string{"a": "b"}}))
	changes("an attribute", false, true)
	must(t, f.AddThingToThingGroup(ctx, "outer", "thing2"))
	must(t, f.RemoveThingFromThingGroup(ctx, "inner", "thing1"))
	changes("a group", false, false)
	_, err := f.CreatePolicyVersion(ctx, "q", allowAll, true)
	must(t, err)
	changes("a policy", true, false)
	must(t, f.AttachThingPrincipal(ctx, "thing1", f.first.ARN, registry.ExclusiveThing))
	changes("an attachment", false, true)
}
