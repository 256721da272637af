package idtoken

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"testing"
	"time"
)

func digestOf(i int) [sha256.Size]byte {
	return sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
}

// TestVerifiedIsBounded: however many tokens come, a bounded number is remembered, and
// those that come again and again are.
func TestVerifiedIsBounded(t *testing.T) {
	var v verified
	often := digestOf(-1)
	v.add(often, &signed{payload: []byte("often")}, 0)
	for i := range 10 * maxVerified {
		v.add(digestOf(i), new(signed), 0)
		if i%maxVerified == 0 {
			if s, _ := v.find(often); s == nil || string(s.payload) != "often" {
				t.Fatalf("after %d others: %v", i, s)
			}
		}
	}
	if n := len(v.young) + len(v.old); n > 2*maxVerified {
		t.Errorf("%d are remembered", n)
	}
	if s, _ := v.find(digestOf(0)); s != nil {
		t.Error("the first of many is remembered")
	}
}

// TestVerifiedByOtherKeys: what the keys of before have verified is not taken for what the
// present ones have, not even where the check was under way when they changed.
func TestVerifiedByOtherKeys(t *testing.T) {
	var v verified
	_, keys := v.find(digestOf(1))
	v.add(digestOf(1), new(signed), keys)
	if s, _ := v.find(digestOf(1)); s == nil {
		t.Fatal("it is not remembered")
	}
	v.forget()
	v.add(digestOf(2), new(signed), keys)
	for i := 1; i <= 2; i++ {
		if s, _ := v.find(digestOf(i)); s != nil {
			t.Errorf("%d is remembered", i)
		}
	}
}

// TestVerifyAgain: a token that was verified is checked like every other.
func TestVerifyAgain(t *testing.T) {
	issuer, v := issue(t)
	token, err := issuer.Mint("ann")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if claims, err := v.Verify(t.Context(), token, nil); err != nil || claims.Subject != "ann" {
			t.Fatalf("claims %+v, %v", claims, err)
		}
	}
	if s, _ := v.keys.verified.find(sha256.Sum256([]byte(token))); s == nil {
		t.Error("it is not remembered")
	}
	if _, err := v.Verify(t.Context(), token+"A", nil); !errors.Is(err, Malformed) && !errors.Is(err, Signature) {
		t.Errorf("with one character more: %v", err)
	}
	v.options.Clock = func() time.Time { return now.Add(13 * time.Hour) }
	if _, err := v.Verify(t.Context(), token, nil); !errors.Is(err, Expired) {
		t.Errorf("after its time: %v", err)
	}
}

func BenchmarkVerify(b *testing.B) {
	issuer, v := issue(b)
	token, err := issuer.Mint("ann")
	if err != nil {
		b.Fatal(err)
	}
	for _, known := range []bool{false, true} {
		b.Run(map[bool]string{false: "first", true: "again"}[known], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !known {
					v.keys.verified.forget()
				}
				if _, err := v.Verify(b.Context(), token, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
