package devissuer

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/askaround/askaround-go/internal/inprocess"
)

// maxBody bounds a token request.
const maxBody = 4 << 10

// ServeHTTP answers requests whose paths are relative to the issuer's URL.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == "/.well-known/openid-configuration" && isRead(r):
		i.discover(w)
	case path == "/jwks.json" && isRead(r):
		answer(w, http.StatusOK, i.public)
	case path == "/token" && r.Method == http.MethodPost:
		i.token(w, r)
	case path == "/authorize" && (isRead(r) || r.Method == http.MethodPost):
		answer(w, http.StatusBadRequest, oauthError{"unsupported_response_type", "there is no login here: POST user=NAME to " + i.url + "/token"})
	default:
		answer(w, http.StatusNotFound, oauthError{"invalid_request", "no such resource"})
	}
}

func isRead(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

type oauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone: nobody to tell
}

// discover names what section 3 of OpenID Connect Discovery 1.0 requires: an
// authorization endpoint among it, which refuses everybody.
func (i *Issuer) discover(w http.ResponseWriter) {
	answer(w, http.StatusOK, map[string]any{
		"issuer": i.url, "jwks_uri": i.url + "/jwks.json", "token_endpoint": i.url + "/token",
		"authorization_endpoint": i.url + "/authorize", "response_types_supported": []string{"token"},
		"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"ES256"},
	})
}

func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	user, err := readUser(r)
	if err != nil {
		answer(w, http.StatusBadRequest, oauthError{"invalid_request", err.Error()})
		return
	}
	token, err := i.Mint(user)
	switch {
	case errors.Is(err, ErrUser):
		answer(w, http.StatusBadRequest, oauthError{"invalid_request", err.Error()})
	case err != nil:
		answer(w, http.StatusServiceUnavailable, oauthError{"temporarily_unavailable", "the token could not be signed"})
	default:
		answer(w, http.StatusOK, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": int(i.options.Lifetime.Seconds())})
	}
}

// readUser reads the user name from a form or JSON. A page of another origin can send
// neither kind of JSON unasked, but a form: the answer stays unreadable to it.
func readUser(r *http.Request) (string, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		return "", errors.New("the body is cut off or longer than 4 KiB")
	}
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case "application/json":
		var in struct{ User string }
		if err := json.Unmarshal(body, &in); err != nil {
			return "", errors.New(`the body is not JSON of the form {"user":"name"}`)
		}
		return in.User, nil
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return "", errors.New("the body is no form")
		}
		return form.Get("user"), nil
	}
	return "", errors.New("send a form or JSON")
}

// Client returns a client that reaches the issuer without a socket, for who verifies
// tokens in the same process. Other addresses are refused.
func (i *Issuer) Client() *http.Client {
	return &http.Client{Transport: onlyIssuer{i.url, inprocess.Transport(i)}}
}

// onlyIssuer makes paths relative to the issuer's URL.
type onlyIssuer struct {
	url  string
	next http.RoundTripper
}

func (t onlyIssuer) RoundTrip(r *http.Request) (*http.Response, error) {
	path, ok := strings.CutPrefix(r.URL.String(), t.url)
	if !ok || !strings.HasPrefix(path, "/") {
		return nil, errors.New("devissuer: " + r.URL.Host + " is not this issuer")
	}
	in := r.Clone(r.Context())
	in.URL = &url.URL{Path: path}
	out, err := t.next.RoundTrip(in)
	if out != nil {
		out.Request = r
	}
	return out, err
}
