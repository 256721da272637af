package askaround

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pointers returns the pointers of a validation error; the error must be one.
func pointers(t *testing.T, reason string, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var v *ValidationError
	if !errors.As(err, &v) || !errors.Is(err, ErrInvalid) {
		t.Errorf("%s: error %v is no ValidationError", reason, err)
		return nil
	}
	var out []string
	for _, f := range v.Fields {
		if f.Detail == "" || !strings.HasPrefix(f.Pointer, "/") {
			t.Errorf("%s: fault %+v says too little", reason, f)
		}
		out = append(out, f.Pointer)
	}
	return out
}

func TestAskValidates(t *testing.T) {
	w := newWorld(t)
	good := AskInput{Account: account(0), Text: "Open?", Kind: KindStar, Location: manhattan}
	with := func(change func(*AskInput)) AskInput {
		in := good
		change(&in)
		return in
	}
	text := func(s string) AskInput { return with(func(in *AskInput) { in.Text = s }) }
	at := func(lat, lng float64) AskInput { return with(func(in *AskInput) { in.Location = Location{lat, lng} }) }
	for _, test := range []struct {
		reason string
		in     AskInput
		want   []string
	}{
		{"a good question", good, nil},
		{"one character", text("?"), nil},
		{"100 characters of four bytes", text(strings.Repeat("😀", 100)), nil},
		{"100 characters once trimmed", text("  " + strings.Repeat("é", 100) + "\n"), nil},
		{"a family of seven code points", text("👨‍👩‍👧‍👦 here?"), nil},
		{"101 characters", text(strings.Repeat("a", 101)), []string{"/text"}},
		{"nothing", text(""), []string{"/text"}},
		{"spaces only", text(" \t\u00a0\u3000"), []string{"/text"}},
		{"nothing to see", text("\u200b\u200d\ufeff"), []string{"/text"}},
		{"bad UTF-8", text("caf\xe9"), []string{"/text"}},
		{"a surrogate in UTF-8", text("\xed\xa0\x80"), []string{"/text"}},
		{"a NUL", text("a\x00b"), []string{"/text"}},
		{"a line break", text("a\nb"), []string{"/text"}},
		{"an escape sequence", text("a\x1b[31mb"), []string{"/text"}},
		{"a C1 control", text("a\u0085b"), []string{"/text"}},
		{"a line separator", text("a\u2028b"), []string{"/text"}},
		{"no kind", with(func(in *AskInput) { in.Kind = "" }), []string{"/kind"}},
		{"another kind", with(func(in *AskInput) { in.Kind = "Star rating" }), []string{"/kind"}},
		{"the poles and the antimeridian", at(90, -180), nil},
		{"the smallest latitude that is not 0", at(math.SmallestNonzeroFloat64, 0), nil},
		{"a latitude beyond the pole", at(90.0000001, 0), []string{"/location/lat"}},
		{"a longitude beyond the antimeridian", at(0, -180.5), []string{"/location/lng"}},
		{"NaN", at(math.NaN(), math.NaN()), []string{"/location/lat", "/location/lng"}},
		{"infinity", at(math.Inf(1), math.Inf(-1)), []string{"/location/lat", "/location/lng"}},
		{"swapped coordinates", at(-74.006, 140.7), nil},
		{"a key", with(func(in *AskInput) { in.IdempotencyKey = `"6f1c-!~"` }), nil},
		{"a key of 255 bytes", with(func(in *AskInput) { in.IdempotencyKey = strings.Repeat("k", 255) }), nil},
		{"a key of 256 bytes", with(func(in *AskInput) { in.IdempotencyKey = strings.Repeat("k", 256) }), []string{"/Idempotency-Key"}},
		{"a key with a space", with(func(in *AskInput) { in.IdempotencyKey = "a b" }), []string{"/Idempotency-Key"}},
		{"a key that is not ASCII", with(func(in *AskInput) { in.IdempotencyKey = "ключ" }), []string{"/Idempotency-Key"}},
		{"no account", with(func(in *AskInput) { in.Account = "" }), []string{"/account"}},
		{"a subject instead of an account", with(func(in *AskInput) { in.Account = "auth0|5f7c8ec7c33c6c004bbafe82" }), []string{"/account"}},
		{"all at once", AskInput{Text: "", Kind: "x", Location: Location{91, 181}}, []string{"/account", "/text", "/kind", "/location/lat", "/location/lng"}},
	} {
		_, err := w.service.Ask(w.ctx(), test.in)
		if diff := cmp.Diff(test.want, pointers(t, test.reason, err)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.reason, diff)
		}
	}
	w.run()
	w.noDeadLetters() // what is accepted can be processed
}

func TestAnswerValidates(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindGeo, manhattan)
	for _, test := range []struct {
		reason string
		value  Value
		want   []string
	}{
		{"no stars", Value{Kind: KindStar}, nil},
		{"five stars", Value{Kind: KindStar, Stars: 10}, nil},
		{"five and a half stars", Value{Kind: KindStar, Stars: 11}, []string{"/stars"}},
		{"a place", Value{Kind: KindGeo, Location: manhattan}, nil},
		{"a place nowhere", Value{Kind: KindGeo, Location: Location{math.NaN(), 200}}, []string{"/location/lat", "/location/lng"}},
		{"no kind", Value{}, []string{"/kind"}},
	} {
		_, err := w.service.Answer(w.ctx(), AnswerInput{Account: account(1), Question: id, Value: test.value})
		if diff := cmp.Diff(test.want, pointers(t, test.reason, err)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.reason, diff)
		}
	}
	for _, bad := range []QuestionID{"", "x", id + "x", QuestionID(strings.ToUpper(string(id))), "jbeswick-1589202456"} {
		if _, err := w.service.Answer(w.ctx(), AnswerInput{Account: account(1), Question: bad, Value: Value{Kind: KindStar}}); !errors.Is(err, ErrNotFound) {
			t.Errorf("answer to %q: %v", bad, err)
		}
		if _, err := w.service.Withdraw(w.ctx(), WithdrawInput{Account: account(1), Question: bad}); !errors.Is(err, ErrNotFound) {
			t.Errorf("withdrawal from %q: %v", bad, err)
		}
		if _, err := w.service.Question(w.ctx(), account(1), bad); !errors.Is(err, ErrNotFound) {
			t.Errorf("question %q: %v", bad, err)
		}
		if _, err := w.service.OwnAnswer(w.ctx(), account(1), bad); !errors.Is(err, ErrNotFound) {
			t.Errorf("answer to %q: %v", bad, err)
		}
		if err := w.service.Close(w.ctx(), account(1), bad); !errors.Is(err, ErrNotFound) {
			t.Errorf("close %q: %v", bad, err)
		}
	}
}

func TestParseStars(t *testing.T) {
	for half := range MaxHalfStars + 1 {
		h, err := ParseStars(float64(half) / 2)
		if err != nil || int(h) != half || h.Stars() != float64(half)/2 {
			t.Errorf("%v stars: %v, %v", float64(half)/2, h, err)
		}
	}
	for _, bad := range []float64{-0.5, 5.5, 4.25, 4.9999999, 1e300, math.Inf(1), math.Inf(-1), math.NaN(), -1e-320} {
		if h, err := ParseStars(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%v stars: %v, %v", bad, h, err)
		}
	}
	if s := HalfStars(9).String(); s != "4.5" {
		t.Errorf("9 half stars: %q", s)
	}
}

func TestAccountFor(t *testing.T) {
	a := AccountFor("https://issuer", "alice")
	if !validBase32(string(a)) {
		t.Errorf("%q is no account", a)
	}
	for _, other := range []AccountID{AccountFor("https://issuer", "bob"), AccountFor("https://issuera", "lice"), AccountFor("https://other", "alice")} {
		if other == a {
			t.Errorf("two users share the account %s", a)
		}
	}
	if AccountFor("https://issuer", "alice") != a {
		t.Error("one user has two accounts")
	}
	// Stored data depends on it. From Python: base32hex of the first 16 bytes of
	// sha256(b"7:account14:https://issuer5:alice").
	if want := AccountID("3bghbr0eipl7cm9i506d0pdi6o"); a != want {
		t.Errorf("account %s, want %s", a, want)
	}
}

func TestFreshIDsSortByTime(t *testing.T) {
	c := newClock()
	a := freshID(c.Now())
	c.Advance(1e6)
	b := freshID(c.Now())
	if !validBase32(a) || !validBase32(b) || !(a < b) {
		t.Errorf("ids %q, %q", a, b)
	}
}
