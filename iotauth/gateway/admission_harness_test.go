package gateway

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// A tableRegistry is a Registry of what stands in its maps.
type tableRegistry struct {
	mu          sync.Mutex
	authorizers map[string]Authorizer
	byDefault   string
	principals  map[string]Principal
	err         error // of every question, if not nil
	asked       int   // questions about principals
	watchers    map[int]func(string)
	next        int
}

func newTableRegistry() *tableRegistry {
	return &tableRegistry{authorizers: map[string]Authorizer{}, principals: map[string]Principal{}, watchers: map[int]func(string){}}
}

func (r *tableRegistry) Authorizer(_ context.Context, name string) (Authorizer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if name == "" {
		name = r.byDefault
	}
	a, ok := r.authorizers[name]
	switch {
	case r.err != nil:
		return Authorizer{}, r.err
	case !ok:
		return Authorizer{}, ErrNotFound
	}
	return a, nil
}

func (r *tableRegistry) Principal(_ context.Context, certificateID, _ string) (Principal, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	p, ok := r.principals[certificateID]
	switch {
	case r.err != nil:
		return Principal{}, r.err
	case !ok:
		return Principal{}, ErrNotFound
	}
	return p, nil
}

func (r *tableRegistry) Watch(changed func(string)) (stop func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.next
	r.next++
	r.watchers[n] = changed
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.watchers, n)
	}
}

// change changes the registry and tells those who watch, without a lock.
func (r *tableRegistry) change(certificateID string, do func()) {
	r.mu.Lock()
	do()
	var watchers []func(string)
	for _, w := range r.watchers {
		watchers = append(watchers, w)
	}
	r.mu.Unlock()
	for _, w := range watchers {
		w(certificateID)
	}
}

func (r *tableRegistry) questions() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

// testGateway is a gateway without doors, over a registry.
func testGateway(t testing.TB, registry Registry, optFns ...func(*Options)) *Gateway {
	t.Helper()
	var o Options
	for _, fn := range optFns {
		fn(&o)
	}
	o, err := o.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	g := &Gateway{options: o, admission: newAdmission(registry, o)}
	t.Cleanup(g.admission.close)
	return g
}

// A syncBuffer takes a log that several goroutines write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func logTo(b *syncBuffer) func(*Options) {
	return func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(b, nil)) }
}

// A packet is a CONNECT packet, and what ended its connection.
type packet struct {
	mqtt.Connect
	ends chan mqtt.Reason // the first reason
}

func connectAs(clientID string) *packet {
	p := &packet{Connect: mqtt.Connect{ClientID: clientID, Protocol: 4, CleanStart: true, SessionID: "11111111-2222-4333-8444-555555555555", RemoteAddr: "192.0.2.7:4711"}, ends: make(chan mqtt.Reason, 1)}
	p.Disconnect = func(why mqtt.Reason) {
		select {
		case p.ends <- why:
		default:
		}
	}
	return p
}

// ended reports why the connection has ended, if it has.
func (p *packet) ended() (mqtt.Reason, bool) {
	select {
	case why := <-p.ends:
		return why, true
	default:
		return 0, false
	}
}

var testRemote = netip.MustParseAddrPort("192.0.2.7:4711")

func carrierOf(kind carrierKind) *carrier {
	return &carrier{kind: kind, id: "99999999-8888-4777-8666-555555555555", remote: testRemote, tls: true, serverName: "iot.example"}
}

// withRequest gives a carrier its HTTP request.
func (c *carrier) withRequest(method, target string, headers ...string) *carrier {
	r := httptest.NewRequest(method, target, http.NoBody)
	r.Host = c.serverName
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	c.request = r
	return c
}

var (
	testKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, iotauth.MinKeyBits) })
	ecKey   = sync.OnceValues(func() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) })
)

// certificate makes one that signs itself, valid for a year on each side of now.
func certificate(t testing.TB, commonName string) *x509.Certificate {
	t.Helper()
	key, err := ecKey()
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<60))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: commonName}, NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *carrier) withCertificate(certificate *x509.Certificate) *carrier {
	c.certificate = certificate
	return c
}

func certificateID(c *x509.Certificate) string { return policy.NewCertificate(c).ID }

// sign signs a token by testKey.
func sign(t testing.TB, token string) string {
	t.Helper()
	key, err := testKey()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := iotauth.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := signer.Sign(token)
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

// A function is an authorizer's, and counts its calls.
type function struct {
	mu       sync.Mutex
	calls    int
	requests []*iotauth.Request
	answer   func(*iotauth.Request) (*iotauth.Response, error)
}

func (f *function) Authorize(_ context.Context, r *iotauth.Request) (*iotauth.Response, error) {
	f.mu.Lock()
	f.calls++
	f.requests = append(f.requests, r)
	answer := f.answer
	f.mu.Unlock()
	return answer(r)
}

func (f *function) called() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

func (f *function) answers(answer func(*iotauth.Request) (*iotauth.Response, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// last is the newest request.
func (f *function) last(t testing.TB) *iotauth.Request {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.requests) == 0 {
		t.Fatal("the function was not called")
	}
	return f.requests[len(f.requests)-1]
}

// allow is an answer with documents, for an hour, to be refreshed after ten minutes.
func allow(documents ...*policy.Document) *iotauth.Response {
	return &iotauth.Response{IsAuthenticated: true, PrincipalID: "owner1", DisconnectAfter: time.Hour, RefreshAfter: 10 * time.Minute, PolicyDocuments: documents}
}

// always answers the same.
func always(response *iotauth.Response) func(*iotauth.Request) (*iotauth.Response, error) {
	return func(*iotauth.Request) (*iotauth.Response, error) { return response, nil }
}

// sensorPolicy lets every client connect, and use the topics below its own id.
func sensorPolicy() *policy.Document {
	return policy.New(
		policy.Allow(policy.Connect).On(policy.Client("*")),
		policy.Allow(policy.Publish, policy.Receive, policy.RetainPublish).On(policy.Topic("sensors/${iot:ClientId}/*")),
		policy.Allow(policy.Subscribe).On(policy.TopicFilter("sensors/${iot:ClientId}/*")),
	)
}

// signed adds an authorizer that verifies signatures by testKey; its token key is "token".
func (r *tableRegistry) signed(t testing.TB, name string, f iotauth.Handler, optFns ...func(*iotauth.AuthorizerOptions)) {
	t.Helper()
	key, err := testKey()
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := iotauth.NewVerifier([]*rsa.PublicKey{&key.PublicKey})
	if err != nil {
		t.Fatal(err)
	}
	verify := func(o *iotauth.AuthorizerOptions) { o.Verifier = verifier }
	r.unsigned(t, name, f, append([]func(*iotauth.AuthorizerOptions){verify}, optFns...)...)
}

// unsigned adds an authorizer with signing disabled.
func (r *tableRegistry) unsigned(t testing.TB, name string, f iotauth.Handler, optFns ...func(*iotauth.AuthorizerOptions)) {
	t.Helper()
	authorizer, err := iotauth.NewAuthorizer(name, "token", f, optFns...)
	if err != nil {
		t.Fatal(err)
	}
	r.change("", func() { r.authorizers[name] = Authorizer{Authorizer: authorizer, Active: true} })
}

// username carries a signed token for an authorizer.
func username(t testing.TB, authorizer, token string) string {
	t.Helper()
	name, err := iotauth.Credentials{Authorizer: authorizer, TokenKey: "token", Token: token, Signature: sign(t, token)}.Username("user")
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// metric is a counter by its name.
func metric(g *Gateway, name string) int64 {
	all := map[string]int64{}
	g.admission.counters.addTo(all)
	return all[name]
}

// mustAdmit admits, and closes the client when the test ends.
func mustAdmit(t testing.TB, g *Gateway, c *carrier, p *packet) mqtt.Client {
	t.Helper()
	client, err := g.admit(c)(t.Context(), &p.Connect)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sync.OnceFunc(client.Closed))
	return client
}

// lines are the lines of a log with a message.
func lines(log, message string) []string {
	var out []string
	for line := range strings.Lines(log) {
		if strings.Contains(line, message) {
			out = append(out, line)
		}
	}
	return out
}
