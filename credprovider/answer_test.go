package credprovider

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func answered(status int, header ...string) *http.Response {
	r := &http.Response{StatusCode: status, Header: http.Header{}}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// FuzzGrant: what is taken for credentials is complete and fit for headers, survives
// being written and read again, and what is not says nothing of the body.
func FuzzGrant(f *testing.F) {
	const good = `{"credentials":{"accessKeyId":"ASIA","secretAccessKey":"s","sessionToken":"t","expiration":"2018-01-18T09:18:06Z"}}`
	for _, seed := range []string{good, good + good, good[:60], `{}`, `[]`, ``, `{"credentials":[]}`, `{"credentials":{"accessKeyId":1}}`,
		strings.Replace(good, "2018", "99999", 1), strings.Replace(good, `"t"`, `"t\n"`, 1), strings.Replace(good, "accessKeyId", "AccessKeyId", 1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		g, failure := parseGrant(answered(200), []byte(body))
		if failure != nil {
			if failure.Kind != ErrMalformed || g.credentials.HasKeys() || strings.Contains(failure.Error(), "\n") {
				t.Fatalf("%v with %v", failure, g.credentials.HasKeys())
			}
			return
		}
		c := g.credentials
		for _, field := range []string{c.AccessKeyID, c.SecretAccessKey, c.SessionToken} {
			if r, err := http.NewRequest("GET", "https://host/", nil); err != nil || field == "" || strings.TrimSpace(field) != field {
				t.Fatal(r, err, field)
			}
		}
		again, err := json.Marshal(map[string]any{"credentials": map[string]string{"accessKeyId": c.AccessKeyID, "secretAccessKey": c.SecretAccessKey,
			"sessionToken": c.SessionToken, "expiration": c.Expires.Format(time.RFC3339Nano)}})
		if err != nil {
			t.Fatal(err)
		}
		h, failure := parseGrant(answered(200), again)
		if failure != nil || h.credentials != c {
			t.Fatalf("%q: %v", again, failure)
		}
	})
}

// FuzzRefusal: whatever an error's body and headers hold, the error is one line of plain
// text.
func FuzzRefusal(f *testing.F) {
	f.Add(403, `{"message":"Invalid thing name passed"}`, "AccessDeniedException", "12")
	f.Add(400, `{"message":"a\nb\u202e"}`, "\x00", "Wed, 21 Oct 2015 07:28:00 GMT")
	f.Add(429, `<html>`, "", "-1")
	f.Add(302, ``, "", "99999999999999999999")
	f.Fuzz(func(t *testing.T, status int, body, code, after string) {
		if status < 100 || status > 999 || status == 200 {
			return
		}
		p := &Provider{}
		e := p.refused(answered(status, "X-Amzn-Errortype", code, "Retry-After", after), []byte(body))
		if text := e.Error(); strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r >= 0x7f }) || len(text) > 2000 {
			t.Fatalf("%q", text)
		}
		if e.RetryAfter < 0 || e.RetryAfter > maxRetryAfter || e.Mend == "" || e.Status != status {
			t.Fatalf("%+v", e)
		}
	})
}

func TestRetryAfterForms(t *testing.T) {
	now := time.Date(2015, 10, 21, 7, 28, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "12": 12 * time.Second, "86400": maxRetryAfter, "-1": 0, "1.5": 0, "soon": 0, "99999999999999999999": 0,
		"Wed, 21 Oct 2015 07:28:30 GMT": 30 * time.Second, "Wed, 21 Oct 2015 07:27:00 GMT": 0, "Wed, 21 Oct 2025 07:28:00 GMT": maxRetryAfter,
	} {
		if got := retryAfter(answered(429, "Retry-After", value).Header, now); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

// TestLifetime compares the two clocks. The credentials end at 12:00.
func TestLifetime(t *testing.T) {
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		wall   time.Duration // before noon, by the device
		date   time.Duration // before noon, by the service
		dated  bool
		want   time.Duration
		failed error
	}{
		{"clocks agree", time.Hour, time.Hour, true, time.Hour, nil},
		{"no date", time.Hour, 0, false, time.Hour, nil},
		{"some seconds ahead", time.Hour - 4*time.Second, time.Hour, true, time.Hour - 4*time.Second, nil},
		{"half an hour ahead", 30 * time.Minute, time.Hour, true, 30 * time.Minute, nil},
		{"two hours ahead", -time.Hour, time.Hour, true, 0, ErrClockSkew},
		{"expired by both", -time.Minute, -time.Minute, true, 0, ErrExpired},
		{"expired, no date", 0, 0, false, 0, ErrExpired},
		{"expired by the service", time.Hour, 0, true, 0, ErrExpired},
		{"a minute behind is nothing", 61 * time.Minute, time.Hour, true, 61 * time.Minute, nil},
		{"a day behind", 25 * time.Hour, time.Hour, true, time.Hour, nil},
		{"a day behind, no date", 25 * time.Hour, 0, false, maxLifetime, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := grant{}
			g.credentials.Expires = noon
			if tt.dated {
				g.date = noon.Add(-tt.date)
			}
			got, failure := g.lifetime(noon.Add(-tt.wall))
			if got != tt.want || (failure == nil) != (tt.failed == nil) || failure != nil && failure.Kind != tt.failed {
				t.Errorf("got %v, %v", got, failure)
			}
		})
	}
}
