package idtoken

import (
	"crypto/sha256"
	"sync"

	"github.com/go-jose/go-jose/v4/json" // with names to the letter, and none twice
	"github.com/go-jose/go-jose/v4/jwt"
)

// signed is what the issuer has signed.
type signed struct {
	payload []byte
	claims  jwt.Claims // of payload
}

func readSigned(payload []byte) (*signed, error) {
	s := &signed{payload: payload}
	if json.Unmarshal(payload, &s.claims) != nil {
		return nil, errClaims
	}
	return s, nil
}

var errClaims = refuse(Malformed, "its claims have wrong types")

// decode decodes all claims into dest, unless that is nil.
func (s *signed) decode(dest any) error {
	if dest != nil && json.Unmarshal(s.payload, dest) != nil {
		return errClaims
	}
	return nil
}

// maxVerified is how many tokens are remembered, about: twice as many, and no fewer of
// those that come again and again.
const maxVerified = 4096

// verified remembers which tokens were signed by one of the issuer's present keys, since
// the same token comes with every request of its bearer. What its claims say is checked
// each time. Tokens are kept as digests: who reads the memory cannot use them.
//
// It has two generations. What is looked up moves to the younger one; when that is full
// the older one is forgotten.
type verified struct {
	mu         sync.Mutex
	keys       int // which keys: counts their fetches
	young, old map[[sha256.Size]byte]*signed
}

// find returns what a token holds that was verified, nil for another, and which keys
// there are.
func (v *verified) find(digest [sha256.Size]byte) (s *signed, keys int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if s = v.young[digest]; s == nil {
		if s = v.old[digest]; s != nil {
			v.put(digest, s)
		}
	}
	return s, v.keys
}

// add remembers what keys have verified, unless there are others by now.
func (v *verified) add(digest [sha256.Size]byte, s *signed, keys int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if keys == v.keys {
		v.put(digest, s)
	}
}

func (v *verified) put(digest [sha256.Size]byte, s *signed) {
	if len(v.young) >= maxVerified || v.young == nil {
		v.young, v.old = make(map[[sha256.Size]byte]*signed), v.young
	}
	v.young[digest] = s
}

// forget is called when there are new keys: one that is gone may be so for a reason.
func (v *verified) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keys++
	v.young, v.old = nil, nil
}
