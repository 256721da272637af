package topic

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	someCell     = "89c25b"
	someQuestion = "89c25a31cf0e2b4d-0123456789abcdefghijklmnop"
	someAccount  = "0123456789abcdefghijklmnop"
)

func TestParse(t *testing.T) {
	geo, _ := NewGeo(someCell)
	question, _ := NewQuestion(someQuestion)
	account, _ := NewAccount(someAccount)
	for _, test := range []struct {
		reason, name string
		want         Topic
		err          error
	}{
		{"a geo topic", "askaround/v1/geo/89c25b", geo, nil},
		{"a question topic", "askaround/v1/question/" + someQuestion, question, nil},
		{"an account topic", "askaround/v1/account/" + someAccount, account, nil},
		{"the system topic", "askaround/v1/system", System{}, nil},
		{"nothing", "", nil, ErrSyntax},
		{"a wildcard is no name", "askaround/v1/geo/+", nil, ErrSyntax},
		{"a NUL", "askaround/v1/sys\x00tem", nil, ErrSyntax},
		{"not UTF-8", "askaround/v1/\xff", nil, ErrSyntax},
		{"257 bytes", strings.Repeat("a", 257), nil, ErrTooLong},
		{"8 slashes", "a/b/c/d/e/f/g/h/i", nil, ErrTooLong},
		{"7 slashes, but unknown", "a/b/c/d/e/f/g/h", nil, ErrUnknown},
		{"another application", "other/v1/system", nil, ErrUnknown},
		{"another version", "askaround/v2/system", nil, ErrUnknown},
		{"another class", "askaround/v1/robot/r2", nil, ErrUnknown},
		{"a level too many", "askaround/v1/system/", nil, ErrUnknown},
		{"a cell of level 9, whose marker is two bits higher", "askaround/v1/geo/89c25c", nil, ErrParameter},
		{"a cell of level 11", "askaround/v1/geo/89c25b4", nil, ErrParameter},
		{"a cell in capitals", "askaround/v1/geo/89C25B", nil, ErrParameter},
		{"a cell of a seventh face", "askaround/v1/geo/c9c25b", nil, ErrParameter},
		{"a level below a cell", "askaround/v1/geo/89c25b/x", nil, ErrParameter},
		{"a question without suffix", "askaround/v1/question/89c25a31cf0e2b4d-", nil, ErrParameter},
		{"a question in a cell that is no leaf", "askaround/v1/question/89c25a31cf0e2b4c-0123456789abcdefghijklmnop", nil, ErrParameter},
		{"a question with an underscore", "askaround/v1/question/89c25a31cf0e2b4d_0123456789abcdefghijklmnop", nil, ErrParameter},
		{"a question suffix outside of base 32", "askaround/v1/question/89c25a31cf0e2b4d-0123456789abcdefghijklmnow", nil, ErrParameter},
		{"an account of 25 characters", "askaround/v1/account/" + someAccount[1:], nil, ErrParameter},
		{"an account outside of base 32", "askaround/v1/account/" + someAccount[1:] + "z", nil, ErrParameter},
	} {
		got, err := Parse(test.name)
		if !errors.Is(err, test.err) {
			t.Errorf("%s: error %v, want %v", test.reason, err, test.err)
			continue
		}
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(Geo{}, Question{}, Account{})); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.reason, diff)
		}
		if test.err == nil && got.String() != test.name {
			t.Errorf("%s: String() = %q", test.reason, got)
		}
	}
}

func TestFilterOfTopicMatchesOnlyItself(t *testing.T) {
	geo, _ := NewGeo(someCell)
	question, _ := NewQuestion(someQuestion)
	account, _ := NewAccount(someAccount)
	topics := []Topic{geo, question, account, System{}}
	for i, a := range topics {
		f := a.Filter()
		if parsed, err := ParseFilter(f.String()); err != nil || parsed != f || !f.Exact() {
			t.Errorf("%s: filter %v does not read back exactly: %v", a, f, err)
		}
		for j, b := range topics {
			if f.Match(b.String()) != (i == j) {
				t.Errorf("filter of %s against %s", a, b)
			}
		}
		if len(a.String()) > MaxBytes || strings.Count(a.String(), "/") > MaxSlashes {
			t.Errorf("%s is over the limits", a)
		}
	}
}

func TestParseFilter(t *testing.T) {
	for _, test := range []struct {
		reason, filter string
		share          string
		exact          bool
		err            error
	}{
		{"an ordinary filter", "a/b", "", true, nil},
		{"+ as a level", "a/+/b", "", false, nil},
		{"# at the end", "a/#", "", false, nil},
		{"a share", "$share/g/a/b", "g", true, nil},
		{"a share of everything", "$share/g/#", "g", false, nil},
		{"a $-topic that only resembles a share", "$shared/g", "", true, nil},
		{"256 bytes beside the share's name", "$share/g/" + strings.Repeat("a", 256), "g", true, nil},
		{"257 bytes", strings.Repeat("a", 257), "", false, ErrTooLong},
		{"8 slashes", strings.Repeat("/", 8), "", false, ErrTooLong},
		{"7 slashes", strings.Repeat("/", 7), "", true, nil},
		{"nothing", "", "", false, ErrSyntax},
		{"# before the end", "a/#/b", "", false, ErrSyntax},
		{"# inside a level", "a/b#", "", false, ErrSyntax},
		{"+ inside a level", "a/b+", "", false, ErrSyntax},
		{"a share without filter", "$share/g", "", false, ErrSyntax},
		{"a share with an empty filter", "$share/g/", "", false, ErrSyntax},
		{"a share without name", "$share//a", "", false, ErrSyntax},
		{"a share whose name is a wildcard", "$share/+/a", "", false, ErrSyntax},
		{"a NUL", "a\x00", "", false, ErrSyntax},
		{"a NUL in the share's name", "$share/\x00/a", "", false, ErrSyntax},
		{"not UTF-8", "a/\xc3\x28", "", false, ErrSyntax},
	} {
		f, err := ParseFilter(test.filter)
		if !errors.Is(err, test.err) {
			t.Errorf("%s: error %v, want %v", test.reason, err, test.err)
			continue
		}
		if err == nil && (f.String() != test.filter || f.Share() != test.share || f.Exact() != test.exact) {
			t.Errorf("%s: %q, share %q, exact %t", test.reason, f, f.Share(), f.Exact())
		}
	}
}

func TestZeroFilterMatchesNothing(t *testing.T) {
	if (Filter{}).Match("a") || (Filter{}).Match("") || (Filter{}).Exact() {
		t.Error("the zero Filter matches")
	}
}
