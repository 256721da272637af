package registry_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/gateway/registry"
)

// TestFunctions: an ARN of the table, with a version behind it, and a URL are one function.
func TestFunctions(t *testing.T) {
	hook, err := iotauth.NewWebhook(iotauth.HandlerFunc(answering))
	must(t, err)
	server := httptest.NewServer(hook)
	defer server.Close()
	r := open(t, "", withFunction)
	want := new(iotauth.Response)
	must(t, json.Unmarshal([]byte(answer), want))
	for name, arn := range map[string]string{"arn": functionARN, "alias": functionARN + ":live", "url": server.URL} {
		_, err := r.CreateAuthorizer(t.Context(), registry.Authorizer{Name: name, FunctionARN: arn, SigningDisabled: true})
		must(t, err)
		got, err := r.TestInvokeAuthorizer(t.Context(), name, "token", "", iotauth.Request{})
		must(t, err)
		if diff := cmp.Diff(marshal(t, want), marshal(t, got)); diff != "" {
			t.Errorf("%s (-the function's +here):\n%s", name, diff)
		}
	}
	_, err = r.CreateAuthorizer(t.Context(), registry.Authorizer{Name: "x", FunctionARN: functionARN + "Other", SigningDisabled: true})
	if !errors.Is(err, registry.ErrInvalid) || !strings.Contains(err.Error(), "Options.Functions") {
		t.Errorf("an ARN that the table does not have: %v", err)
	}
}

func marshal(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	must(t, err)
	return string(text)
}

// TestRotation: the old key and the new one verify, then the new one alone.
func TestRotation(t *testing.T) {
	r := open(t, "", withFunction)
	ctx := t.Context()
	sign, public := map[string]string{}, map[string]string{}
	for _, name := range []string{"old", "new", "third"} {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		must(t, err)
		signer, err := iotauth.NewSigner(key)
		must(t, err)
		sign[name], err = signer.Sign("token")
		must(t, err)
		text, err := iotauth.MarshalPublicKey(signer.Public())
		must(t, err)
		public[name] = string(text)
	}
	accepted := func(name string) bool {
		t.Helper()
		_, err := r.TestInvokeAuthorizer(ctx, "A", "token", sign[name], iotauth.Request{})
		if err != nil && !errors.Is(err, registry.ErrInvalid) {
			t.Error(err)
		}
		return err == nil
	}
	keys := func(names ...string) map[string]string {
		out := map[string]string{}
		for _, name := range names {
			out[name] = public[name]
		}
		return out
	}
	_, err := r.CreateAuthorizer(ctx, registry.Authorizer{Name: "A", FunctionARN: functionARN, TokenKeyName: "T", TokenSigningPublicKeys: keys("old")})
	must(t, err)
	for _, step := range []struct {
		keys     []string
		old, new bool
	}{{[]string{"old"}, true, false}, {[]string{"old", "new"}, true, true}, {[]string{"new"}, false, true}} {
		_, err := r.UpdateAuthorizer(ctx, "A", registry.AuthorizerUpdate{TokenSigningPublicKeys: keys(step.keys...)})
		must(t, err)
		if old, fresh := accepted("old"), accepted("new"); old != step.old || fresh != step.new {
			t.Errorf("keys %v: the old signature %v, the new one %v", step.keys, old, fresh)
		}
	}
	for name, u := range map[string]registry.AuthorizerUpdate{
		"three keys":         {TokenSigningPublicKeys: keys("old", "new", "third")},
		"a key that is none": {TokenSigningPublicKeys: map[string]string{"a": "b"}},
		"a name of a key":    {TokenSigningPublicKeys: map[string]string{"a b": public["new"]}},
		"a token key name":   {TokenKeyName: "a b"},
		"a status":           {Status: registry.Revoked},
		"a function":         {FunctionARN: "nothing"},
	} {
		if _, err := r.UpdateAuthorizer(ctx, "A", u); !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !accepted("new") {
		t.Error("a refused update changed the authorizer")
	}
}
