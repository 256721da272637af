package inprocess_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/internal/inprocess"
)

func ExampleTransport() {
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello ", r.URL.Path) })
	client := http.Client{Transport: inprocess.Transport(hello)}
	answer, err := client.Get("http://anywhere.invalid/world")
	if err != nil {
		fmt.Println(err)
		return
	}
	text, _ := io.ReadAll(answer.Body)
	fmt.Printf("%s: %s\n", answer.Status, text)
	// Output: 200 OK: hello /world
}

// TestClient compares what a client sees in process with what it sees over a socket in
// net/http's own words.
func TestClient(t *testing.T) {
	for _, row := range []struct {
		why, body   string
		status      int
		text, words string
	}{
		{"a status that nobody sets", "hello", 0, "hello", "200 OK"},
		{"a refusal", "no", http.StatusBadRequest, "no", "400 Bad Request"},
		{"no body", "", 0, "", "200 OK"},
		{"a code without a name", "", 599, "", "599 "},
	} {
		t.Run(row.why, func(t *testing.T) {
			got, err := inprocess.NewClient(echo(row.status)).Do(request(t.Context(), t, row.body))
			if err != nil {
				t.Fatal(err)
			}
			defer got.Body.Close()
			text, err := io.ReadAll(got.Body)
			if err != nil || string(text) != row.text || got.Status != row.words || got.ContentLength != int64(len(row.text)) || got.Header.Get("X-Method") != http.MethodPost {
				t.Errorf("%q, %v, status %q, length %d, header %v", text, err, got.Status, got.ContentLength, got.Header)
			}
		})
	}
}

// echo answers with a status, where it is not 0, and the body of the request.
func echo(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Method", r.Method)
		if status != 0 {
			w.WriteHeader(status)
			w.WriteHeader(http.StatusTeapot) // comes too late
		}
		_, _ = io.Copy(w, r.Body)
		r.Body = nil // of the handler's own request
	})
}

func request(ctx context.Context, t *testing.T, body string) *http.Request {
	t.Helper()
	var from io.Reader
	if body != "" {
		from = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://x.invalid/", from)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestEnd: an ended context is the answer, whatever the handler says.
func TestEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	client := inprocess.NewClient(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls++; cancel() }))
	for range 2 {
		if _, err := client.Do(request(ctx, t, "")); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want %v", err, context.Canceled)
		}
	}
	if calls != 1 {
		t.Errorf("the handler was called %d times, want once", calls)
	}
}

// TestClosed: a body that is closed gives nothing away of the answers that come after it.
func TestClosed(t *testing.T) {
	client := inprocess.NewClient(echo(0))
	first, err := client.Do(request(t.Context(), t, "first"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := first.Body.Close(); err != nil {
			t.Error(err)
		}
	}
	for range 3 {
		if _, err := client.Do(request(t.Context(), t, "second")); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := io.ReadAll(first.Body); !errors.Is(err, http.ErrBodyReadAfterClose) || len(got) > 0 {
		t.Errorf("read %q, %v of a closed body", got, err)
	}
}
