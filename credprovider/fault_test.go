package credprovider_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askaround/askaround-go/credprovider"
	"github.com/askaround/askaround-go/credprovider/credprovidertest"
)

// fault is what the service and the network may do, for as long as they are told.
type fault struct {
	name   string
	begin  func(t *testing.T, w world)
	mend   func(t *testing.T, w world)
	want   error
	status int
	says   string // a part of the mend
	slow   bool   // ends at the deadline
}

var faults = []fault{
	{name: "thing is not attached", want: credprovider.ErrThingNotAttached, status: 403, says: "attach-thing-principal",
		begin: func(t *testing.T, w world) { must(t, w.DetachThing(w.device.CertificateID, thing)) },
		mend:  func(t *testing.T, w world) { must(t, w.AttachThing(w.device.CertificateID, thing)) }},
	{name: "policy denies", want: credprovider.ErrPolicyDenied, status: 403, says: "iot:AssumeRoleWithCertificate",
		begin: func(t *testing.T, w world) { must(t, w.SetPolicies(w.device.CertificateID)) },
		mend:  func(t *testing.T, w world) { must(t, w.SetPolicies(w.device.CertificateID, mayDoAll)) }},
	{name: "certificate is not active", want: credprovider.ErrCertificateRejected, status: 403, says: "activate the certificate",
		begin: func(t *testing.T, w world) {
			must(t, w.SetStatus(w.device.CertificateID, credprovidertest.Inactive))
		},
		mend: func(t *testing.T, w world) { must(t, w.SetStatus(w.device.CertificateID, credprovidertest.Active)) }},
	{name: "no alias", want: credprovider.ErrAliasNotFound, status: 404, says: "create the role alias",
		begin: func(t *testing.T, w world) { w.DeleteRoleAlias(alias) },
		mend: func(t *testing.T, w world) {
			must(t, w.PutRoleAlias(credprovidertest.RoleAlias{Name: alias, RoleARN: roleARN}))
		}},
	{name: "no role", want: credprovider.ErrRoleNotAssumable, status: 400, says: "credentials.iot.amazonaws.com",
		begin: func(t *testing.T, w world) { w.DeleteRole(roleARN) },
		mend:  func(t *testing.T, w world) { must(t, w.PutRole(credprovidertest.Role{ARN: roleARN})) }},
	{name: "role does not trust", want: credprovider.ErrRoleNotAssumable, status: 400, says: "sts:AssumeRole",
		begin: func(t *testing.T, w world) {
			must(t, w.PutRole(credprovidertest.Role{ARN: roleARN, Untrusting: true}))
		},
		mend: func(t *testing.T, w world) { must(t, w.PutRole(credprovidertest.Role{ARN: roleARN})) }},
	{name: "duration", want: credprovider.ErrDurationTooLong, status: 400, says: "MaxSessionDuration",
		begin: func(t *testing.T, w world) {
			must(t, w.PutRoleAlias(credprovidertest.RoleAlias{Name: alias, RoleARN: roleARN, Duration: 2 * time.Hour}))
		},
		mend: func(t *testing.T, w world) {
			must(t, w.PutRoleAlias(credprovidertest.RoleAlias{Name: alias, RoleARN: roleARN}))
		}},
	{name: "unknown refusal", want: credprovider.ErrRefused, status: 418, begin: outage(credprovidertest.Status(418, "TeapotException", "short and stout")), says: "message"},
	{name: "bad request of another kind", want: credprovider.ErrRefused, status: 400, begin: outage(credprovidertest.Status(400, "InvalidRequestException", "no"))},
	{name: "429", want: credprovider.ErrThrottled, status: 429, begin: outage(credprovidertest.Throttle(0)), says: "quota"},
	{name: "500", want: credprovider.ErrUnavailable, status: 500, begin: outage(credprovidertest.Status(500, "InternalFailureException", ""))},
	{name: "502 page", want: credprovider.ErrUnavailable, status: 502, begin: outage(credprovidertest.Body(502, "text/html", "<html>Bad Gateway</html>"))},
	{name: "503", want: credprovider.ErrUnavailable, status: 503, begin: outage(credprovidertest.Status(503, "ServiceUnavailableException", "try later"))},
	{name: "page", want: credprovider.ErrMalformed, status: 200, begin: outage(credprovidertest.Body(200, "text/html", "<html>Sign in to the network</html>")), says: "proxy"},
	{name: "403 page", want: credprovider.ErrMalformed, status: 403, begin: outage(credprovidertest.Body(403, "text/html", "<html>Forbidden by proxy</html>")), says: "proxy"},
	{name: "redirect", want: credprovider.ErrMalformed, status: 302, begin: outage(credprovidertest.Body(302, "text/html", ""))},
	{name: "empty", want: credprovider.ErrMalformed, status: 200, begin: outage(credprovidertest.Body(200, "application/json", ""))},
	{name: "null", want: credprovider.ErrMalformed, status: 200, begin: outage(credprovidertest.Body(200, "application/json", `{"credentials":null}`))},
	{name: "half of the JSON", want: credprovider.ErrMalformed, status: 200, begin: outage(credprovidertest.Cut())},
	{name: "half of the body", want: credprovider.ErrUnavailable, begin: outage(credprovidertest.Truncate())},
	{name: "no access key", want: credprovider.ErrMalformed, status: 200, begin: outage(credprovidertest.Without("accessKeyId"))},
	{name: "no secret", want: credprovider.ErrMalformed, status: 200, begin: outage(credprovidertest.Without("secretAccessKey"))},
	{name: "no token", want: credprovider.ErrMalformed, status: 200, begin: outage(credprovidertest.Without("sessionToken"))},
	{name: "token with a line break", want: credprovider.ErrMalformed, status: 200, begin: outage(credprovidertest.With("sessionToken", "a\r\nX-Evil: b"))},
	{name: "undated", want: credprovider.ErrMalformed, status: 200, begin: outage(credprovidertest.Without("expiration"))},
	{name: "dated yesterday", want: credprovider.ErrMalformed, status: 200, begin: outage(credprovidertest.With("expiration", "yesterday"))},
	{name: "expired", want: credprovider.ErrExpired, status: 200, begin: outage(credprovidertest.Expired()), says: "clock"},
	{name: "more than 64 KB", want: credprovider.ErrMalformed, status: 200, begin: outage(credprovidertest.Huge(64 << 10))},
	{name: "reset", want: credprovider.ErrUnavailable, begin: outage(credprovidertest.Reset()), says: "endpoint is reached"},
	{name: "hang", want: credprovider.ErrTimeout, begin: outage(credprovidertest.Hang()), slow: true, says: "Options.Timeout"},
}

func outage(f credprovidertest.Fault) func(*testing.T, world) {
	return func(_ *testing.T, w world) { w.Outage(f) }
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wide is what a machine that is busy with other tests may add to 2 seconds.
const wide = 8 * time.Second

// TestFaults: every fault has its error, in time, and is over with the first request after
// it. The network is one inside the process, where time passes only while somebody waits.
func TestFaults(t *testing.T) {
	for _, tt := range faults {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := newPipes()
				w := newWorld(t, func(o *credprovidertest.Options) { o.Listener = network })
				var logged bytes.Buffer
				p := w.provider(t, func(o *credprovider.Options) {
					o.DialContext = network.dial
					o.Logger = slog.New(slog.NewTextHandler(&logged, nil))
				})
				tt.begin(t, w)
				start := time.Now()
				_, err := p.Retrieve(t.Context())
				took := time.Since(start)
				if tt.slow && took != 10*time.Second || !tt.slow && took > 2*time.Second {
					t.Errorf("took %v", took)
				}
				failure := tt.check(t, err)
				tellsNothing(t, w, err.Error()+fmt.Sprintf("%v %+v %#v %#v", p, p, p, failure)+logged.String())

				w.Script()
				if tt.mend != nil {
					tt.mend(t, w)
				}
				if !failure.RetryableError() {
					time.Sleep(5 * time.Second) // for so long at most what somebody must mend is remembered
				}
				retrieve(t, p)
			})
		})
	}
}

func (f fault) check(t *testing.T, err error) *credprovider.Error {
	t.Helper()
	var failure *credprovider.Error
	if !errors.Is(err, f.want) || !errors.As(err, &failure) {
		t.Fatalf("got %v, want %v", err, f.want)
	}
	if failure.Status != f.status || (failure.RequestID == "") != (f.status == 0) || !strings.Contains(failure.Mend, f.says) || failure.Mend == "" {
		t.Errorf("got %+v", failure)
	}
	return failure
}

// TestFaultsOnSockets is [TestFaults] where TCP has its own ways.
func TestFaultsOnSockets(t *testing.T) {
	for _, tt := range faults {
		if tt.want != credprovider.ErrUnavailable && !tt.slow {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tt.begin(t, w)
			p := w.provider(t, func(o *credprovider.Options) {
				if tt.slow {
					o.Timeout = time.Second
				}
			})
			start := time.Now()
			_, err := p.Retrieve(t.Context())
			if took := time.Since(start); took > 2*time.Second+wide {
				t.Errorf("took %v", took)
			}
			tt.check(t, err)
			w.Script()
			q := w.provider(t) // with time enough for a busy machine
			retrieve(t, q)
		})
	}
}

// tellsNothing looks for the secrets that the endpoint handed out.
func tellsNothing(t *testing.T, w world, text string) {
	t.Helper()
	for _, s := range w.Sessions() {
		if strings.Contains(text, s.SecretAccessKey) || strings.Contains(text, s.SessionToken[:26]) {
			t.Errorf("a secret in %s", text)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	w := newWorld(t)
	w.Script(credprovidertest.Throttle(2 * time.Second))
	p := w.provider(t)
	_, err := p.Retrieve(t.Context())
	var failure *credprovider.Error
	if !errors.As(err, &failure) || failure.RetryAfter != 2*time.Second || failure.Kind != credprovider.ErrThrottled {
		t.Fatalf("got %v", err)
	}
	_, again := p.Retrieve(t.Context())
	if w.Counts().Requests != 1 || !errors.Is(again, credprovider.ErrThrottled) {
		t.Errorf("asked %d times, got %v", w.Counts().Requests, again)
	}
}

func TestUntrustedServer(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	p := w.provider(t, func(o *credprovider.Options) { o.RootCAs = other.CA.Pool() })
	fails(t, p, credprovider.ErrUntrustedServer, "Amazon Root CA 1")
}

func TestOtherHostName(t *testing.T) {
	w := newWorld(t)
	identity, err := credprovider.FromCertificate(w.device.TLS)
	must(t, err)
	p, err := credprovider.New("endpoint.example", alias, identity, func(o *credprovider.Options) {
		o.RootCAs = w.CA.Pool()
		o.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", w.Address())
		}
	})
	must(t, err)
	defer p.Close()
	fails(t, p, credprovider.ErrUntrustedServer, "named exactly")
}

// TestServerName: the service wants SNI to be the endpoint's name.
func TestServerName(t *testing.T) {
	const name = "c2sakl5huz0afv.credentials.iot.us-east-1.amazonaws.com"
	w := newWorld(t, func(o *credprovidertest.Options) { o.Hosts = []string{name} })
	identity, err := credprovider.FromCertificate(w.device.TLS)
	must(t, err)
	var dialled string
	p, err := credprovider.New(name, alias, identity, func(o *credprovider.Options) {
		o.RootCAs = w.CA.Pool()
		o.DialContext = func(ctx context.Context, _, address string) (net.Conn, error) {
			dialled = address
			return new(net.Dialer).DialContext(ctx, "tcp", w.Address())
		}
	})
	must(t, err)
	defer p.Close()
	retrieve(t, p)
	if dialled != name+":443" || w.Counts().ServerName != name {
		t.Errorf("dialled %q, named %q", dialled, w.Counts().ServerName)
	}
}

func TestForeignCertificate(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	identity, err := credprovider.FromCertificate(other.device.TLS)
	must(t, err)
	fails(t, w.providerOf(t, identity), credprovider.ErrCertificateRejected, "register and activate")
}

func TestUnregisteredCertificate(t *testing.T) {
	w := newWorld(t)
	key := w.device.TLS.PrivateKey.(crypto.Signer)
	leaf, err := w.CA.Device("nobody", key.Public(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	must(t, err)
	identity, err := credprovider.FromCertificate(tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: w.device.TLS.PrivateKey})
	must(t, err)
	fails(t, w.providerOf(t, identity), credprovider.ErrCertificateRejected, "register and activate")
}

func TestNobodyThere(t *testing.T) {
	w := newWorld(t)
	p := w.provider(t)
	w.Close()
	fails(t, p, credprovider.ErrUnavailable, "endpoint is reached")
}

// TestClockSkew: certificates are judged by a clock, so that a wrong one ends in a
// handshake that fails.
func TestClockSkew(t *testing.T) {
	for _, tt := range []struct {
		name string
		by   time.Duration
	}{{"behind by years", -20 * 365 * 24 * time.Hour}, {"ahead by years", 20 * 365 * 24 * time.Hour}, {"ahead by hours", 5 * time.Hour}} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			p := w.provider(t, func(o *credprovider.Options) {
				o.Clock = func() time.Time { return time.Now().Add(tt.by) }
			})
			fails(t, p, credprovider.ErrClockSkew, "set the device's clock")
		})
	}
}

// TestClockBehind: a clock that is some minutes behind, as a device's without a battery
// is after a restart, does not make credentials live longer.
func TestClockBehind(t *testing.T) {
	w := newWorld(t)
	behind := 50 * time.Minute
	p := w.provider(t, func(o *credprovider.Options) { o.Clock = func() time.Time { return time.Now().Add(-behind) } })
	retrieve(t, p)
	if left := p.Status().Expires.Sub(time.Now().Add(-behind)); left > time.Hour || left < 55*time.Minute {
		t.Errorf("the credentials of an hour live %v", left)
	}
}

func fails(t *testing.T, p *credprovider.Provider, want error, says string) {
	t.Helper()
	start := time.Now()
	_, err := p.Retrieve(t.Context())
	var failure *credprovider.Error
	if !errors.Is(err, want) || !errors.As(err, &failure) || !strings.Contains(failure.Mend, says) {
		t.Fatalf("got %v", err)
	}
	if took := time.Since(start); took > 2*time.Second+wide {
		t.Errorf("took %v", took)
	}
}
