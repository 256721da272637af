package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/internal/localca"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// Options configure a Registry. A zero value means the default.
type Options struct {
	// Region and Account stand in ARNs. Defaults "us-east-1" and "123456789012".
	Region, Account string
	// Functions finds the function that an authorizerFunctionArn names. Default:
	// [Functions] of no table, which knows http and https URLs.
	Functions func(arn string) (iotauth.Handler, error)
	// Rules takes topic rules. Default: none, and operations on rules are refused.
	Rules Rules
	// Logger is told of stored entries that do not work any more. Default: none.
	Logger *slog.Logger
}

// Registry is what AWS IoT knows of an account's devices. Make one with [Open].
type Registry struct {
	options Options
	ca      *localca.CA
	log     *journal.Log

	mu           sync.RWMutex
	seq          uint64 // of the last entry created
	things       table[Thing]
	types        table[ThingType]
	groups       table[ThingGroup]
	certificates table[Certificate]
	policies     table[Policy]
	authorizers  table[Authorizer]
	aliases      table[RoleAlias]
	rules        table[rule]
	settings     table[settings]

	// Who refers to a name.
	thingsOfType, thingsOfGroup, groupsOfParent, certificatesOfThing, certificatesOfPolicy, groupsOfPolicy index

	rulesMu sync.Mutex // one change of a rule at a time, in the engine and here

	watchMu  sync.Mutex
	watchers map[*watcher]struct{}
}

// settings are those of the account.
type settings struct {
	DefaultAuthorizer string
}

var _ gateway.Registry = (*Registry)(nil)

// Open returns the registry in a directory, which it makes where there is none and holds
// until Close: each change is on disk when the method that makes it returns. "" is a
// registry in memory.
func Open(dir string, optFns ...func(*Options)) (*Registry, error) {
	o := Options{Region: "us-east-1", Account: "123456789012", Logger: slog.New(slog.DiscardHandler)}
	for _, fn := range optFns {
		fn(&o)
	}
	if err := o.complete(); err != nil {
		return nil, err
	}
	r := newRegistry(o)
	if err := r.open(dir); err != nil {
		return nil, fmt.Errorf("registry: open %q: %w", dir, err)
	}
	return r, nil
}

func (o *Options) complete() error {
	if !regionForm.MatchString(o.Region) || !accountForm.MatchString(o.Account) {
		return fmt.Errorf("registry: region %q and account %q cannot stand in an ARN", o.Region, o.Account)
	}
	if o.Functions == nil {
		o.Functions = Functions(nil)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// newRegistry makes the tables, and the indexes that follow them.
func newRegistry(o Options) *Registry {
	r := &Registry{
		options:      o,
		thingsOfType: index{}, thingsOfGroup: index{}, groupsOfParent: index{},
		certificatesOfThing: index{}, certificatesOfPolicy: index{}, groupsOfPolicy: index{},
		watchers: map[*watcher]struct{}{},
	}
	r.things = table[Thing]{name: "thing", rows: map[string]row[Thing]{}, changed: func(key string, from, to *Thing) {
		r.thingsOfType.move(key, from.types(), to.types())
		r.thingsOfGroup.move(key, from.groups(), to.groups())
	}}
	r.types = table[ThingType]{name: "type", rows: map[string]row[ThingType]{}}
	r.groups = table[ThingGroup]{name: "group", rows: map[string]row[ThingGroup]{}, changed: func(key string, from, to *ThingGroup) {
		r.groupsOfParent.move(key, from.parents(), to.parents())
		r.groupsOfPolicy.move(key, from.policies(), to.policies())
	}}
	r.certificates = table[Certificate]{name: "certificate", rows: map[string]row[Certificate]{}, changed: func(key string, from, to *Certificate) {
		r.certificatesOfThing.move(key, from.things(), to.things())
		r.certificatesOfPolicy.move(key, from.policies(), to.policies())
	}}
	r.policies = table[Policy]{name: "policy", rows: map[string]row[Policy]{}, prepare: (*Policy).parse}
	r.authorizers = table[Authorizer]{name: "authorizer", rows: map[string]row[Authorizer]{}, prepare: r.restore}
	r.aliases = table[RoleAlias]{name: "alias", rows: map[string]row[RoleAlias]{}}
	r.rules = table[rule]{name: "rule", rows: map[string]row[rule]{}}
	r.settings = table[settings]{name: "settings", rows: map[string]row[settings]{}}
	return r
}

// tables are all tables by the names that the journal has for them.
func (r *Registry) tables() map[string]stored {
	return map[string]stored{
		r.things.name: &r.things, r.types.name: &r.types, r.groups.name: &r.groups, r.certificates.name: &r.certificates,
		r.policies.name: &r.policies, r.authorizers.name: &r.authorizers, r.aliases.name: &r.aliases, r.rules.name: &r.rules,
		r.settings.name: &r.settings,
	}
}

// open takes the directory, and reads what is in it.
func (r *Registry) open(dir string) (err error) {
	logDir := ""
	if dir != "" {
		logDir = filepath.Join(dir, "journal")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if r.log, err = journal.Open(logDir, func(o *journal.Options) { o.Logger = r.options.Logger }); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = r.log.Close()
		}
	}()
	fresh := func() (*localca.CA, error) {
		return localca.New("Local AWS IoT devices", time.Now().Add(-24*time.Hour), localca.Forever)
	}
	if dir == "" {
		r.ca, err = fresh()
	} else { // the journal's lock keeps other processes out
		r.ca, err = localca.Open(filepath.Join(dir, "ca.pem"), fresh)
	}
	if err != nil {
		return err
	}
	if err := r.replay(); err != nil {
		return err
	}
	return r.restoreRules()
}

// CA is the authority that signs the certificates of the account's devices. It lives as
// long as the registry's directory.
func (r *Registry) CA() *localca.CA { return r.ca }

// Close lets the directory go. Changes fail from now on.
func (r *Registry) Close() error {
	if err := r.log.Close(); err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	return nil
}

// arn is the ARN of a resource of the account.
func (r *Registry) arn(kind, name string) string {
	return policy.ARN{
		Partition: partition(r.options.Region), Service: "iot", Region: r.options.Region, Account: r.options.Account, Resource: kind + "/" + name,
	}.String()
}

// named returns the name in an ARN of the account's resources of a kind, "" where it is
// none.
func (r *Registry) named(kind, arn string) string {
	prefix := r.arn(kind, "")
	if len(arn) > len(prefix) && arn[:len(prefix)] == prefix {
		return arn[len(prefix):]
	}
	return ""
}

// partition is the part of AWS that a region belongs to.
func partition(region string) string {
	switch {
	case len(region) > 3 && region[:3] == "cn-":
		return "aws-cn"
	case len(region) > 7 && region[:7] == "us-gov-":
		return "aws-us-gov"
	}
	return "aws"
}

// watcher is told of changes.
type watcher struct{ changed func(certificateID string) }

// Watch is [gateway.Registry]'s: changed is called after each change of what Principal or
// Authorizer answers, by the goroutine that made the change. A change that concerns few
// certificates, such as one of a policy, names them one after another.
func (r *Registry) Watch(changed func(certificateID string)) (stop func()) {
	w := &watcher{changed}
	r.watchMu.Lock()
	r.watchers[w] = struct{}{}
	r.watchMu.Unlock()
	return func() {
		r.watchMu.Lock()
		delete(r.watchers, w)
		r.watchMu.Unlock()
	}
}

// notify tells the watchers of what a change concerns.
func (r *Registry) notify(c concern) {
	ids := c.ids()
	if len(ids) == 0 {
		return
	}
	r.watchMu.Lock()
	watchers := slices.Collect(maps.Keys(r.watchers))
	r.watchMu.Unlock()
	for _, w := range watchers {
		for _, id := range ids {
			w.changed(id)
		}
	}
}

// concern is what a change may make a gateway do otherwise.
type concern struct {
	everybody    bool
	certificates map[string]struct{}
}

// few is how many certificates are named one by one.
const few = 64

// ids are the arguments of the watchers' calls.
func (c concern) ids() []string {
	if c.everybody || len(c.certificates) > few {
		return []string{""}
	}
	return slices.Sorted(maps.Keys(c.certificates))
}

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
