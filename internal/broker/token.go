package broker

import (
	"net/url"
	"strings"
)

// bearerToken returns the token of a CONNECT: the password where there is one,
// otherwise the parameter named key of a user name in the form of AWS IoT's
// custom authorizers, "user?x-amz-customauthorizer-name=N&key=T". A value that
// is not percent-encoded is taken as it stands ("+" is a plus sign there, not a
// space).
func bearerToken(username, password, key string) string {
	if password != "" {
		return password
	}
	_, query, _ := strings.Cut(username, "?")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name != key {
			continue
		}
		if decoded, err := url.PathUnescape(value); err == nil {
			return decoded
		}
		return value
	}
	return ""
}
