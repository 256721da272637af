package registry_test

import (
	"context"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/gateway/registry"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// TestPrincipal is what the gateway is told about a certificate.
func TestPrincipal(t *testing.T) {
	f := newFleet(t)
	ctx := t.Context()
	must(t, f.AttachPolicy(ctx, "unused", f.group(t, "outer")))
	for _, test := range []struct {
		name, clientID string
		thing          *policy.Thing
		own, group     int
	}{
		{"its own name", "thing1", &policy.Thing{Name: "thing1", Attached: true}, 2, 1},
		{"the name of another thing", "thing2", &policy.Thing{Name: "thing2"}, 2, 0},
		{"a name that is no thing's", "nobody", nil, 2, 0},
		{"HTTPS has no client id", "", nil, 2, 0},
	} {
		p, err := f.Principal(ctx, f.first.ID, test.clientID)
		if err != nil || !p.Active || len(p.Policies) != test.own || len(p.GroupPolicies) != test.group {
			t.Errorf("%s: %+v, %v", test.name, p, err)
		}
		if diff := cmp.Diff(test.thing, p.Thing); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	must(t, f.AttachThingPrincipal(ctx, "thing1", f.first.ARN, registry.ExclusiveThing))
	p, err := f.Principal(ctx, f.first.ID, "thing2")
	if want := (&policy.Thing{Name: "thing1", Attached: true, Exclusive: true}); err != nil || !cmp.Equal(p.Thing, want) {
		t.Errorf("attached exclusively: %+v, %v", p.Thing, err)
	}
	if _, err := f.Principal(ctx, strings.Repeat("0", 64), ""); !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("a certificate that nobody registered: %v", err)
	}
}

// TestReopen: all that was registered is there again, and says the same.
func TestReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	ctx := t.Context()
	rules := newEngine()
	options := func(o *registry.Options) { withFunction(o); o.Rules = rules }
	r, err := registry.Open(dir, options)
	must(t, err)
	if _, err := registry.Open(dir); !errors.Is(err, journal.ErrLocked) {
		t.Errorf("a second registry in the directory: %v", err)
	}
	c, keys := fill(t, r)
	before := contents(t, r, c)
	must(t, r.Close())
	if err := r.DeleteRoleAlias(ctx, "alias"); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("a change after Close: %v", err)
	}
	secret(t, dir, keys.PrivateKey)

	rules = newEngine()
	r, err = registry.Open(dir, options)
	must(t, err)
	if diff := cmp.Diff(before, contents(t, r, c)); diff != "" {
		t.Errorf("after a restart (-before +after):\n%s", diff)
	}
	if _, err := tls.X509KeyPair([]byte(c.PEM), []byte(keys.PrivateKey)); err != nil {
		t.Errorf("the device's certificate and key: %v", err)
	}
	_, err = parse(t, c.PEM).Verify(x509.VerifyOptions{Roots: r.CA().Pool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	must(t, err)
	a, err := r.Authorizer(ctx, "")
	must(t, err)
	response, err := a.Invoke(ctx, "token", "", iotauth.Request{})
	if err != nil || response.PrincipalID != "principal7" {
		t.Errorf("the default authorizer: %+v, %v", response, err)
	}
	must(t, registry.CheckIndexes(r))
	must(t, registry.Compact(ctx, r))
	must(t, r.Close())

	rules = newEngine()
	r, err = registry.Open(dir, options)
	must(t, err)
	if diff := cmp.Diff(before, contents(t, r, c)); diff != "" {
		t.Errorf("after a compaction (-before +after):\n%s", diff)
	}
	must(t, registry.CheckIndexes(r))
	must(t, r.Close())

	r = open(t, dir) // without functions and rules
	a, err = r.Authorizer(ctx, "A")
	must(t, err)
	if _, err := a.Invoke(ctx, "token", "", iotauth.Request{}); !errors.Is(err, iotauth.ErrHandler) {
		t.Errorf("an authorizer whose function is not known any more: %v", err)
	}
	if _, err := r.GetTopicRule("r1"); !errors.Is(err, registry.ErrInvalid) || !strings.Contains(err.Error(), "Options.Rules") {
		t.Errorf("a rule without an engine: %v", err)
	}
}

// fill registers one of everything.
func fill(t testing.TB, r *registry.Registry) (registry.Certificate, registry.KeyPair) {
	t.Helper()
	ctx := t.Context()
	_, err := r.CreateThingType(ctx, registry.ThingType{Name: "k", Description: "d", SearchableAttributes: []string{"a"}})
	must(t, err)
	_, err = r.CreateThing(ctx, registry.Thing{Name: "t", TypeName: "k", Attributes: map[string]string{"a": "b"}})
	must(t, err)
	_, err = r.CreateThingGroup(ctx, registry.ThingGroup{Name: "g", Attributes: map[string]string{"a": "b"}})
	must(t, err)
	must(t, r.AddThingToThingGroup(ctx, "g", "t"))
	c, keys, err := r.CreateKeysAndCertificate(ctx, true)
	must(t, err)
	_, err = r.CreatePolicy(ctx, "p", allowAll)
	must(t, err)
	_, err = r.CreatePolicyVersion(ctx, "p", allowAll, true)
	must(t, err)
	must(t, r.DeletePolicyVersion(ctx, "p", "1"))
	must(t, r.AttachPolicy(ctx, "p", c.ARN))
	must(t, r.AttachThingPrincipal(ctx, "t", c.ARN, registry.ExclusiveThing))
	_, err = r.CreateAuthorizer(ctx, registry.Authorizer{Name: "A", FunctionARN: functionARN, SigningDisabled: true, Status: registry.Active})
	must(t, err)
	_, err = r.SetDefaultAuthorizer(ctx, "A")
	must(t, err)
	_, err = r.CreateRoleAlias(ctx, registry.RoleAlias{Name: "alias", RoleARN: "arn:aws:iam::123456789012:role/r"})
	must(t, err)
	must(t, r.CreateTopicRule(ctx, "r1", []byte(`{"sql":"SELECT * FROM 'a'","actions":[]}`)))
	_, err = r.CreateThing(ctx, registry.Thing{Name: "gone"})
	must(t, err)
	must(t, r.DeleteThing(ctx, "gone", 0))
	must(t, r.EnableTopicRule(ctx, "r1", false))
	return c, keys
}

// contents are all that a registry tells.
func contents(t testing.TB, r *registry.Registry, c registry.Certificate) map[string]any {
	t.Helper()
	out := map[string]any{}
	add := func(name string, v any, err error) {
		t.Helper()
		must(t, err)
		out[name] = fmt.Sprintf("%+v", v)
	}
	things, _, err := r.ListThings(registry.ThingQuery{})
	add("things", things, err)
	types, _, err := r.ListThingTypes("", registry.Page{})
	add("types", types, err)
	groups, _, err := r.ListThingGroups(registry.ThingGroupQuery{})
	add("groups", groups, err)
	certificates, _, err := r.ListCertificates(registry.Page{})
	add("certificates", certificates, err)
	authorizer, err := r.DescribeDefaultAuthorizer()
	authorizer = registry.Authorizer{Name: authorizer.Name, FunctionARN: authorizer.FunctionARN, Status: authorizer.Status, Created: authorizer.Created}
	add("authorizer", authorizer, err)
	aliases, _, err := r.ListRoleAliases(registry.Page{})
	add("aliases", aliases, err)
	rule, err := r.GetTopicRule("r1")
	add("rule", string(rule.Payload)+rule.Created.String(), err)
	effective, err := r.GetEffectivePolicies(c.ARN, "t")
	add("effective", effective, err)
	principals, _, err := r.ListThingPrincipals("t", "", registry.Page{})
	add("principals", principals, err)
	out["ca"] = string(r.CA().PEM())
	return out
}

// secret fails where a file of the directory holds a device's private key, or where the
// authority's can be read by others.
func secret(t testing.TB, dir, key string) {
	t.Helper()
	line := strings.Split(key, "\n")[3]
	must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), line) || strings.Contains(string(text), "RSA PRIVATE KEY") {
			t.Errorf("%s holds the device's private key", path)
		}
		if info, _ := d.Info(); strings.Contains(string(text), "PRIVATE KEY") && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	}))
}

// TestCounts are limits that the API's model does not have.
func TestCounts(t *testing.T) {
	r := open(t, "")
	ctx := t.Context()
	until := func(name string, most int, want error, create func(i int) error) {
		t.Helper()
		for i := range most {
			if err := create(i); err != nil {
				t.Fatalf("%s %d: %v", name, i, err)
			}
		}
		if err := create(most); !errors.Is(err, want) {
			t.Errorf("%s %d: %v, want %v", name, most, err, want)
		}
	}
	until("authorizer", registry.MaxAuthorizers, registry.ErrLimitExceeded, func(i int) error {
		_, err := r.CreateAuthorizer(ctx, registry.Authorizer{Name: fmt.Sprint(i), FunctionARN: "http://localhost/", SigningDisabled: true})
		return err
	})
	until("role alias", registry.MaxRoleAliases, registry.ErrLimitExceeded, func(i int) error {
		_, err := r.CreateRoleAlias(ctx, registry.RoleAlias{Name: fmt.Sprint(i), RoleARN: "arn:aws:iam::123456789012:role/r"})
		return err
	})
	until("attached policy", registry.MaxPoliciesAttached, registry.ErrLimitExceeded, func() func(int) error {
		c, err := r.RegisterCertificateWithoutCA(ctx, leafPEM(t, outsider(t)), "")
		must(t, err)
		return func(i int) error {
			_, err := r.CreatePolicy(ctx, fmt.Sprint(i), allowAll)
			must(t, err)
			return r.AttachPolicy(ctx, fmt.Sprint(i), c.ARN)
		}
	}())
	until("group within a group", registry.MaxGroupDepth, registry.ErrInvalid, func(i int) error {
		g := registry.ThingGroup{Name: fmt.Sprint("deep", i)}
		if i > 0 {
			g.Parent = fmt.Sprint("deep", i-1)
		}
		_, err := r.CreateThingGroup(ctx, g)
		return err
	})
	_, err := r.CreateThing(ctx, registry.Thing{Name: "t"})
	must(t, err)
	until("group of a thing", registry.MaxGroupsOfThing, registry.ErrInvalid, func(i int) error {
		_, err := r.CreateThingGroup(ctx, registry.ThingGroup{Name: fmt.Sprint("of", i)})
		must(t, err)
		return r.AddThingToThingGroup(ctx, fmt.Sprint("of", i), "t")
	})
	_, err = r.CreateThingGroup(ctx, registry.ThingGroup{Name: "parent"})
	must(t, err)
	until("child group", registry.MaxChildGroups, registry.ErrInvalid, func(i int) error {
		_, err := r.CreateThingGroup(ctx, registry.ThingGroup{Name: fmt.Sprint("child", i), Parent: "parent"})
		return err
	})
	until("attribute without a type", registry.MaxAttributesWithoutType, registry.ErrInvalid, func(i int) error {
		return r.UpdateThing(ctx, "t", registry.ThingUpdate{Attributes: map[string]string{fmt.Sprint(i): "x"}, Merge: true})
	})
	_, err = r.CreateThingType(ctx, registry.ThingType{Name: "k"})
	must(t, err)
	must(t, r.UpdateThing(ctx, "t", registry.ThingUpdate{TypeName: "k", Attributes: map[string]string{}}))
	until("attribute with a type", registry.MaxAttributes, registry.ErrInvalid, func(i int) error {
		return r.UpdateThing(ctx, "t", registry.ThingUpdate{Attributes: map[string]string{fmt.Sprint(i): "x"}, Merge: true})
	})
}

// TestPolicyText: white space is free, and the place of a fault is told.
func TestPolicyText(t *testing.T) {
	r := open(t, "")
	long := func(n int) string { // n characters without white space
		head, tail := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:Publish","Resource":"`, `"}}`
		arn := "arn:aws:iot:us-east-1:123456789012:topic/"
		return head + arn + strings.Repeat("x", n-len(head)-len(tail)-len(arn)) + tail
	}
	for _, test := range []struct {
		name, text, say string
	}{
		{"as long as may be", long(policy.MaxSize), ""},
		{"and white space besides", strings.Repeat(" \n", 5000) + long(policy.MaxSize), ""},
		{"one more", long(policy.MaxSize + 1), "2049 characters"},
		{"no JSON", "{\n  oops", "2:3"},
		{"no policy", `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:Publish", "Resource": "topic/a"}]}`, "ARN"},
		{"more text than the API takes", strings.Repeat(" ", registry.MaxPolicyText+1), "404600"},
	} {
		_, err := r.CreatePolicy(t.Context(), strings.ReplaceAll(test.name, " ", "-"), test.text)
		if test.say == "" && err != nil || test.say != "" && (!errors.Is(err, registry.ErrMalformedPolicy) || !strings.Contains(err.Error(), test.say)) {
			t.Errorf("%s: %v, want %q", test.name, err, test.say)
		}
	}
}

// TestRequests: whose keys are signed, and whose are not.
func TestRequests(t *testing.T) {
	r := open(t, "")
	request := func(curve elliptic.Curve) string {
		der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: nameOf("x")}, newKeyOn(t, curve))
		must(t, err)
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	must(t, err)
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: nameOf("x")}, short)
	must(t, err)
	broken := []byte(csr(t, nameOf("x")))
	block, _ := pem.Decode(broken)
	block.Bytes[len(block.Bytes)-4] ^= 1 // in the signature
	for _, test := range []struct {
		name, csr string
		takes     bool
	}{
		{"P-256", request(elliptic.P256()), true},
		{"P-384", request(elliptic.P384()), true},
		{"P-521", request(elliptic.P521()), true},
		{"P-224", request(elliptic.P224()), false},
		{"RSA of 1024 bits", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})), false},
		{"a signature of something else", string(pem.EncodeToMemory(block)), false},
		{"no PEM", "x", false},
	} {
		c, err := r.CreateCertificateFromCSR(t.Context(), test.csr, false)
		if test.takes != (err == nil) || !test.takes && !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("%s: %v", test.name, err)
		}
		if err == nil && parse(t, c.PEM).Subject.CommonName != "x" {
			t.Errorf("%s: the subject is %v", test.name, parse(t, c.PEM).Subject)
		}
	}
}

// TestCanceled: who does not wait learns that the outcome is unknown.
func TestCanceled(t *testing.T) {
	r := open(t, t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), -time.Second)
	defer cancel()
	if _, err := r.CreateThing(ctx, registry.Thing{Name: "t"}); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a change that nobody waits for: %v", err)
	}
	if _, err := r.DescribeThing("t"); err != nil {
		t.Errorf("it is in effect: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, option := range map[string]func(*registry.Options){
		"region":  func(o *registry.Options) { o.Region = "us east" },
		"account": func(o *registry.Options) { o.Account = "1" },
	} {
		if _, err := registry.Open("", option); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	if _, err := registry.Open(file); err == nil {
		t.Error("a file was taken for a directory")
	}
}
