package localaws

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
)

// admit lets requests through to h that a program on this machine makes for itself, and
// those of the pages that are allowed.
func (o ServeOptions) admit(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !o.serves(r.Host) {
			http.Error(w, fmt.Sprintf("localaws: host %.100q is not served, only loopback addresses, localhost and the names in ServeOptions.Hosts", r.Host), http.StatusMisdirectedRequest)
			return
		}
		origin := r.Header.Get("Origin")
		switch {
		case origin != "" && slices.Contains(o.Origins, origin):
			allow(w.Header(), r, origin)
			if r.Method == http.MethodOptions {
				w.WriteHeader(http.StatusNoContent)
				return
			}
		case fromPage(r):
			http.Error(w, fmt.Sprintf("localaws: web page %.100q may not call, only those in ServeOptions.Origins", origin), http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// serves reports whether the Host header names this machine in a way that no page can
// make up (RFC 6761 reserves localhost and invalid).
func (o ServeOptions) serves(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback() || slices.Contains(o.Hosts, host)
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".invalid") || slices.Contains(o.Hosts, host)
}

// fromPage reports whether a browser made r for a page. Browsers tell the origin of what
// could change something, and, since 2023, the site for the rest ("none": typed by hand).
func fromPage(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return r.Header.Get("Origin") != "" || site != "" && site != "none"
}

// allow gives the answers of CORS that AWS gives.
func allow(h http.Header, r *http.Request, origin string) {
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Expose-Headers", "x-amzn-requestid, x-amz-crc32, x-amzn-query-error")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "POST, GET")
		h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		h.Set("Access-Control-Max-Age", "172800")
	}
}
