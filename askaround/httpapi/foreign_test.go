package httpapi_test

import (
	"bufio"
	"errors"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/httpapi"
	"github.com/askaround/askaround-go/internal/foreign"
)

// TestForeignIssuer takes tokens that nobody here signed, of an issuer found by its
// URL alone. As with Auth0 the URL ends in a slash and the audience is a list.
func TestForeignIssuer(t *testing.T) {
	python := foreign.NeedPython(t, "cryptography")
	url, tokens := startPython(t, python)
	verifier, err := httpapi.NewVerifier(url, audience, func(o *httpapi.VerifierOptions) { o.Scope = "ask" })
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{
		"RS256": nil, "ES256": nil, "expired": httpapi.ErrTokenExpired, "forged": httpapi.ErrTokenSignature,
	} {
		identity, err := verifier.Verify(t.Context(), tokens[name])
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		if err == nil && (identity.Account != askaround.AccountFor(url, "auth0|alice") || time.Until(identity.Expires) < 59*time.Minute) {
			t.Errorf("%s: %+v", name, identity)
		}
	}
	f := newFixture(t)
	if f.handler, err = httpapi.New(f.fake, verifier); err != nil {
		t.Fatal(err)
	}
	f.token = tokens["RS256"]
	if response, body := f.do(t, f.request("POST", "/questions", goodQuestion)); response.StatusCode != http.StatusAccepted {
		t.Errorf("%d %s", response.StatusCode, body)
	}
}

// startPython runs the issuer until the test ends and returns its URL and tokens.
func startPython(t *testing.T, python string) (url string, tokens map[string]string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), python, "testdata/issuer.py")
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = command.Wait() // it ends with its input, or by the test's context
	})
	lines := bufio.NewScanner(stdout)
	tokens = make(map[string]string)
	for len(tokens) < 4 && lines.Scan() {
		name, token, found := strings.Cut(lines.Text(), " ")
		if !found {
			url = name
			continue
		}
		tokens[name] = token
	}
	if url == "" || len(tokens) < 4 {
		t.Fatalf("the issuer printed %q and %d tokens: %v", url, len(tokens), lines.Err())
	}
	return url, tokens
}
