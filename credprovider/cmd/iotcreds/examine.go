package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/askaround/askaround-go/credprovider"
)

// examination goes from the device to its credentials, one step after the other.
type examination struct {
	device device
	w      io.Writer
	now    func() time.Time
	status int // exit status of the worst that was found
}

// identity reads the certificate and the key; nil where they cannot be used.
func (e *examination) identity(ctx context.Context, identity credprovider.Identity) *tls.Certificate {
	certificate, err := identity.Certificate(ctx)
	if certificate == nil {
		f := failure(err)
		e.fail(exitMend, "identity", f.Mend, "%s", said(f))
		return nil
	}
	if problem := exposed(e.device.secretFile()); problem != "" {
		what, mend, _ := strings.Cut(problem, ": ")
		e.warn("key", mend, "%s", what)
	} else {
		e.ok("key", "%s is that of the certificate", keyType(certificate.Leaf))
	}
	return certificate
}

func keyType(c *x509.Certificate) string {
	switch key := c.PublicKey.(type) {
	case *ecdsa.PublicKey:
		return "EC " + key.Curve.Params().Name
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	}
	return c.PublicKeyAlgorithm.String()
}

// soon is when a certificate should be replaced.
const soon = 30 * 24 * time.Hour

func (e *examination) certificate(certificate *tls.Certificate) {
	leaf, now := certificate.Leaf, e.now()
	id := fmt.Sprintf("%x", sha256.Sum256(leaf.Raw)) // as AWS IoT names it
	switch left := leaf.NotAfter.Sub(now); {
	case now.Before(leaf.NotBefore):
		e.fail(exitMend, "certificate", "set the device's clock, which has "+now.UTC().Format(time.RFC3339), "%s is valid only from %s", leaf.Subject, leaf.NotBefore.Format(time.RFC3339))
	case left <= 0:
		e.fail(exitMend, "certificate", "replace the certificate, or set the device's clock, which has "+now.UTC().Format(time.RFC3339),
			"%s expired at %s", leaf.Subject, leaf.NotAfter.Format(time.RFC3339))
	case left < soon:
		e.warn("certificate", "replace it in time", "%s expires at %s", leaf.Subject, leaf.NotAfter.Format(time.RFC3339))
	default:
		e.ok("certificate", "%s until %s", leaf.Subject, leaf.NotAfter.Format(time.DateOnly))
	}
	e.line("", "in AWS IoT", "certificate %s", id)
}

// chain checks that each certificate is signed by the next in the file. The service knows
// the first by itself; others on the way, such as a proxy that ends TLS, may not.
func (e *examination) chain(certificate *tls.Certificate) {
	issued := certificate.Leaf
	for i, der := range certificate.Certificate[1:] {
		issuer, err := x509.ParseCertificate(der)
		if err == nil {
			err = issued.CheckSignatureFrom(issuer)
		}
		if err != nil {
			e.warn("chain", "put the certificates in order, each after the one that it signed, or leave all but the first out", "certificate %d of the file did not sign the one before: %v", i+2, err)
			return
		}
		issued = issuer
	}
	if len(certificate.Certificate) == 1 {
		e.ok("chain", "the file has the certificate alone, issued by %s", issued.Issuer)
		return
	}
	e.ok("chain", "%d certificates, up to %s", len(certificate.Certificate), issued.Subject)
}

// network reports whether the endpoint can be connected to.
func (e *examination) network(ctx context.Context) bool {
	address := strings.TrimSuffix(strings.TrimPrefix(e.device.endpoint, "https://"), "/")
	u, err := url.Parse("https://" + address)
	if err != nil || u.Port() == "" {
		address = net.JoinHostPort(strings.Trim(address, "[]"), "443")
	}
	host, _, _ := net.SplitHostPort(address) // it was joined or has a port
	if strings.Contains(host, ".iot.") && strings.HasSuffix(strings.TrimSuffix(host, ".cn"), ".amazonaws.com") && !strings.Contains(host, ".credentials.iot.") {
		e.fail(exitMend, "endpoint", "take what aws iot describe-endpoint --endpoint-type iot:CredentialProvider prints", "%s is an endpoint for data, not for credentials", host)
		return false
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "https", Host: address}}); err == nil && proxy != nil {
		e.ok("endpoint", "%s, through the proxy %s", address, proxy.Redacted())
		return true
	}
	ctx, end := context.WithTimeout(ctx, e.device.timeout)
	defer end()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		mend := "see that the network is up, and that nothing blocks port 443"
		if wrong := (*net.DNSError)(nil); errors.As(err, &wrong) {
			mend = "mend the name of the endpoint, or the device's name server"
		}
		e.fail(exitTemporary, "endpoint", mend, "%v", err)
		return false
	}
	e.ok("endpoint", "%s is reached at %s", address, conn.RemoteAddr())
	_ = conn.Close() // nothing was sent
	return true
}

// decisions are what the service decides, in its order, with the errors that say no.
var decisions = []struct {
	step, yes string
	kinds     []error
}{
	{"registration", "the certificate is registered and active", []error{credprovider.ErrCertificateRejected}},
	{"thing", "", []error{credprovider.ErrThingNotAttached}},
	{"policy", "an IoT policy allows iot:AssumeRoleWithCertificate", []error{credprovider.ErrPolicyDenied}},
	{"role alias", "the role alias exists", []error{credprovider.ErrAliasNotFound}},
	{"role", "the role trusts the credentials provider", []error{credprovider.ErrRoleNotAssumable, credprovider.ErrDurationTooLong}},
}

// exchange tells how the exchange went.
func (e *examination) exchange(credentials aws.Credentials, err error, a answer) {
	if a.tls != nil {
		e.ok("server", "%s, signed by %s", tls.VersionName(a.tls.Version), a.tls.PeerCertificates[0].Issuer)
		e.clock(a)
	}
	no := e.undecided(err)
	if no < 0 {
		return
	}
	for i, d := range decisions {
		switch {
		case i > no:
			e.skip(d.step)
		case i == no:
			f := failure(err)
			e.fail(exitMend, d.step, f.Mend, "%s", said(f))
		case d.step != "thing":
			e.ok(d.step, "%s", d.yes)
		case e.device.thing == "":
			e.ok(d.step, "none is named: policies know nothing of it")
		default:
			e.ok(d.step, "%s is attached to the certificate", e.device.thing)
		}
	}
	if err == nil {
		e.ok("credentials", "%s until %s", credentials.AccessKeyID, expiration(credentials))
	}
}

// undecided returns which decision went against the device: beyond the last where none
// did. Where the service did not come to one, it tells why and returns a negative number.
func (e *examination) undecided(err error) int {
	if err == nil {
		return len(decisions)
	}
	for i, d := range decisions {
		for _, kind := range d.kinds {
			if errors.Is(err, kind) {
				return i
			}
		}
	}
	f := failure(err)
	step := "service"
	switch f.Kind {
	case credprovider.ErrUntrustedServer:
		step = "server"
	case credprovider.ErrClockSkew, credprovider.ErrExpired:
		step = "clock"
	}
	e.fail(exitStatus(err), step, f.Mend, "%s", said(f))
	return -1
}

// said is an error without what to do.
func said(f *credprovider.Error) string {
	return strings.TrimSuffix(strings.TrimPrefix(f.Error(), "credprovider: "), ": "+f.Mend)
}

// maxSkew is what AWS's services accept of signatures.
const maxSkew = 5 * time.Minute

func (e *examination) clock(a answer) {
	skew := e.now().Sub(a.date).Round(time.Second)
	switch {
	case a.date.IsZero():
		e.warn("clock", "compare the clock with another", "the service does not tell the time")
	case skew.Abs() > maxSkew:
		e.fail(exitMend, "clock", "set the device's clock: AWS refuses signatures that are more than 5 minutes off", "it is %v off the service's", skew)
	default:
		e.ok("clock", "within %v of the service's", max(skew.Abs(), time.Second))
	}
}
