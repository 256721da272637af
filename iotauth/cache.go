package iotauth

import (
	"strings"
	"sync"
)

// pair is what a cache remembers. Comparing the whole of it, and not a short hash, leaves
// nothing to forge.
type pair struct{ token, signature string }

// cache is a bounded set of pairs. It has two generations: when the young one is full it
// becomes the old one, and what was old is forgotten unless it was asked for since. That
// is nearly least-recently-used, without a list to maintain.
type cache struct {
	half int // the size of a generation

	mu         sync.Mutex
	young, old map[pair]struct{}
}

// newCache returns a cache of at most size pairs, which is 2 or more.
func newCache(size int) *cache {
	return &cache{half: size / 2, young: make(map[pair]struct{})}
}

// has reports whether the pair was added. A nil cache has none.
func (c *cache) has(token, signature string) bool {
	if c == nil {
		return false
	}
	p := pair{token, signature}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.young[p]; ok {
		return true
	}
	_, ok := c.old[p]
	if ok {
		c.insert(p)
	}
	return ok
}

// add remembers a pair. A nil cache does not.
func (c *cache) add(token, signature string) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.insert(pair{token, signature})
}

func (c *cache) insert(p pair) {
	if len(c.young) >= c.half {
		c.old, c.young = c.young, make(map[pair]struct{}, c.half)
	}
	// Clones: the caller's strings may be slices of a whole request.
	c.young[pair{strings.Clone(p.token), strings.Clone(p.signature)}] = struct{}{}
}
