package sigv4

import (
	"net/http"
	"strings"
)

const algorithm = "AWS4-HMAC-SHA256"

// Names of AWS's headers and query parameters.
const (
	amzAlgorithm     = "X-Amz-Algorithm"
	amzCredential    = "X-Amz-Credential"
	amzDate          = "X-Amz-Date"
	amzExpires       = "X-Amz-Expires"
	amzSignature     = "X-Amz-Signature"
	amzSignedHeaders = "X-Amz-SignedHeaders"
	amzSecurityToken = "X-Amz-Security-Token"
	amzContentSHA256 = "X-Amz-Content-Sha256"
)

// claim is what a request says of its signature. Nothing in it is verified.
type claim struct {
	algorithm     string
	credential    string // keyid/date/region/service/aws4_request
	signedHeaders string // "host;x-amz-date"
	signature     string // hexadecimal
	date          string // as it was sent
	expires       string // seconds; presigned only, may be empty
	token         string
	presigned     bool
	query         []parameter
}

// readClaim finds the signature of a request in its header or query.
func readClaim(r *http.Request) (claim, error) {
	query, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return claim{}, err
	}
	_, presigned := lookup(query, amzAlgorithm)
	header := r.Header.Values("Authorization")
	switch {
	case presigned && len(header) > 0:
		return claim{}, invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
	case presigned:
		return presignedClaim(query)
	case len(header) == 0 || !strings.HasPrefix(strings.TrimSpace(header[0]), "AWS4-"):
		return claim{}, ErrMissingToken
	case len(header) > 1:
		return claim{}, incomplete("Found more than one 'Authorization' HTTP header.")
	}
	c, err := headerClaim(header[0], r.Header)
	c.query = query
	return c, err
}

// headerClaim reads the Authorization header. Its parameters are separated by commas,
// spaces, or both.
func headerClaim(authorization string, h http.Header) (claim, error) {
	var parameters string
	c := claim{token: h.Get(amzSecurityToken), date: h.Get(amzDate)}
	if c.date == "" {
		c.date = h.Get("Date")
	}
	c.algorithm, parameters, _ = strings.Cut(strings.TrimSpace(authorization), " ")
	places := map[string]*string{"Credential": &c.credential, "SignedHeaders": &c.signedHeaders, "Signature": &c.signature}
	for _, pair := range strings.FieldsFunc(parameters, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return claim{}, incomplete("Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '%s'.", fingerprint(authorization))
		}
		if place := places[name]; place != nil {
			if *place != "" {
				return claim{}, incomplete("Authorization header has more than one '%s' parameter.", name)
			}
			*place = value
		}
	}
	return c, c.headerComplete(authorization)
}

// headerComplete names every part that the header lacks.
func (c *claim) headerComplete(authorization string) error {
	var missing strings.Builder
	for _, part := range []struct{ name, value string }{{"Credential", c.credential}, {"Signature", c.signature}, {"SignedHeaders", c.signedHeaders}} {
		if part.value == "" {
			missing.WriteString("Authorization header requires '" + part.name + "' parameter. ")
		}
	}
	if c.date == "" {
		missing.WriteString("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
	}
	if missing.Len() == 0 {
		return nil
	}
	return incomplete("%s(Hashed with SHA-256 and encoded with Base64) Authorization=%s", missing.String(), fingerprint(authorization))
}

// presignedClaim reads the parameters of a presigned request, and names every one that it
// lacks. None may come twice: a second would not be what the first was checked to be.
func presignedClaim(query []parameter) (claim, error) {
	c := claim{presigned: true, query: query}
	var missing strings.Builder
	for _, p := range []struct {
		name     string
		place    *string
		optional bool
	}{
		{amzAlgorithm, &c.algorithm, false}, {amzCredential, &c.credential, false}, {amzSignature, &c.signature, false},
		{amzSignedHeaders, &c.signedHeaders, false}, {amzDate, &c.date, false}, {amzExpires, &c.expires, true}, {amzSecurityToken, &c.token, true},
	} {
		value, n := lookupAll(query, p.name)
		if *p.place = value; n > 1 {
			return claim{}, incomplete("AWS query-string parameters must include '%s' only once. Re-examine the query-string parameters.", p.name)
		}
		if value == "" && !p.optional {
			missing.WriteString("AWS query-string parameters must include '" + p.name + "'. ")
		}
	}
	if missing.Len() > 0 {
		return claim{}, incomplete("%sRe-examine the query-string parameters.", missing.String())
	}
	return c, nil
}
