package policy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
	"net"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNewCertificate reads a certificate that crypto/x509 made, every field of its subject
// set.
func TestNewCertificate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	subject := pkix.Name{CommonName: "LightBulb", Country: []string{"DE", "FR"}, Organization: []string{"Acme, Inc", "a longer name with * in it"}, SerialNumber: "123"}
	for i, name := range []string{"Title", "Surname", "GivenName", "Initials", "Pseudonym", "GenerationQualifier", "DistinguishedNameQualifier"} {
		oid := [...]int{12, 4, 42, 43, 65, 44, 46}[i]
		subject.ExtraNames = append(subject.ExtraNames, pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, oid}, Value: "the " + name})
	}
	uri, _ := url.Parse("urn:dev:7")
	template := &x509.Certificate{
		SerialNumber: big.NewInt(4711), Subject: subject, DNSNames: []string{"a.example.com", "b.example.com"},
		EmailAddresses: []string{"a@example.com"}, IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)}, URIs: []*url.URL{uri},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	conn := Connection{Certificate: NewCertificate(parsed)}
	ctx := conn.Context()
	id := sha256.Sum256(der)
	for key, want := range map[string][]string{
		"iot:CertificateId":                                                 {hex.EncodeToString(id[:])},
		"iot:Certificate.SerialNumber":                                      {"4711"},
		"iot:Certificate.Subject.CommonName":                                {"LightBulb"},
		"iot:Certificate.Issuer.CommonName":                                 {"LightBulb"},
		"iot:Certificate.Subject.Country":                                   {"DE"},
		"iot:Certificate.Subject.Country.1":                                 {"FR"},
		"iot:Certificate.Subject.Country.2":                                 nil,
		"iot:Certificate.Subject.Country.List":                              {"DE", "FR"},
		"iot:Certificate.Subject.Organization":                              {`Acme\, Inc`},
		"iot:Certificate.Subject.Organization.1":                            nil, // its wildcard
		"iot:Certificate.Subject.Organization.List":                         {`Acme\, Inc`},
		"iot:Certificate.Subject.SerialNumber":                              {"123"},
		"iot:Certificate.Subject.Title":                                     {"the Title"},
		"iot:Certificate.Subject.Surname":                                   {"the Surname"},
		"iot:Certificate.Subject.GivenName":                                 {"the GivenName"},
		"iot:Certificate.Subject.Initials":                                  {"the Initials"},
		"iot:Certificate.Subject.Pseudonym":                                 {"the Pseudonym"},
		"iot:Certificate.Subject.GenerationQualifier":                       {"the GenerationQualifier"},
		"iot:Certificate.Subject.DistinguishedNameQualifier":                {"the DistinguishedNameQualifier"},
		"iot:Certificate.Subject.AlternativeName.DNSName":                   {"a.example.com"},
		"iot:Certificate.Subject.AlternativeName.RFC822Name":                {"a@example.com"},
		"iot:Certificate.Subject.AlternativeName.IPAddress":                 {"192.0.2.1"},
		"iot:Certificate.Subject.AlternativeName.UniformResourceIdentifier": {"urn:dev:7"},
		"iot:Certificate.Subject.AlternativeName.DirectoryName":             nil,
	} {
		got, _ := ctx.get(key)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
		if _, known := describeKey(foldKey(key)); !known {
			t.Errorf("%s is not known to Lint", key)
		}
	}
}
