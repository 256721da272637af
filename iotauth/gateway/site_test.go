package gateway

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// patience bounds what tests wait for. It is long: machines are busy.
const patience = 30 * time.Second

// Of the access key that a site knows.
const (
	siteKey    = "AKIDEXAMPLE"
	siteSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

// A tap is a message as Options.Tap saw it.
type tap struct {
	Source
	Message
}

// A site is a gateway with all its doors open on loopback, for a device with a registered
// certificate, an authorizer "Doors" and an access key; each may use topics below doors/.
type site struct {
	*Gateway
	registry *tableRegistry
	log      *syncBuffer
	taps     chan tap
	address  map[Door]string
	roots    *x509.CertPool
	device   tls.Certificate
	dir      string // ca.pem, device.pem and device.key
}

// authority is a certification authority that all tests share, with a certificate for the
// server and keys for clients.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

var siteAuthority = sync.OnceValues(func() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	a := &authority{key: key}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test Root"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	a.certificate, err = x509.ParseCertificate(der)
	return a, err
})

// issue makes a certificate for names, valid from an hour ago until validity from now.
func issue(t testing.TB, name string, validity time.Duration, dns ...string) tls.Certificate {
	t.Helper()
	a, err := siteAuthority()
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, DNSNames: dns,
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(validity),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func doorsPolicy() *policy.Document {
	return policy.New(
		policy.Allow(policy.Connect, policy.DeleteConnection).On(policy.Client("*")),
		policy.Allow(policy.Publish, policy.Receive, policy.RetainPublish, policy.GetRetainedMessage).On(policy.Topic("doors/*")),
		policy.Allow(policy.Subscribe).On(policy.TopicFilter("doors/*")),
		policy.Allow(policy.ListRetainedMessages).On("*"),
	)
}

func openSite(t testing.TB, optFns ...func(*Options)) *site {
	t.Helper()
	s := &site{
		registry: newTableRegistry(), log: &syncBuffer{}, taps: make(chan tap, 1000),
		address: map[Door]string{}, roots: x509.NewCertPool(), device: issue(t, "device", time.Hour), dir: t.TempDir(),
	}
	a, err := siteAuthority()
	if err != nil {
		t.Fatal(err)
	}
	s.roots.AddCert(a.certificate)
	s.register(s.device)
	s.registry.signed(t, "Doors", &function{answer: always(allow(doorsPolicy()))})
	defaults := func(o *Options) {
		o.EndpointHosts = []string{"localhost", "iot.example"}
		o.Certificates = []tls.Certificate{issue(t, "server", time.Hour, "localhost", "iot.example", "other.example")}
		o.Logger = slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.Keys = StaticKeys{siteKey: {Secret: siteSecret, Principal: "AIDAEXAMPLE", Policies: []*policy.Document{doorsPolicy()}}}
		o.Limits.ConnectRate = 1000
		o.Tap = func(_ context.Context, from Source, m *Message) {
			if strings.HasPrefix(m.Topic, "$aws/events/") {
				return
			}
			select {
			case s.taps <- tap{from, *m}:
			default:
			}
		}
	}
	if s.Gateway, err = New(s.registry, append([]func(*Options){defaults}, optFns...)...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close(t))
	for _, door := range []Door{Port443, Port8883, Port8443, Plain} {
		s.open(t, door)
	}
	s.writeFiles(t, a)
	return s
}

// open serves a door.
func (s *site) open(t testing.TB, door Door) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address[door] = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l, door) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

func (s *site) close(t testing.TB) func() {
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(s.log.String())
		}
	}
}

// register makes a certificate one that may do what doorsPolicy says.
func (s *site) register(c tls.Certificate) {
	id := certificateID(c.Leaf)
	s.registry.change(id, func() {
		s.registry.principals[id] = Principal{Active: true, Policies: []*policy.Document{doorsPolicy()}}
	})
}

func (s *site) writeFiles(t testing.TB, a *authority) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(s.device.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"ca.pem":     {Type: "CERTIFICATE", Bytes: a.certificate.Raw},
		"device.pem": {Type: "CERTIFICATE", Bytes: s.device.Leaf.Raw},
		"device.key": {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(s.file(name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *site) file(name string) string { return filepath.Join(s.dir, name) }

// port of a door.
func (s *site) port(t testing.TB, door Door) string {
	t.Helper()
	_, port, err := net.SplitHostPort(s.address[door])
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// tls is what a client needs for a door.
func (s *site) tls(alpn string, certificates ...tls.Certificate) *tls.Config {
	c := &tls.Config{RootCAs: s.roots, ServerName: "localhost", Certificates: certificates}
	if alpn != "" {
		c.NextProtos = []string{alpn}
	}
	return c
}

// credentials are those that the authorizer takes.
func (s *site) credentials(t testing.TB) iotauth.Credentials {
	t.Helper()
	return iotauth.Credentials{Authorizer: "Doors", TokenKey: "token", Token: "to+ken/=", Signature: sign(t, "to+ken/=")}
}

// published waits for the next message that was accepted.
func (s *site) published(t testing.TB) tap {
	t.Helper()
	select {
	case m := <-s.taps:
		return m
	case <-time.After(patience):
		t.Fatalf("nothing was published\n%s", s.log)
		return tap{}
	}
}

// nothingPublished fails where a message was accepted that no test has looked at.
func (s *site) nothingPublished(t testing.TB) {
	t.Helper()
	select {
	case m := <-s.taps:
		t.Errorf("published %s: %q", m.Topic, bytes.TrimSpace(m.Payload))
	default:
	}
}
