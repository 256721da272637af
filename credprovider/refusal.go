package credprovider

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// refusals are what the service was observed to say, by a part of its message.
var refusals = []struct {
	status  int
	message string
	kind    error
	mend    string
}{
	{403, "invalid thing name", ErrThingNotAttached, "attach the thing to the certificate (aws iot attach-thing-principal), or leave the thing name out"},
	{403, "certificate is invalid", ErrCertificateRejected, mendCertificate},
	{403, "", ErrPolicyDenied, "attach an IoT policy to the certificate that allows iot:AssumeRoleWithCertificate on the ARN of the role alias; a new one takes a moment to be known everywhere"},
	{404, "", ErrAliasNotFound, "create the role alias in the account and region of the endpoint, or mend its name"},
	{400, "credentialdurationseconds exceeds", ErrDurationTooLong, "lower credentialDurationSeconds of the role alias, or raise MaxSessionDuration of the role"},
	{400, "unable to assume the role", ErrRoleNotAssumable, "let the role trust the service credentials.iot.amazonaws.com for sts:AssumeRole, and make sure that the role exists"},
}

const mendCertificate = "register and activate the certificate in the account and region of the endpoint, and replace it where it has expired"

// aboutCertificate reports whether an alert of TLS refuses the client's certificate, or is
// the one that says nothing. Package tls has no values to compare alerts with.
func aboutCertificate(alert error) bool {
	// handshake_failure, bad_certificate to certificate_unknown, unknown_ca, access_denied,
	// certificate_required: RFC 8446, section 6.
	for _, code := range []tls.AlertError{40, 42, 43, 44, 45, 46, 48, 49, 116} {
		if alert.Error() == code.Error() {
			return true
		}
	}
	return false
}

// refused turns an answer with another status than 200 into an error.
func (p *Provider) refused(response *http.Response, body []byte) *Error {
	e := &Error{
		Kind: ErrRefused, Status: response.StatusCode, Code: clean(response.Header.Get("X-Amzn-Errortype")),
		RequestID: requestID(response.Header), Message: message(body),
		Mend: "read the service's message",
	}
	switch {
	case e.Status == http.StatusTooManyRequests:
		e.Kind, e.Mend = ErrThrottled, "ask less often, or raise the account's quota of AssumeRoleWithCertificate"
		e.RetryAfter = retryAfter(response.Header, p.now().wall)
		return e
	case e.Status >= http.StatusInternalServerError || e.Status == http.StatusRequestTimeout:
		e.Kind, e.Mend = ErrUnavailable, "wait: the fault is the service's"
		e.RetryAfter = retryAfter(response.Header, p.now().wall)
		return e
	case e.Status < http.StatusBadRequest:
		return malformed(response, "neither credentials nor an error")
	}
	if e.Message == "" && bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		return malformed(response, "a page in place of JSON")
	}
	said := strings.ToLower(e.Message)
	for _, r := range refusals {
		if e.Status == r.status && strings.Contains(said, r.message) {
			e.Kind, e.Mend = r.kind, r.mend
			break
		}
	}
	return e
}

// message is the service's own words. Of a body that has another form nothing is told.
func message(body []byte) string {
	var answer struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &answer) // empty then
	return clean(answer.Message)
}

const maxText = 256 // characters of the service's in an error

// clean makes text fit for one line of a log.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f {
			return ' '
		}
		return r
	}, s)
	return s[:min(len(s), maxText)]
}

func requestID(h http.Header) string { return clean(h.Get("X-Amzn-Requestid")) }

// maxRetryAfter bounds what a service, or what stands in its place, can ask for.
const maxRetryAfter = 15 * time.Minute

// retryAfter reads seconds or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}

// unanswered turns the error of a request without a whole answer into one of ours.
func (p *Provider) unanswered(ctx context.Context, err error) *Error {
	e := &Error{Kind: ErrUnavailable, cause: err, Mend: "see that the endpoint is reached: name, network, proxy, port 443"}
	var (
		invalid   x509.CertificateInvalidError
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		verify    *tls.CertificateVerificationError
		timeout   net.Error
		remote    *net.OpError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		now := p.now().wall
		e.Kind = ErrClockSkew
		e.Mend = fmt.Sprintf("set the device's clock, which has %s: the server's certificate is valid from %s to %s", now.UTC().Format(time.RFC3339),
			invalid.Cert.NotBefore.Format(time.RFC3339), invalid.Cert.NotAfter.Format(time.RFC3339))
	case errors.As(err, &authority), errors.As(err, &name), errors.As(err, &invalid), errors.As(err, &verify):
		e.Kind = ErrUntrustedServer
		e.Mend = "have Amazon Root CA 1 among the trusted authorities (Options.RootCAs), and the endpoint named exactly; nothing may intercept TLS"
	case errors.As(err, &remote) && remote.Op == "remote error" && aboutCertificate(remote.Err):
		e.Kind = ErrCertificateRejected
		e.Mend = mendCertificate
	case ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		e.Kind = ErrTimeout
		e.Mend = "see that the endpoint is reached: network, proxy, port 443; or raise Options.Timeout"
	}
	return e
}
