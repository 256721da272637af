package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// source is where credentials come from. Their Expires is the true one.
type source interface {
	RetrieveWithExpiry(ctx context.Context) (aws.Credentials, error)
}

// local serves credentials to programs on this machine.
type local struct {
	source source
	logger *slog.Logger
	// role is what the instance metadata calls the credentials.
	role string
	// token tells what requests to the container endpoint must be authorized with; where it
	// tells "", nothing is needed. Nil: the endpoint is not served.
	token func() (string, error)
	imds  *imdsTokens // nil: the instance metadata is not served
}

const containerPath = "/credentials"

// handler returns what is served, behind the checks of all requests.
func (l *local) handler() http.Handler {
	mux := http.NewServeMux()
	if l.token != nil {
		mux.HandleFunc("GET "+containerPath, l.container)
	}
	if l.imds != nil {
		mux.HandleFunc("PUT /latest/api/token", l.imds.issue)
		mux.HandleFunc("GET /latest/meta-data/iam/security-credentials", l.imds.guard(l.roles))
		mux.HandleFunc("GET /latest/meta-data/iam/security-credentials/{$}", l.imds.guard(l.roles))
		mux.HandleFunc("GET /latest/meta-data/iam/security-credentials/{role}", l.imds.guard(l.metadata))
	}
	return l.fromHere(mux)
}

// fromHere lets requests through that a program on this machine makes for itself.
func (l *local) fromHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		h := r.Header
		site := h.Get("Sec-Fetch-Site")
		switch {
		case !isThisMachine(r.Host):
			l.refuse(w, r, http.StatusMisdirectedRequest, "MisdirectedRequest", "only names of this machine are served")
		case len(h.Values("X-Forwarded-For")) > 0, len(h.Values("Forwarded")) > 0:
			l.refuse(w, r, http.StatusForbidden, "Forbidden", "the request came through a proxy")
		case len(h.Values("Origin")) > 0, site != "" && site != "none":
			l.refuse(w, r, http.StatusForbidden, "Forbidden", "the request came from a web page")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isThisMachine reports whether a Host header names this machine in a way that no web page
// can make up: a loopback address, localhost, or one of the addresses at which AWS serves
// metadata and container credentials, which a firewall may lead here.
func isThisMachine(hostport string) bool {
	host := hostport
	if h, port, err := net.SplitHostPort(hostport); err == nil {
		if strings.Trim(port, "0123456789") != "" {
			return false
		}
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	switch host {
	case "localhost", "169.254.169.254", "fd00:ec2::254", "169.254.170.2", "169.254.170.23", "fd00:ec2::23":
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// refuse answers with the form of errors that SDKs read, and says so in the log.
func (l *local) refuse(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	l.logger.WarnContext(r.Context(), "request refused", "status", status, "reason", message, "remote", r.RemoteAddr)
	writeError(w, status, code, message)
}

func writeError(w http.ResponseWriter, status int, code, message string) {
	writeJSON(w, status, map[string]string{"code": code, "message": message})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who went away is not told
}

// retrieve returns credentials, or answers why there are none.
func (l *local) retrieve(w http.ResponseWriter, r *http.Request) (aws.Credentials, bool) {
	c, err := l.source.RetrieveWithExpiry(r.Context())
	if err == nil {
		return c, true
	}
	l.logger.WarnContext(r.Context(), "no credentials", "error", err)
	// SDKs ask again after 5xx. What must be mended they report with this text.
	status, code := http.StatusInternalServerError, "CredentialsRefused"
	if exitStatus(err) == exitTemporary {
		status, code = http.StatusServiceUnavailable, "ServiceUnavailable"
	}
	writeError(w, status, code, err.Error())
	return aws.Credentials{}, false
}

// expiration is a time as SDKs read it.
func expiration(c aws.Credentials) string { return c.Expires.UTC().Format(time.RFC3339) }
