package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// maxKeys bounds a JWKS document, in bytes.
const maxKeys = 1 << 20

// fetchTime bounds discovery and the fetch of the keys together.
const fetchTime = 8 * time.Second

// A keySet keeps an issuer's public keys. go-oidc's own set asks the issuer for
// every token with an unknown key id, as many as anybody cares to send; this one
// asks at most once in a cooldown.
type keySet struct {
	issuer  string
	options VerifierOptions

	mu       sync.Mutex
	url      string // of the JWKS; "" until discovered
	keys     []jose.JSONWebKey
	fetched  time.Time     // of keys; zero: never
	tried    time.Time     // the last fetch, whatever came of it
	lastErr  error         // of the last fetch
	fetching chan struct{} // closed when the fetch under way ends; nil: none is
}

func newKeySet(issuer string, o VerifierOptions) *keySet {
	return &keySet{issuer: issuer, options: o}
}

func (s *keySet) ready(ctx context.Context) error {
	if len(s.candidates("")) > 0 {
		return nil
	}
	return s.refresh(ctx, true)
}

// verify checks the token's signature and decodes its claims into dest.
func (s *keySet) verify(ctx context.Context, token *jwt.JSONWebToken, dest any) error {
	kid := token.Headers[0].KeyID // one signature: the compact form has no more
	keys := s.candidates(kid)
	if len(keys) == 0 || s.stale() {
		err := s.refresh(ctx, len(keys) == 0)
		if keys = s.candidates(kid); len(keys) == 0 && err != nil {
			return err
		}
	}
	for i := range keys {
		if token.Claims(keys[i].Key, dest) == nil {
			return nil
		}
	}
	if len(keys) == 0 {
		return fmt.Errorf("%w: unknown key", ErrTokenSignature)
	}
	return s.reject(token, keys)
}

// reject tells a bad signature from claims that are no JSON.
func (s *keySet) reject(token *jwt.JSONWebToken, keys []jose.JSONWebKey) error {
	for i := range keys {
		var raw json.RawMessage
		if token.Claims(keys[i].Key, &raw) == nil {
			return fmt.Errorf("%w: its claims have wrong types", ErrTokenMalformed)
		}
	}
	return ErrTokenSignature
}

// candidates returns the keys that a token with that key id may be signed by: all
// of them when it names none.
func (s *keySet) candidates(kid string) []jose.JSONWebKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kid == "" {
		return s.keys
	}
	var named []jose.JSONWebKey
	for _, key := range s.keys {
		if key.KeyID == kid {
			named = append(named, key)
		}
	}
	return named
}

func (s *keySet) stale() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options.Clock().Sub(s.fetched) > s.options.MaxAge
}

// refresh fetches the keys. While another caller does, it waits for that or, if
// wait is false, returns at once. Within the cooldown it returns what the last
// fetch came to. Errors: [ErrKeysUnavailable].
func (s *keySet) refresh(ctx context.Context, wait bool) error {
	s.mu.Lock()
	if fetching := s.fetching; fetching != nil {
		s.mu.Unlock()
		if !wait {
			return nil
		}
		return s.await(ctx, fetching)
	}
	now := s.options.Clock()
	if !s.tried.IsZero() && now.Sub(s.tried) < s.options.Cooldown {
		defer s.mu.Unlock()
		return s.lastErr
	}
	s.tried, s.fetching = now, make(chan struct{})
	url := s.url
	s.mu.Unlock()

	// The fetch outlives the caller that happened to start it: others wait for it.
	fetchCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
	defer cancel()
	url, keys, err := s.fetch(fetchCtx, url)
	s.store(now, url, keys, err)
	return err
}

func (s *keySet) await(ctx context.Context, fetching <-chan struct{}) error {
	select {
	case <-fetching:
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrKeysUnavailable, ctx.Err())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastErr
}

func (s *keySet) store(now time.Time, url string, keys []jose.JSONWebKey, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastErr = err
	if err == nil {
		s.url, s.keys, s.fetched = url, keys, now
	} else {
		s.url = "" // discover again: the address may have moved
		s.options.Logger.Warn("issuer keys not fetched", "issuer", s.issuer, "error", err)
	}
	close(s.fetching)
	s.fetching = nil
}

func (s *keySet) fetch(ctx context.Context, url string) (string, []jose.JSONWebKey, error) {
	if url == "" {
		var err error
		if url, err = s.discover(ctx); err != nil {
			return "", nil, fmt.Errorf("%w: discovery: %w", ErrKeysUnavailable, err)
		}
	}
	keys, err := s.download(ctx, url)
	if err != nil {
		return "", nil, fmt.Errorf("%w: %s: %w", ErrKeysUnavailable, url, err)
	}
	return url, keys, nil
}

// discover reads the issuer's metadata (OpenID Connect Discovery 1.0, section 4);
// go-oidc compares the issuer that it names.
func (s *keySet) discover(ctx context.Context) (string, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, s.options.HTTPClient), s.issuer)
	if err != nil {
		return "", err
	}
	var metadata struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&metadata); err != nil {
		return "", err
	}
	if metadata.Keys == "" {
		return "", fmt.Errorf("the issuer names no jwks_uri")
	}
	return metadata.Keys, nil
}

func (s *keySet) download(ctx context.Context, url string) ([]jose.JSONWebKey, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := s.options.HTTPClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %s", response.Status)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, maxKeys))
	if err != nil {
		return nil, err
	}
	return parseKeys(data)
}

// parseKeys returns the signing keys of a JWKS (RFC 7517). Keys of kinds that are
// not understood are passed over, as its section 5 wants.
func parseKeys(data []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, err
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) != nil || !key.IsPublic() || !key.Valid() {
			continue
		}
		if key.Use == "" || key.Use == "sig" {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("no signing key in it")
	}
	return keys, nil
}
