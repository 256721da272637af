package apihttp

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// An Entity is a representation with its entity tag, which is a hash of it: equal
// tags mean equal bytes. It answers a request that holds the tag already with 304.
type Entity struct {
	Link string // the Link header, or ""

	body  []byte
	tag   string
	known bool // the client has it
}

// NewEntity marshals v. ifNoneMatch is the header of that name, nil when absent.
func NewEntity(v any, ifNoneMatch *string) (*Entity, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:18]) + `"` // 144 bits: no padding
	return &Entity{body: body, tag: tag, known: ifNoneMatch != nil && matches(*ifNoneMatch, tag)}, nil
}

// matches compares as If-None-Match wants: weakly, against a list or "*" (RFC 9110,
// section 13.1.2). Our tags hold no comma, so that one can split at commas.
func matches(ifNoneMatch, tag string) bool {
	for candidate := range strings.SplitSeq(ifNoneMatch, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == tag || candidate == "*" {
			return true
		}
	}
	return false
}

// Write answers with the representation, or with 304 to a client that has it.
func (e *Entity) Write(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("ETag", e.tag)
	// Kept by the browser for its user, and asked about each time.
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Vary", "Authorization")
	if e.known {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	if e.Link != "" {
		h.Set("Link", e.Link)
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(e.body)))
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(e.body)
	return err
}
