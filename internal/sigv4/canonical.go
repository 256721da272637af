package sigv4

import (
	"net/http"
	"strconv"
	"strings"
)

// canonicalRequest puts a request into the form that is signed. It is nil where a signed
// header is not in the request.
func (v *Verifier) canonicalRequest(r *http.Request, c *claim, payload string) []byte {
	b := make([]byte, 0, 1024)
	b = append(append(b, r.Method...), '\n')
	b = append(v.appendPath(b, r), '\n')
	b = append(appendQuery(b, c.query, v.notSigned(c)...), '\n')
	for name := range strings.SplitSeq(c.signedHeaders, ";") {
		values := headerValues(r, name)
		if values == nil {
			return nil
		}
		b = append(append(b, name...), ':')
		b = append(appendTrimmed(b, values), '\n')
	}
	b = append(b, '\n')
	b = append(append(b, c.signedHeaders...), '\n')
	return append(b, payload...)
}

// notSigned are the parameters of a query that were added after signing.
func (v *Verifier) notSigned(c *claim) []string {
	switch {
	case !c.presigned:
		return nil
	case v.options.TokenAfterSigning:
		return []string{amzSignature, amzSecurityToken}
	}
	return []string{amzSignature}
}

// appendPath appends the path as it was sent, normalised and encoded once more; for S3 as
// it was sent.
func (v *Verifier) appendPath(b []byte, r *http.Request) []byte {
	path := sentPath(r)
	if v.options.S3 {
		return append(b, path...)
	}
	return appendEncoded(b, normalise(path), true)
}

// sentPath is the path as it stands on the request line. A handler may have been given
// another in r.URL. Requests in the process have no request line.
func sentPath(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		path, _, _ := strings.Cut(r.RequestURI, "?")
		return path
	}
	if path := r.URL.EscapedPath(); path != "" {
		return path
	}
	return "/"
}

// normalise removes dot segments and empty segments (RFC 3986, section 5.2.4).
func normalise(path string) string {
	if !strings.Contains(path, "//") && !strings.Contains(path, "/.") && strings.HasPrefix(path, "/") {
		return path
	}
	var kept []string
	for segment := range strings.SplitSeq(path, "/") {
		switch {
		case segment == "" || segment == ".":
		case segment != "..":
			kept = append(kept, segment)
		case len(kept) > 0:
			kept = kept[:len(kept)-1]
		}
	}
	normal := "/" + strings.Join(kept, "/")
	if len(kept) > 0 && strings.HasSuffix(path, "/") {
		normal += "/"
	}
	return normal
}

// headerValues returns the values of a header by its name in lower case, nil where there
// is none. A server takes some headers out of the map, and a client in the process has not
// put them there yet.
func headerValues(r *http.Request, name string) []string {
	if values := r.Header.Values(name); len(values) > 0 {
		return values
	}
	switch {
	case name == "host" && r.Host != "":
		return []string{r.Host}
	case name == "host":
		return []string{r.URL.Host}
	case name == "content-length" && r.ContentLength >= 0:
		return []string{strconv.FormatInt(r.ContentLength, 10)}
	case name == "transfer-encoding":
		return r.TransferEncoding
	}
	return nil
}

// appendTrimmed joins values with commas, each without white space around it and with one
// space for several in a row.
func appendTrimmed(b []byte, values []string) []byte {
	for i, value := range values {
		if i > 0 {
			b = append(b, ',')
		}
		value = strings.Trim(value, " \t")
		for j := range len(value) {
			if value[j] != ' ' || value[j-1] != ' ' {
				b = append(b, value[j])
			}
		}
	}
	return b
}
