package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"
)

// terminator ends every credential scope.
const terminator = "aws4_request"

// sign returns the signature of a canonical request in hexadecimal.
func sign(key []byte, s scope, at time.Time, request []byte) [2 * sha256.Size]byte {
	sum := sha256.Sum256(request)
	b := make([]byte, 0, 256)
	b = append(append(b, algorithm+"\n"...), at.Format(stamp)...)
	b = append(append(b, '\n'), s.date...)
	b = append(append(b, '/'), s.region...)
	b = append(append(b, '/'), s.service...)
	b = append(b, "/"+terminator+"\n"...)
	b = hex.AppendEncode(b, sum[:])
	var signature [2 * sha256.Size]byte
	hex.Encode(signature[:], mac(key, b))
	return signature
}

// derive returns the key that signs within a scope.
func derive(secret Secret, s scope) []byte {
	key := []byte("AWS4" + string(secret))
	for _, part := range []string{s.date, s.region, s.service, terminator} {
		key = mac(key, []byte(part))
	}
	return key
}

func mac(key, data []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(data)
	return h.Sum(nil)
}

// derivedKeys remembers keys, which are good for a day: deriving one costs four times what
// signing with it does.
type derivedKeys struct {
	mu      sync.Mutex
	byScope map[scope]derivedKey
}

type derivedKey struct {
	secret Secret
	key    []byte
}

// most bounds what is remembered. More scopes than these in use are derived anew.
const most = 256

func (d *derivedKeys) get(secret Secret, s scope) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known, ok := d.byScope[s]; ok && known.secret == secret {
		return known.key
	}
	if d.byScope == nil || len(d.byScope) >= most {
		d.byScope = map[scope]derivedKey{}
	}
	key := derive(secret, s)
	d.byScope[s] = derivedKey{secret, key}
	return key
}
