package idtoken

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// maxDocument bounds the issuer's documents, in bytes.
const maxDocument = 1 << 20

// fetchTime bounds discovery and the fetch of the keys together.
const fetchTime = 8 * time.Second

// A keySet keeps an issuer's public keys. Libraries' own sets, go-oidc's for one, ask
// the issuer for every token with an unknown key id, as many as anybody cares to
// send; this one asks at most once in a cooldown.
type keySet struct {
	issuer   string
	options  Options
	verified verified // by keys

	mu       sync.Mutex
	url      string // of the JWKS; "" until discovered
	keys     []jose.JSONWebKey
	fetched  time.Time     // of keys; zero: never
	tried    time.Time     // the last fetch, whatever came of it
	lastErr  error         // of the last fetch
	fetching chan struct{} // closed when the fetch under way ends; nil: none is
}

func newKeySet(issuer string, o Options) *keySet {
	return &keySet{issuer: issuer, options: o}
}

func (s *keySet) ready(ctx context.Context) error {
	if len(s.candidates("")) > 0 {
		return nil
	}
	return s.refresh(ctx, true)
}

// verify checks the token's signature and returns what is signed.
func (s *keySet) verify(ctx context.Context, token *jose.JSONWebSignature) ([]byte, error) {
	kid := token.Signatures[0].Header.KeyID // one signature: the compact form has no more
	keys := s.candidates(kid)
	if len(keys) == 0 || s.stale() {
		err := s.refresh(ctx, len(keys) == 0)
		if keys = s.candidates(kid); len(keys) == 0 && err != nil {
			return nil, err
		}
	}
	if len(keys) == 0 {
		return nil, refuse(Signature, "unknown key")
	}
	for i := range keys {
		if payload, err := token.Verify(keys[i].Key); err == nil {
			return payload, nil
		}
	}
	return nil, refuse(Signature, "")
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
// fetch came to. Errors: [ErrUnavailable].
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
		return fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
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
		s.verified.forget()
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
			return "", nil, fmt.Errorf("%w: discovery: %w", ErrUnavailable, err)
		}
	}
	data, err := s.get(ctx, url)
	if err != nil {
		return "", nil, fmt.Errorf("%w: %s: %w", ErrUnavailable, url, err)
	}
	keys, err := parseKeys(data)
	if err != nil {
		return "", nil, fmt.Errorf("%w: %s: %w", ErrUnavailable, url, err)
	}
	return url, keys, nil
}

// discover reads the issuer's metadata (OpenID Connect Discovery 1.0, section 4).
func (s *keySet) discover(ctx context.Context) (string, error) {
	data, err := s.get(ctx, strings.TrimSuffix(s.issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return "", err
	}
	var metadata struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(data, &metadata); err != nil {
		return "", err
	}
	switch {
	case metadata.Issuer != s.issuer: // section 4.3: it must be the same, to the letter
		return "", fmt.Errorf("the issuer calls itself %q", metadata.Issuer)
	case metadata.Keys == "":
		return "", errors.New("the issuer names no jwks_uri")
	}
	return metadata.Keys, nil
}

func (s *keySet) get(ctx context.Context, url string) ([]byte, error) {
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
	return io.ReadAll(io.LimitReader(response.Body, maxDocument))
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
