package credprovider

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// grant is an answer of the service that holds credentials.
type grant struct {
	credentials aws.Credentials
	date        time.Time // the service's clock; zero where it does not say
	requestID   string
}

// parseGrant reads the body of a 200. What is not the answer of the credentials provider
// is refused as [ErrMalformed]; the error tells nothing of the body, which may hold
// secrets.
func parseGrant(response *http.Response, body []byte) (grant, *Error) {
	var answer struct {
		Credentials *struct {
			AccessKeyID     string `json:"accessKeyId"`
			SecretAccessKey string `json:"secretAccessKey"`
			SessionToken    string `json:"sessionToken"`
			Expiration      string `json:"expiration"`
		} `json:"credentials"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Credentials == nil {
		return grant{}, malformed(response, "no JSON of credentials")
	}
	c := answer.Credentials
	for _, field := range []struct{ name, value string }{
		{"accessKeyId", c.AccessKeyID}, {"secretAccessKey", c.SecretAccessKey}, {"sessionToken", c.SessionToken},
	} {
		if field.value == "" {
			return grant{}, malformed(response, "no "+field.name)
		}
		if strings.ContainsFunc(field.value, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return grant{}, malformed(response, field.name+" has characters that no header takes")
		}
	}
	expires, err := time.Parse(time.RFC3339, c.Expiration)
	if err != nil {
		return grant{}, malformed(response, "no expiration")
	}
	g := grant{requestID: requestID(response.Header), credentials: aws.Credentials{
		AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
		Source: ProviderName, CanExpire: true, Expires: expires.UTC(),
	}}
	g.date, _ = http.ParseTime(response.Header.Get("Date")) // zero where there is none
	return g, nil
}

// maxSkew is what a clock may differ before it is talked about: AWS's services accept
// signatures within 5 minutes.
const maxSkew = 5 * time.Minute

// lifetime is how long the credentials live by the device's clock, or by the service's
// where that is shorter: a clock that is behind would think them valid for too long.
func (g grant) lifetime(wall time.Time) (time.Duration, *Error) {
	left := g.credentials.Expires.Sub(wall)
	if g.date.IsZero() {
		if left <= 0 {
			return 0, g.expired(wall)
		}
		return min(left, maxLifetime), nil
	}
	byService := g.credentials.Expires.Sub(g.date)
	switch skew := wall.Sub(g.date); {
	case byService <= 0:
		return 0, g.expired(wall)
	case left <= 0 && skew > maxSkew:
		return 0, &Error{Kind: ErrClockSkew, Status: http.StatusOK, RequestID: g.requestID,
			Mend: fmt.Sprintf("set the device's clock, which is %v ahead of the service's", skew.Round(time.Second))}
	case left <= 0:
		return 0, g.expired(wall)
	case skew < -maxSkew:
		left = min(left, byService)
	}
	return min(left, maxLifetime), nil
}

func (g grant) expired(wall time.Time) *Error {
	return &Error{Kind: ErrExpired, Status: http.StatusOK, RequestID: g.requestID,
		Mend: fmt.Sprintf("compare the clocks: they expired at %s, the device's clock has %s",
			g.credentials.Expires.Format(time.RFC3339), wall.UTC().Format(time.RFC3339))}
}

func malformed(response *http.Response, what string) *Error {
	return &Error{Kind: ErrMalformed, Status: response.StatusCode, RequestID: requestID(response.Header), Message: what,
		Mend: "make sure that the endpoint is the account's of the type iot:CredentialProvider, and that no proxy answers in its place"}
}
