package policy

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of certificate variables.
// Source: https://docs.aws.amazon.com/iot/latest/developerguide/cert-policy-variables.html.
const (
	maxFieldValues = 5    // of one field; more are ignored
	maxFieldChars  = 1024 // a longer value is not substituted
)

const (
	keyCertificateSerial = "iot:Certificate.SerialNumber"
	keyAvailableKeys     = "iot:Certificate.AvailableKeys"
)

// A Certificate is what policies can ask about a client's X.509 certificate. Its fields
// become the keys
//
//	iot:CertificateId
//	iot:Certificate.SerialNumber
//	iot:Certificate.{Subject,Issuer}.{field}            the first value
//	iot:Certificate.{Subject,Issuer}.{field}.{1 to 4}   the second value to the fifth
//	iot:Certificate.{Subject,Issuer}.{field}.List       all values
//	iot:Certificate.{Subject,Issuer}.AlternativeName.{kind}
//	iot:Certificate.AvailableKeys                       the names of all that have a value
//
// A value with a wildcard ("*", "$", "+", "?", "#") or longer than 1,024 characters is not
// substituted: its key is absent. Special characters (, " \ = < > ;) have a backslash
// before them, in variables as in conditions.
type Certificate struct {
	ID           string // of the registry: the SHA-256 of the certificate in hexadecimal
	SerialNumber string
	Subject      Name
	Issuer       Name
}

// A Name is a distinguished name and its alternatives.
type Name struct {
	Fields      map[string][]string // field, such as "CommonName", to its values in order
	Alternative map[string]string   // kind, such as "DNSName", to the first value
}

// nameFields are the fields of a name, nameFieldOIDs their object identifiers (2.5.4.x).
var (
	nameFields = [...]string{
		"DistinguishedNameQualifier", "Country", "Organization", "OrganizationalUnit", "State", "CommonName", "SerialNumber",
		"Title", "Surname", "GivenName", "Initials", "Pseudonym", "GenerationQualifier",
	}
	nameFieldOIDs    = [len(nameFields)]int{46, 6, 10, 11, 8, 3, 5, 12, 4, 42, 43, 65, 44}
	alternativeNames = []string{"RFC822Name", "DNSName", "DirectoryName", "UniformResourceIdentifier", "IPAddress"}
)

// NewCertificate reads the fields of a certificate. The serial number is decimal; how AWS
// writes it is not documented. Alternative names of the issuer are not read: crypto/x509
// does not parse them.
func NewCertificate(c *x509.Certificate) *Certificate {
	id := sha256.Sum256(c.Raw)
	out := &Certificate{
		ID:      hex.EncodeToString(id[:]),
		Subject: Name{Fields: fields(c.Subject), Alternative: map[string]string{}},
		Issuer:  Name{Fields: fields(c.Issuer)},
	}
	if c.SerialNumber != nil {
		out.SerialNumber = c.SerialNumber.String()
	}
	first := func(kind string, list []string) {
		if len(list) > 0 {
			out.Subject.Alternative[kind] = list[0]
		}
	}
	first("RFC822Name", c.EmailAddresses)
	first("DNSName", c.DNSNames)
	if len(c.URIs) > 0 {
		first("UniformResourceIdentifier", []string{c.URIs[0].String()})
	}
	if len(c.IPAddresses) > 0 {
		first("IPAddress", []string{c.IPAddresses[0].String()})
	}
	return out
}

// fields collects the values of a name in the order of the certificate.
func fields(name pkix.Name) map[string][]string {
	out := map[string][]string{}
	for _, attribute := range name.Names {
		value, ok := attribute.Value.(string)
		if !ok {
			continue
		}
		for i, oid := range nameFieldOIDs {
			if attribute.Type.Equal(asn1.ObjectIdentifier{2, 5, 4, oid}) {
				out[nameFields[i]] = append(out[nameFields[i]], value)
			}
		}
	}
	return out
}

// addTo puts the keys of the certificate into a context.
func (c *Certificate) addTo(ctx Context) {
	put := func(key, value string) {
		if value, ok := certificateValue(value); ok {
			ctx[key] = []string{value}
		}
	}
	put(KeyCertificateID, c.ID)
	put(keyCertificateSerial, c.SerialNumber)
	c.Subject.addTo("iot:Certificate.Subject.", ctx, put)
	c.Issuer.addTo("iot:Certificate.Issuer.", ctx, put)
	var available []string
	for key := range ctx {
		if strings.HasPrefix(key, "iot:Certificate.") {
			available = append(available, key)
		}
	}
	slices.Sort(available)
	ctx[keyAvailableKeys] = available
}

func (n Name) addTo(prefix string, ctx Context, put func(key, value string)) {
	for field, list := range n.Fields {
		var all []string
		for i, value := range list[:min(len(list), maxFieldValues)] {
			key := prefix + field
			if i > 0 {
				key += "." + strconv.Itoa(i)
			}
			put(key, value)
			if value, ok := certificateValue(value); ok {
				all = append(all, value)
			}
		}
		if len(all) > 0 {
			ctx[prefix+field+".List"] = all
		}
	}
	for kind, value := range n.Alternative {
		put(prefix+"AlternativeName."+kind, value)
	}
}

// certificateValue is a value as variables carry it, and false for one that they do not.
func certificateValue(value string) (string, bool) {
	if value == "" || strings.ContainsAny(value, "*$+?#") || !utf8.ValidString(value) || utf8.RuneCountInString(value) > maxFieldChars {
		return "", false
	}
	return certificateEscaper.Replace(value), true
}

var certificateEscaper = strings.NewReplacer(`,`, `\,`, `"`, `\"`, `\`, `\\`, `=`, `\=`, `<`, `\<`, `>`, `\>`, `;`, `\;`)
