package sigv4

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// FuzzAuthorization: whatever the header and the query say, without the secret nobody is
// let in, and the refusal is one of AWS's.
func FuzzAuthorization(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential="+suiteScope+", SignedHeaders=host;x-amz-date, Signature=abc", "20150830T123600Z", "")
	f.Add("", "", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="+encode(suiteScope)+"&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Signature=a&X-Amz-Expires=1")
	f.Add("AWS4-HMAC-SHA256 Credential=////,SignedHeaders=;,Signature==", "Mon, 02 Jan 2006 15:04:05 GMT", "%")
	v := suiteVerifier(f, Credentials{SecretAccessKey: suiteSecret})
	f.Fuzz(func(t *testing.T, authorization, date, query string) {
		r := &http.Request{Method: "POST", URL: &url.URL{Path: "/", RawQuery: query}, Host: "host", Header: http.Header{}}
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		if date != "" {
			r.Header.Set("X-Amz-Date", date)
		}
		_, err := v.Verify(r)
		if refusal, ok := errors.AsType[*Error](err); !ok || refusal.Code == "" || refusal.Message == "" {
			t.Errorf("error %#v", err)
		} else if len(refusal.Message) > 1200 {
			t.Errorf("a message of %d bytes", len(refusal.Message))
		}
	})
}

// FuzzQuery: queries mean what the standard library makes of them, and the canonical form
// means the same and is its own canonical form.
func FuzzQuery(f *testing.F) {
	f.Add("a=1&b=%20+&&=x&a")
	f.Add("%E1%88%B4=bar&%2f=%2F")
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := parseQuery(raw)
		want, wantErr := url.ParseQuery(raw)
		if strings.Contains(raw, ";") {
			want, wantErr = url.ParseQuery(strings.ReplaceAll(raw, ";", "%3B")) // the library refuses it
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("error %v, the library's %v", err, wantErr)
		}
		if err != nil {
			return
		}
		for _, p := range got {
			values := want[p.name]
			if len(values) == 0 || values[0] != p.value {
				t.Fatalf("%q = %q, the library has %q", p.name, p.value, values)
			}
			want[p.name] = values[1:]
		}
		canonical := string(appendQuery(nil, got))
		again, err := parseQuery(canonical)
		if err != nil || string(appendQuery(nil, again)) != canonical || len(again) != len(got) {
			t.Fatalf("%q gave %q, then %q, %v", raw, canonical, appendQuery(nil, again), err)
		}
		byName := func(p, q parameter) int { return strings.Compare(p.name+"\x00"+p.value, q.name+"\x00"+q.value) }
		slices.SortFunc(got, byName)
		slices.SortFunc(again, byName)
		if !slices.Equal(got, again) {
			t.Fatalf("%q means %q, its canonical form %q", raw, got, again)
		}
	})
}

// FuzzNormalise: a normalised path is absolute, has no segment that could be removed, and
// is its own normal form.
func FuzzNormalise(f *testing.F) {
	f.Add("/a/./b/../../c//")
	f.Add("*")
	f.Fuzz(func(t *testing.T, path string) {
		normal := normalise(path)
		segments := strings.Split(strings.Trim(normal, "/"), "/")
		if !strings.HasPrefix(normal, "/") || strings.Contains(normal, "//") || slices.Contains(segments, "..") || slices.Contains(segments, ".") || normalise(normal) != normal {
			t.Errorf("%q became %q", path, normal)
		}
	})
}

func FuzzReadShared(f *testing.F) {
	f.Add("[default]\naws_access_key_id = a\naws_secret_access_key = s\n")
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := ReadShared(strings.NewReader(text))
		for id, c := range keys {
			if id == "" || c.SecretAccessKey == "" {
				t.Errorf("key %q with secret of %d bytes", id, len(c.SecretAccessKey))
			}
		}
		if (err == nil) != (len(keys) > 0) {
			t.Errorf("%d keys, error %v", len(keys), err)
		}
	})
}
