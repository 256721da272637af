package iotauth

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Credentials are what a client presents to a custom authorizer. They travel as headers,
// as query parameters, or in the MQTT user name.
type Credentials struct {
	// Authorizer names the authorizer; "" is the default one of the endpoint.
	Authorizer string
	// TokenKey is the name under which the token travels: the authorizer's tokenKeyName.
	// "" where there is no token: an authorizer may decide by user name and password.
	TokenKey string
	Token    string
	// Signature is that of Token, in base64; "" where the authorizer does not check it.
	Signature string
}

// String names the authorizer and hides the rest, so that credentials do not end up in
// logs.
func (c Credentials) String() string {
	return fmt.Sprintf("credentials for authorizer %q", c.Authorizer)
}

// GoString is String.
func (c Credentials) GoString() string { return c.String() }

// Validate reports every part that AWS IoT refuses. Errors are an [ErrCredentials], and
// name the field.
func (c Credentials) Validate() error {
	var errs []error
	if c.Authorizer != "" && !ValidAuthorizerName(c.Authorizer) {
		errs = append(errs, fmt.Errorf(`%w: Authorizer is not 1 to %d of letters, digits and "_=,@-"`, ErrCredentials, MaxName))
	}
	if key := strings.ToLower(c.TokenKey); key == AuthorizerNameKey || key == SignatureKey {
		errs = append(errs, fmt.Errorf("%w: TokenKey is the name of another part", ErrCredentials))
	}
	if c.TokenKey != "" && !ValidTokenKey(c.TokenKey) {
		errs = append(errs, fmt.Errorf(`%w: TokenKey is not 1 to %d of letters, digits and "_-"`, ErrCredentials, MaxName))
	}
	switch {
	case (c.TokenKey == "") != (c.Token == ""):
		errs = append(errs, fmt.Errorf("%w: TokenKey and Token go together", ErrCredentials))
	case len(c.Token) > MaxToken:
		errs = append(errs, fmt.Errorf("%w: Token has %d bytes, of at most %d", ErrCredentials, len(c.Token), MaxToken))
	}
	switch {
	case c.Signature != "" && c.Token == "":
		errs = append(errs, fmt.Errorf("%w: Signature without Token", ErrCredentials))
	case c.Signature != "":
		if _, err := decodeSignature(c.Signature); err != nil {
			errs = append(errs, fmt.Errorf("%w: Signature: %w", ErrCredentials, err))
		}
	}
	return errors.Join(errs...)
}

// ValidAuthorizerName reports whether name can be an authorizer's (CreateAuthorizer).
func ValidAuthorizerName(name string) bool { return validName(name, "_=,@-") }

// ValidTokenKey reports whether name can be a tokenKeyName (CreateAuthorizer).
func ValidTokenKey(name string) bool { return validName(name, "_-") }

func validName(name, marks string) bool {
	if name == "" || len(name) > MaxName {
		return false
	}
	for i := 0; i < len(name); i++ {
		if !alphanumeric(name[i]) && strings.IndexByte(marks, name[i]) < 0 {
			return false
		}
	}
	return true
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// params returns the parameters in the order in which AWS's device clients write them, of
// credentials that are valid.
func (c Credentials) params() []param {
	list := []param{{AuthorizerNameKey, c.Authorizer}, {SignatureKey, ""}, {c.TokenKey, c.Token}}
	if signature, err := decodeSignature(c.Signature); err == nil {
		list[1].value = base64.StdEncoding.EncodeToString(signature)
	}
	return slices.DeleteFunc(list, func(p param) bool { return p.value == "" })
}

// encode returns the parameters as a query.
func (c Credentials) encode() (string, error) {
	if err := c.Validate(); err != nil {
		return "", err
	}
	var b strings.Builder
	for i, p := range c.params() {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(escape(p.key) + "=" + escape(p.value))
	}
	return b.String(), nil
}

// escape is url.QueryEscape, with spaces for decoders that take "+" for itself.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// SetHeader sets the headers of a request to POST /topics/… or of a WebSocket's upgrade.
// A header carries no control characters, and no space at either end of the token.
// Errors: [ErrCredentials], and then h is unchanged.
func (c Credentials) SetHeader(h http.Header) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if strings.ContainsFunc(c.Token, func(r rune) bool { return r < ' ' || r == 0x7f }) || strings.Trim(c.Token, " ") != c.Token {
		return fmt.Errorf("%w: a header cannot carry this Token", ErrCredentials)
	}
	for _, p := range c.params() {
		h.Set(p.key, p.value)
	}
	return nil
}

// Query returns the query parameters of a request to POST /topics/… or of a WebSocket's
// upgrade, without a question mark. Everything but letters, digits and "-_.~" is
// percent-encoded, so that each kind of decoder reads the same.
// Errors: [ErrCredentials].
func (c Credentials) Query() (string, error) {
	query, err := c.encode()
	if len(query) > MaxQuery {
		return "", fmt.Errorf("%w: a query of %d characters, of at most %d", ErrCredentials, len(query), MaxQuery)
	}
	return query, err
}

// Username returns the MQTT user name that carries the credentials behind user, which may
// be empty: "user?x-amz-customauthorizer-name=…&x-amz-customauthorizer-signature=…&key=…".
// Errors: [ErrCredentials], also for a user with a question mark.
func (c Credentials) Username(user string) (string, error) {
	query, err := c.encode()
	switch {
	case err != nil:
		return "", err
	case strings.Contains(user, "?"):
		return "", fmt.Errorf("%w: a user with a question mark", ErrCredentials)
	case query == "":
		return user, nil
	}
	username := user + "?" + query
	if len(username) > MaxUsername {
		return "", fmt.Errorf("%w: a user name of %d bytes, of at most %d", ErrCredentials, len(username), MaxUsername)
	}
	return username, nil
}
