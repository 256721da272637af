package geoindex

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// A cursor is text that continues a search:
//
//	base64url without padding of
//	  version 1       1 byte
//	  HMAC-SHA-256    16 bytes, the first half, over the table's name, the search and what follows
//	  position        where the search stopped in its order
//
// It holds no state of the search, so that whatever is written in between, no point
// that stays is lost or comes twice: a page holds what lies behind the position.
const (
	cursorVersion = 1
	cursorMAC     = 16
)

// sign returns the cursor of a position in a search.
func (t *Table) sign(search [sha256.Size]byte, o Order, p *position) string {
	b := append(make([]byte, 1+cursorMAC, 128), p.append(nil, o)...)
	b[0] = cursorVersion
	copy(b[1:], t.mac(search, b[1+cursorMAC:]))
	return base64.RawURLEncoding.EncodeToString(b)
}

// verify returns the position of a cursor that sign made for the same table, search and
// key. Any other text is an ErrCursor.
func (t *Table) verify(cursor string, search [sha256.Size]byte, o Order) (*position, error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) < 1+cursorMAC || b[0] != cursorVersion || base64.RawURLEncoding.EncodeToString(b) != cursor {
		return nil, fmt.Errorf("%w: not a cursor", ErrCursor)
	}
	if !hmac.Equal(b[1:1+cursorMAC], t.mac(search, b[1+cursorMAC:])) {
		return nil, fmt.Errorf("%w: changed, or of another search, table or key", ErrCursor)
	}
	p, err := parsePosition(b[1+cursorMAC:], o)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrCursor, err)
	}
	return &p, nil
}

func (t *Table) mac(search [sha256.Size]byte, position []byte) []byte {
	h := hmac.New(sha256.New, t.options.CursorKey)
	_, _ = fmt.Fprintf(h, "geoindex cursor %d %q ", cursorVersion, t.name)
	_, _ = h.Write(search[:])
	_, _ = h.Write(position)
	return h.Sum(nil)[:cursorMAC]
}

// searchIdentity tells searches apart whose cursors are not for each other.
func searchIdentity(region Region, o Order) [sha256.Size]byte {
	return sha256.Sum256(o.identity(region.identity(nil)))
}
