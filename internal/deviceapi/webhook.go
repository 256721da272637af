package deviceapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"unicode"

	api "github.com/askaround/askaround-go/api/device"
	"github.com/askaround/askaround-go/internal/apihttp"
	"github.com/askaround/askaround-go/internal/openapi"
)

const (
	// maxWebhook is the longest event in bytes.
	maxWebhook = 1 << 20
	// maxLine is the longest line that is printed of an event, in characters.
	maxLine = 120
)

// authenticate wants a signature where the contract says so, else a token.
func authenticate(o Options) func(http.ResponseWriter, *http.Request, *openapi.Operation) (apihttp.Caller, error) {
	bearer := apihttp.BearerAuth(o.Verify)
	return func(w http.ResponseWriter, r *http.Request, operation *openapi.Operation) (apihttp.Caller, error) {
		if !operation.Secured("hubSignature") {
			return bearer(w, r, operation)
		}
		body, err := openapi.ReadBody(w, r, maxWebhook)
		if err != nil {
			return apihttp.Caller{}, err
		}
		if !signed(o.Secret, body, r.Header["X-Hub-Signature-256"]) {
			return apihttp.Caller{}, &apihttp.Refusal{Kind: apihttp.InvalidSignature}
		}
		return apihttp.Caller{Account: "webhook"}, nil
	}
}

// signed reports whether signatures is the one signature of body with secret, as
// "sha256=" and hexadecimal digits. It takes the same time for every wrong one.
func signed(secret, body []byte, signatures []string) bool {
	if len(secret) == 0 || len(signatures) != 1 {
		return false
	}
	digits, ok := strings.CutPrefix(signatures[0], "sha256=")
	given, err := hex.DecodeString(digits)
	if !ok || err != nil {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return hmac.Equal(given, mac.Sum(nil))
}

// summarize makes one line of an event, such as "push: askaround/askaround-go by alice".
func summarize(kind string, event api.WebhookEvent) string {
	line := kind
	if action := text(event, "action"); action != "" {
		line += " " + action
	}
	if repository := text(event, "repository", "full_name"); repository != "" {
		line += ": " + repository
	}
	if sender := text(event, "sender", "login"); sender != "" {
		line += " by " + sender
	}
	characters := []rune(line)
	return string(characters[:min(len(characters), maxLine)])
}

// text returns the text at path, "" where there is none, without control characters: what is
// printed obeys nobody's commands.
func text(v map[string]any, path ...string) string {
	for _, name := range path[:len(path)-1] {
		v, _ = v[name].(map[string]any)
	}
	s, _ := v[path[len(path)-1]].(string)
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s))
}
