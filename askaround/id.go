package askaround

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/geoindex"
)

// AccountID is the pseudonym of a user: 26 characters of base 32. The token's
// subject itself is never stored or published.
type AccountID string

// AccountFor returns the account of the user that issuer calls subject. Equal
// arguments give equal accounts, on every machine.
func AccountFor(issuer, subject string) AccountID {
	return AccountID(digest("account", issuer, subject))
}

// QuestionID identifies a question: the 16 hex digits of the S2 leaf cell where it was
// asked, a hyphen, and 26 characters of base 32. It tells where the question's item is.
type QuestionID string

// ParseQuestionID reads a question id; others are an [ErrNotFound], since no question
// can have them.
func ParseQuestionID(s string) (QuestionID, error) {
	if _, err := topic.NewQuestion(s); err != nil {
		return "", fmt.Errorf("%w: %q is no question id", ErrNotFound, s)
	}
	return QuestionID(s), nil
}

// OperationID identifies an operation: 26 characters of base 32.
type OperationID string

// encoding is base 32 with digits that sort as their values do (RFC 4648, section 7),
// in lower case: fit for topics, URLs and keys.
var encoding = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// digest returns 128 bits of SHA-256 over the parts, in 26 characters. Each part goes
// in with its length, so that no two lists of parts collide by concatenation.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return encoding.EncodeToString(h.Sum(nil)[:16])
}

// freshID returns 48 bits of Unix milliseconds and 80 random bits, as UUIDv7 has them,
// in 26 characters: ids sort by time.
func freshID(now time.Time) string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	return encoding.EncodeToString(b[:])
}

// key returns where the question's item is.
func (id QuestionID) key() (geoindex.Key, error) {
	if _, err := ParseQuestionID(string(id)); err != nil {
		return geoindex.Key{}, err
	}
	return geoindex.ParseKey(string(id))
}

func validBase32(s string) bool {
	return len(s) == 26 && strings.Trim(s, "0123456789abcdefghijklmnopqrstuv") == ""
}
