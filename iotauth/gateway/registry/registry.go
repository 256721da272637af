package registry

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/internal/localca"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/gateway"
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
	r.things = table[Thing]{name: "thing", what: "Thing", form: thingName, rows: map[string]row[Thing]{}, changed: func(key string, from, to *Thing) {
		if to != nil {
			to.look(from)
		}
		r.thingsOfType.move(key, from.types(), to.types())
		r.thingsOfGroup.move(key, from.groups(), to.groups())
	}}
	r.types = table[ThingType]{name: "type", what: "Thing type", form: thingName, rows: map[string]row[ThingType]{}}
	r.groups = table[ThingGroup]{name: "group", what: "Thing group", form: thingName, rows: map[string]row[ThingGroup]{}, changed: func(key string, from, to *ThingGroup) {
		r.groupsOfParent.move(key, from.parents(), to.parents())
		r.groupsOfPolicy.move(key, from.policies(), to.policies())
	}}
	r.certificates = table[Certificate]{name: "certificate", what: "Certificate", form: certificateID, rows: map[string]row[Certificate]{}, changed: func(key string, from, to *Certificate) {
		r.certificatesOfThing.move(key, from.things(), to.things())
		r.certificatesOfPolicy.move(key, from.policies(), to.policies())
	}}
	r.policies = table[Policy]{name: "policy", what: "Policy", form: policyName, rows: map[string]row[Policy]{}, prepare: (*Policy).parse}
	r.authorizers = table[Authorizer]{name: "authorizer", what: "Authorizer", form: authorizerName, rows: map[string]row[Authorizer]{}, prepare: r.restore}
	r.aliases = table[RoleAlias]{name: "alias", what: "Role alias", form: aliasName, rows: map[string]row[RoleAlias]{}}
	r.rules = table[rule]{name: "rule", what: "Rule", form: ruleName, rows: map[string]row[rule]{}}
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
