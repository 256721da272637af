package oidcauth

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/devissuer"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE") // breaks clients that bring their own transport
	os.Exit(m.Run())
}

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

const audience = "askaround"

// own lets a client do what it likes below its subject's topics, and operators read all.
func own() []Grant {
	return []Grant{
		{Policy: policy.New(
			policy.Allow(policy.Connect).On(policy.Client("${claim:sub}")),
			policy.Allow(policy.Publish, policy.Receive).On(policy.Topic("users/${claim:sub}/*")),
			policy.Allow(policy.Subscribe).On(policy.TopicFilter("users/${claim:sub}/*")),
		)},
		{Policy: policy.New(policy.Allow(policy.Receive).On(policy.Topic("users/*"))), Claim: "groups", Value: "operators"},
	}
}

// issue returns an issuer in process and an Authorizer for its tokens.
func issue(t testing.TB, grants []Grant, optFns ...func(*Options)) (*devissuer.Issuer, *Authorizer) {
	t.Helper()
	issuer, err := devissuer.New("http://issuer.example", func(o *devissuer.Options) { o.Clock = clock })
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(issuer.URL(), audience, grants, append(optFns, func(o *Options) { o.HTTPClient, o.Clock = issuer.Client(), clock })...)
	if err != nil {
		t.Fatal(err)
	}
	return issuer, a
}

// claimed asks an Authorizer about a token of these claims beside the usual ones, whose
// signature is already verified.
func claimed(t testing.TB, a *Authorizer, more map[string]any) *iotauth.Response {
	t.Helper()
	all := map[string]any{"iss": "http://issuer.example", "aud": audience, "sub": "ann", "exp": now.Add(time.Hour).Unix()}
	for name, value := range more {
		all[name] = value
	}
	payload, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	token := "e30." + base64.RawURLEncoding.EncodeToString(payload)
	response, err := a.Authorize(t.Context(), &iotauth.Request{Token: token, SignatureVerified: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Validate(nil); err != nil {
		t.Errorf("the answer for %v is invalid: %v", more, err)
	}
	return response
}

func split(o *Options) { o.SplitTokens = true }

// allows asks the policies of an answer.
func allows(t testing.TB, r *iotauth.Response, action policy.Action, name string) bool {
	t.Helper()
	set, err := policy.Compile(r.PolicyDocuments...)
	if err != nil {
		t.Fatal(err)
	}
	resource := "arn:aws:iot:eu-west-1:123456789012:" + string(action.ResourceType()) + "/" + name
	return set.Evaluate(policy.Request{Action: action, Resource: resource}).Allowed()
}

// TestToken goes the whole way with an issuer's token: in the request, in the password,
// through the webhook.
func TestToken(t *testing.T) {
	issuer, a := issue(t, own())
	if err := a.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Mint("ann")
	if err != nil {
		t.Fatal(err)
	}
	hook, err := iotauth.NewWebhook(a)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(hook)
	defer server.Close()
	remote, err := iotauth.NewRemote(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	password := &iotauth.Request{ProtocolData: &iotauth.ProtocolData{MQTT: &iotauth.MQTTData{Password: []byte(token)}}}
	for why, row := range map[string]struct {
		handler iotauth.Handler
		request *iotauth.Request
	}{
		"token":                    {a, &iotauth.Request{Token: token}},
		"password":                 {a, password},
		"password through webhook": {remote, password},
	} {
		r, err := row.handler.Authorize(t.Context(), row.request)
		if err != nil || r.Validate(row.request) != nil {
			t.Fatalf("%s: %+v, %v", why, r, err)
		}
		if r.PrincipalID != PrincipalID(issuer.URL(), "ann") || r.DisconnectAfter != 12*time.Hour || r.RefreshAfter != time.Hour {
			t.Errorf("%s: %+v", why, r)
		}
		if !allows(t, r, policy.Publish, "users/ann/t") || allows(t, r, policy.Publish, "users/bob/t") ||
			!allows(t, r, policy.Connect, "ann") || allows(t, r, policy.Receive, "users/bob/t") {
			t.Errorf("%s: policies %v", why, r.PolicyDocuments)
		}
	}
}

func TestRefusals(t *testing.T) {
	var log bytes.Buffer
	issuer, a := issue(t, own(), func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	token, err := issuer.Mint("ann")
	if err != nil {
		t.Fatal(err)
	}
	slash, err := issuer.Mint("ann/../bob")
	if err != nil {
		t.Fatal(err)
	}
	for why, request := range map[string]*iotauth.Request{
		"nothing":              {},
		"no JWT":               {Token: "allow", SignatureVerified: true},
		"another signature":    {Token: token[:len(token)-8] + "AAAAAAAA"},
		"two parts, unsplit":   {Token: token[:strings.LastIndex(token, ".")], SignatureVerified: true},
		"a subject of two":     {Token: slash},
		"empty MQTT":           {ProtocolData: &iotauth.ProtocolData{MQTT: &iotauth.MQTTData{}}},
		"the password is none": {ProtocolData: &iotauth.ProtocolData{MQTT: &iotauth.MQTTData{Password: []byte("x")}}},
	} {
		log.Reset()
		r, err := a.Authorize(t.Context(), request)
		if err != nil || r.IsAuthenticated || len(r.PolicyDocuments) > 0 {
			t.Errorf("%s: %+v, %v", why, r, err)
		}
		if !strings.Contains(log.String(), "client refused") || request.Token != "" && strings.Contains(log.String(), request.Token) || strings.Contains(log.String(), "bob") {
			t.Errorf("%s: log %s", why, &log)
		}
	}
}

// TestSplitTokens: two parts are enough where AWS IoT verified them, and only there.
func TestSplitTokens(t *testing.T) {
	issuer, a := issue(t, own(), split)
	token, err := issuer.Mint("ann")
	if err != nil {
		t.Fatal(err)
	}
	two := token[:strings.LastIndex(token, ".")]
	for why, row := range map[string]struct {
		request iotauth.Request
		want    bool
	}{
		"verified":              {iotauth.Request{Token: two, SignatureVerified: true}, true},
		"not verified":          {iotauth.Request{Token: two}, false},
		"whole":                 {iotauth.Request{Token: token}, true},
		"no base64":             {iotauth.Request{Token: "e30.*", SignatureVerified: true}, false},
		"no claims":             {iotauth.Request{Token: "e30.e30", SignatureVerified: true}, false},
		"password, not a token": {iotauth.Request{SignatureVerified: true, ProtocolData: &iotauth.ProtocolData{MQTT: &iotauth.MQTTData{Password: []byte(two)}}}, false},
	} {
		if r, err := a.Authorize(t.Context(), &row.request); err != nil || r.IsAuthenticated != row.want {
			t.Errorf("%s: %+v, %v", why, r, err)
		}
	}
}

func TestUnavailable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	a, err := New(server.URL, audience, own())
	if err != nil {
		t.Fatal(err)
	}
	issuer, _ := issue(t, own())
	token, err := issuer.Mint("ann")
	if err != nil {
		t.Fatal(err)
	}
	if r, err := a.Authorize(t.Context(), &iotauth.Request{Token: token}); !errors.Is(err, ErrUnavailable) || r != nil {
		t.Errorf("%+v, error %v", r, err)
	}
	if err := a.Ready(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Ready: %v", err)
	}
}

// TestTimes: a connection ends with its token, within what AWS IoT knows.
func TestTimes(t *testing.T) {
	_, a := issue(t, own(), split, func(o *Options) { o.DisconnectAfter, o.RefreshAfter = 4*time.Hour, 2*time.Hour })
	for remaining, want := range map[time.Duration][2]time.Duration{
		10 * time.Hour:          {4 * time.Hour, 2 * time.Hour},
		3 * time.Hour:           {3 * time.Hour, 2 * time.Hour},
		time.Hour:               {time.Hour, time.Hour},
		time.Minute:             {5 * time.Minute, 5 * time.Minute},
		-10 * time.Second:       {5 * time.Minute, 5 * time.Minute}, // within the leeway
		time.Hour + time.Second: {time.Hour + time.Second, time.Hour + time.Second},
	} {
		r := claimed(t, a, map[string]any{"exp": now.Add(remaining).Unix()})
		if got := [2]time.Duration{r.DisconnectAfter, r.RefreshAfter}; got != want {
			t.Errorf("%v remain: %v, want %v", remaining, got, want)
		}
	}
}

// TestCertificatePrincipal: AWS IoT wants the certificate's principal where there is one.
func TestCertificatePrincipal(t *testing.T) {
	issuer, a := issue(t, own())
	token, err := issuer.Mint("ann")
	if err != nil {
		t.Fatal(err)
	}
	request := &iotauth.Request{Token: token, ProtocolData: &iotauth.ProtocolData{TLS: &iotauth.TLSData{PrincipalID: "c0ffee"}}}
	r, err := a.Authorize(t.Context(), request)
	if err != nil || r.PrincipalID != "c0ffee" || r.Validate(request) != nil {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestInjection tries claims that would say more than a name. None of them may widen what
// the client can do; each is refused, by a reason that does not repeat it.
func TestInjection(t *testing.T) {
	_, a := issue(t, own(), split)
	for _, sub := range []string{
		"*", "a*", "?", "+", "#", "a/b", "/", "${iot:ClientId}", "$", "${*}", "a+b@example.com", "a\x00", "a\n", "\u0085",
		"a\ufffd", strings.Repeat("a", maxValue+1),
	} {
		if r := claimed(t, a, map[string]any{"sub": sub}); r.IsAuthenticated {
			t.Errorf("subject %q is let in with %v", sub, r.PolicyDocuments)
		}
	}
	for _, sub := range []string{"ann", "auth0|5f7c8ec7c33c6c004bbafe82", "ann@example.com", "Grüße ☂", "a}b{c", "a.b-c_d~e", "sub}${", "arn:aws:iot:*"} {
		r := claimed(t, a, map[string]any{"sub": sub})
		if strings.ContainsAny(sub, "*$") {
			if r.IsAuthenticated {
				t.Errorf("subject %q is let in", sub)
			}
			continue
		}
		if !r.IsAuthenticated || !allows(t, r, policy.Publish, "users/"+sub+"/t") || allows(t, r, policy.Publish, "users/"+sub+"x/t") {
			t.Errorf("subject %q: %+v", sub, r)
		}
	}
}

// FuzzInjection asks policies, whatever the subject is, about the topics of another.
func FuzzInjection(f *testing.F) {
	for _, sub := range []string{"ann", "*", "?", "vi?tim", "victim/x", "+", "${iot:ClientId}", "${*}", "\x00"} {
		f.Add(sub)
	}
	_, a := issue(f, own(), split)
	f.Fuzz(func(t *testing.T, sub string) {
		if sub == "" || sub == "victim" {
			return
		}
		r := claimed(t, a, map[string]any{"sub": sub})
		for action, names := range map[policy.Action][]string{
			policy.Connect:   {"victim"},
			policy.Publish:   {"users/victim/t", "users/+/t", "admin"},
			policy.Subscribe: {"users/victim/#", "users/+/t", "users/#", "#", "+/+/+"},
		} {
			for _, name := range names {
				if r.IsAuthenticated && allows(t, r, action, name) {
					t.Errorf("subject %q may %s %s", sub, action, name)
				}
			}
		}
	})
}

func TestGrants(t *testing.T) {
	_, a := issue(t, own(), split)
	for why, row := range map[string]struct {
		groups any
		want   bool
	}{
		"in a list":        {[]string{"x", "operators"}, true},
		"the value":        {"operators", true},
		"among words":      {"x operators", true},
		"not in the list":  {[]string{"x"}, false},
		"part of a word":   {"operatorsx", false},
		"part of a member": {[]string{"x operators", "y"}, false},
		"an empty list":    {[]string{}, false},
		"null":             {nil, false},
		"an object":        {map[string]any{"operators": true}, false},
	} {
		r := claimed(t, a, map[string]any{"groups": row.groups})
		if got := allows(t, r, policy.Receive, "users/bob/t"); got != row.want {
			t.Errorf("%s: operator %v, want %v", why, got, row.want)
		}
	}
	_, closed := issue(t, own()[1:], split)
	if r := claimed(t, closed, nil); r.IsAuthenticated {
		t.Errorf("without a grant: %+v", r)
	}
}

func TestListsMultiply(t *testing.T) {
	grants := []Grant{{Policy: policy.New(
		policy.Allow(policy.Publish).On(policy.Topic("sites/${claim:site}/rooms/${claim:room}"), policy.Topic("all")),
		policy.Deny(policy.Publish).On(policy.Topic("sites/*/rooms/${claim:closed}")),
	)}}
	_, a := issue(t, grants, split)
	r := claimed(t, a, map[string]any{"site": []any{"a", 7, true}, "room": []string{"1", "2"}, "closed": []string{}})
	for name, want := range map[string]bool{
		"sites/a/rooms/1": true, "sites/7/rooms/2": true, "sites/true/rooms/1": true, "all": true,
		"sites/a/rooms/3": false, "sites/b/rooms/1": false,
	} {
		if got := allows(t, r, policy.Publish, name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	r = claimed(t, a, map[string]any{"site": "a", "room": []string{"1", "2"}, "closed": "2"})
	if !allows(t, r, policy.Publish, "sites/a/rooms/1") || allows(t, r, policy.Publish, "sites/a/rooms/2") {
		t.Errorf("the closed room: %v", r.PolicyDocuments)
	}
	many := make([]string, 17)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for why, claims := range map[string]map[string]any{
		"a claim is missing":  {"site": "a", "closed": "2"},
		"a denial is missing": {"site": "a", "room": "1"},
		"null":                {"site": "a", "room": "1", "closed": nil},
		"an object":           {"site": map[string]any{}, "room": "1", "closed": "2"},
		"no integer":          {"site": 1.5, "room": "1", "closed": "2"},
		"a list in a list":    {"site": []any{[]any{"a"}}, "room": "1", "closed": "2"},
		"one bad of many":     {"site": []string{"a", "*"}, "room": "1", "closed": "2"},
		"too many":            {"site": many, "room": many, "closed": "2"},
	} {
		if r := claimed(t, a, claims); r.IsAuthenticated {
			t.Errorf("%s: let in with %v", why, r.PolicyDocuments)
		}
	}
}

// TestEmptyListsAreSafe: nothing to leave out, and nothing to compare with, is no policy.
func TestEmptyListsAreSafe(t *testing.T) {
	for why, d := range map[string]*policy.Document{
		"NotResource": policy.New(policy.Allow(policy.Publish).Except(policy.Topic("${claim:list}"))),
		"condition":   policy.New(policy.Allow(policy.Publish).On("*").When("ForAllValues:StringEquals", "aws:TagKeys", "${claim:list}")),
	} {
		_, a := issue(t, []Grant{{Policy: d}}, split)
		if r := claimed(t, a, map[string]any{"list": []string{}}); r.IsAuthenticated {
			t.Errorf("%s: let in with %v", why, r.PolicyDocuments)
		}
		if r := claimed(t, a, map[string]any{"list": []string{"a", "b"}}); !r.IsAuthenticated || strings.Contains(r.PolicyDocuments[0].String(), "claim") {
			t.Errorf("%s: %+v", why, r)
		}
	}
	onlyLists := policy.New(policy.Allow(policy.Publish).On(policy.Topic("${claim:list}")))
	_, a := issue(t, []Grant{{Policy: onlyLists}}, split)
	if r := claimed(t, a, map[string]any{"list": []string{}}); r.IsAuthenticated {
		t.Errorf("no statement is left: %+v", r)
	}
}

// TestVariablesStay: those of AWS IoT are the gateway's to substitute.
func TestVariablesStay(t *testing.T) {
	d := policy.New(policy.Allow(policy.Publish).On(policy.Topic("${claim:sub}/${iot:ClientId}/${*}")))
	_, a := issue(t, []Grant{{Policy: d}}, split)
	r := claimed(t, a, nil)
	if want := "arn:aws:iot:*:*:topic/ann/${iot:ClientId}/${*}"; r.PolicyDocuments[0].Statements[0].Resource[0] != want {
		t.Errorf("resource %v, want %s", r.PolicyDocuments[0].Statements[0].Resource, want)
	}
	if strings.Contains(d.String(), "ann") {
		t.Error("the template itself was filled")
	}
}

func TestNewRefuses(t *testing.T) {
	valid := own()
	one := func(s policy.Statement) []Grant { return []Grant{{Policy: policy.New(s)}} }
	for why, row := range map[string]struct {
		issuer, audience string
		grants           []Grant
		change           func(*Options)
	}{
		"no issuer":               {"", "a", valid, func(*Options) {}},
		"no audience":             {"https://issuer.example", "", valid, func(*Options) {}},
		"no grant":                {"https://issuer.example", "a", nil, func(*Options) {}},
		"eleven grants":           {"https://issuer.example", "a", make([]Grant, 11), func(*Options) {}},
		"no policy":               {"https://issuer.example", "a", []Grant{{}}, func(*Options) {}},
		"no statement":            {"https://issuer.example", "a", []Grant{{Policy: policy.New()}}, func(*Options) {}},
		"a claim without a value": {"https://issuer.example", "a", []Grant{{Policy: valid[0].Policy, Claim: "groups"}}, func(*Options) {}},
		"an open placeholder":     {"https://issuer.example", "a", one(policy.Allow(policy.Publish).On("arn:aws:iot:*:*:topic/${claim:sub")), func(*Options) {}},
		"a nameless placeholder":  {"https://issuer.example", "a", one(policy.Allow(policy.Publish).Except("arn:aws:iot:*:*:topic/${claim:}")), func(*Options) {}},
		"an open condition":       {"https://issuer.example", "a", one(policy.Allow(policy.Publish).On("*").When("StringEquals", "iot:ClientId", "${claim:")), func(*Options) {}},
		"a placeholder as key":    {"https://issuer.example", "a", one(policy.Allow(policy.Publish).On("*").When("StringEquals", "${claim:x}", "x")), func(*Options) {}},
		"a placeholder as action": {"https://issuer.example", "a", one(policy.Allow("iot:${claim:x}").On("*")), func(*Options) {}},
		"no resource":             {"https://issuer.example", "a", one(policy.Allow(policy.Publish)), func(*Options) {}},
		"a short connection":      {"https://issuer.example", "a", valid, func(o *Options) { o.DisconnectAfter = time.Minute }},
		"a long refresh":          {"https://issuer.example", "a", valid, func(o *Options) { o.RefreshAfter = 25 * time.Hour }},
		"much leeway":             {"https://issuer.example", "a", valid, func(o *Options) { o.Leeway = time.Hour }},
	} {
		if _, err := New(row.issuer, row.audience, row.grants, row.change); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: error %v", why, err)
		}
	}
}

// FuzzTemplate: a placeholder that is filled with itself changes nothing.
func FuzzTemplate(f *testing.F) {
	f.Add("arn:aws:iot:*:*:topic/${claim:sub}/${iot:ClientId}/${claim:a}${claim:sub}")
	f.Add("${claim:${claim:x}}")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePattern(text)
		if err != nil {
			return
		}
		got, err := p.fill(func(claim string) ([]string, error) { return []string{opening + claim + "}"}, nil })
		if err != nil || len(got) != 1 || got[0] != text {
			t.Errorf("%q becomes %q, %v", text, got, err)
		}
		twice, err := p.fill(func(string) ([]string, error) { return []string{"1", "2"}, nil })
		different := map[string]bool{}
		for _, claim := range p.claims {
			different[claim] = true
		}
		if want := 1 << len(different); want <= maxResources && (err != nil || len(twice) != want) {
			t.Errorf("%q with two values each: %d, want %d, %v", text, len(twice), want, err)
		}
	})
}
