package dynamodb

import (
	"crypto/sha256"
	"sync"
	"time"
)

// tokenLife is how long a transaction's client token holds (TransactWriteItems,
// ClientRequestToken: "valid for 10 minutes after the first request").
const tokenLife = 10 * time.Minute

type tokenHash [sha256.Size]byte

// usedToken is a client token and the hash of the request that came with it, over a
// canonical form: SDKs serialise maps in random order.
type usedToken struct {
	token string
	hash  tokenHash
}

type tokenEntry struct {
	hash tokenHash
	at   time.Time
}

// tokenCache remembers the tokens of transactions that were done.
type tokenCache struct {
	mu      sync.Mutex
	entries map[string]tokenEntry
}

// seen reports whether the transaction was done before; a token that came with another
// request is an error.
func (c *tokenCache) seen(t *usedToken, now time.Time) (bool, error) {
	if t == nil {
		return false, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.entries[t.token]
	if !ok || now.Sub(entry.at) > tokenLife {
		return false, nil
	}
	if entry.hash != t.hash {
		return false, failure("IdempotentParameterMismatchException", "An error occurred (IdempotentParameterMismatchException): DynamoDB rejected the request because you retried a request with a different payload but with an idempotent token that was already used")
	}
	return true, nil
}

func (c *tokenCache) add(t *usedToken, now time.Time) {
	if t != nil {
		c.mu.Lock()
		c.entries[t.token] = tokenEntry{t.hash, now}
		c.mu.Unlock()
	}
}

func (c *tokenCache) expire(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for token, entry := range c.entries {
		if now.Sub(entry.at) > tokenLife {
			delete(c.entries, token)
		}
	}
}
