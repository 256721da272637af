package idtoken

import (
	"crypto/sha256"
	"sync"
)

// maxVerified is how many tokens are remembered, about: twice as many, and no fewer of
// those that come again and again.
const maxVerified = 4096

// verified remembers which tokens were signed by one of the issuer's present keys, since
// the same token comes with every request of its bearer. What the claims say is checked
// each time. Tokens are kept as digests: who reads the memory cannot use them.
//
// It has two generations. What is looked up moves to the younger one; when that is full
// the older one is forgotten.
type verified struct {
	mu         sync.Mutex
	keys       int // which keys: counts their fetches
	young, old map[[sha256.Size]byte][]byte
}

// find returns the claims of a token that was verified, nil for another, and which keys
// there are.
func (v *verified) find(digest [sha256.Size]byte) (claims []byte, keys int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if claims = v.young[digest]; claims == nil {
		if claims = v.old[digest]; claims != nil {
			v.put(digest, claims)
		}
	}
	return claims, v.keys
}

// add remembers what keys have verified, unless there are others by now.
func (v *verified) add(digest [sha256.Size]byte, claims []byte, keys int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if keys == v.keys {
		v.put(digest, claims)
	}
}

func (v *verified) put(digest [sha256.Size]byte, claims []byte) {
	if len(v.young) >= maxVerified || v.young == nil {
		v.young, v.old = make(map[[sha256.Size]byte][]byte), v.young
	}
	v.young[digest] = claims
}

// forget is called when there are new keys: one that is gone may be so for a reason.
func (v *verified) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keys++
	v.young, v.old = nil, nil
}
