package iotauth

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

type param struct{ key, value string }

// Params are the parameters that a client sent in one of the carriers. What of them is the
// token is known when the authorizer is: look for [Params.Authorizer], then take
// [Params.Credentials] under its token key name.
type Params struct {
	list   []param
	header bool // keys are in lower case, and found in any
}

// ParseHeader reads headers. It refuses a name of a custom authorizer that is given
// twice, and so does Credentials for the token: two readers could see two clients.
// Errors: [ErrCredentials].
func ParseHeader(h http.Header) (Params, error) {
	p := Params{header: true}
	for key, values := range h {
		for _, value := range values {
			p.list = append(p.list, param{strings.ToLower(key), value})
		}
	}
	return p, p.checkTwice()
}

// ParseQuery reads a query string, with or without its question mark, as those who wrote
// it meant it: a value is percent-decoded where that can be done and taken as it stands
// where not, and "+" is a plus sign, because signatures have many and most clients
// encode none. Errors: [ErrCredentials], as for [ParseHeader].
func ParseQuery(query string) (Params, error) {
	query = strings.TrimPrefix(query, "?")
	if len(query) > MaxQuery {
		return Params{}, fmt.Errorf("%w: a query of %d characters, of at most %d", ErrCredentials, len(query), MaxQuery)
	}
	return parsePairs(query)
}

// ParseUsername reads an MQTT user name: what stands before the first question mark is
// the user, what follows are parameters as in a query. A user name without a question mark
// has none. Errors: [ErrCredentials], as for [ParseHeader].
func ParseUsername(username string) (user string, p Params, err error) {
	if len(username) > MaxUsername {
		return "", Params{}, fmt.Errorf("%w: a user name of %d bytes, of at most %d", ErrCredentials, len(username), MaxUsername)
	}
	user, query, _ := strings.Cut(username, "?")
	p, err = parsePairs(query)
	return user, p, err
}

func parsePairs(query string) (Params, error) {
	var p Params
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		p.list = append(p.list, param{unescape(key), unescape(value)})
	}
	return p, p.checkTwice()
}

func unescape(s string) string {
	if decoded, err := url.PathUnescape(s); err == nil {
		return decoded
	}
	return s
}

func (p Params) checkTwice() error {
	for _, key := range []string{AuthorizerNameKey, SignatureKey} {
		if _, err := p.one(key); err != nil {
			return err
		}
	}
	return nil
}

// one returns the only value under key, "" where there is none.
func (p Params) one(key string) (string, error) {
	if p.header {
		key = strings.ToLower(key)
	}
	first := slices.IndexFunc(p.list, func(have param) bool { return have.key == key })
	if first < 0 {
		return "", nil
	}
	if slices.ContainsFunc(p.list[first+1:], func(have param) bool { return have.key == key }) {
		return "", fmt.Errorf("%w: %.64q is given twice", ErrCredentials, key)
	}
	return p.list[first].value, nil
}

// Authorizer returns the name of the authorizer that the client asks for; "" is the
// default one.
func (p Params) Authorizer() string {
	name, _ := p.one(AuthorizerNameKey) // not twice, or there would be no Params
	return name
}

// Credentials returns the credentials whose token travels under tokenKey. The names of
// headers compare without case. Errors: [ErrCredentials] when the token is given twice,
// or a part cannot be one.
func (p Params) Credentials(tokenKey string) (Credentials, error) {
	signature, _ := p.one(SignatureKey) // not twice, or there would be no Params
	token, err := p.one(tokenKey)
	if err != nil {
		return Credentials{}, err
	}
	c := Credentials{Authorizer: p.Authorizer(), Token: token, Signature: signature}
	if token != "" {
		c.TokenKey = tokenKey
	}
	return c, c.Validate()
}
