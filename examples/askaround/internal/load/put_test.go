package main

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestResponses reads what net/http writes, one response after the other.
func TestResponses(t *testing.T) {
	statuses := []int{http.StatusAccepted, http.StatusTooManyRequests, http.StatusServiceUnavailable}
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(statuses[n])
		_, _ = io.WriteString(w, strings.Repeat("x", 500*n))
		n++
	}))
	defer server.Close()
	puts := make([]put, len(statuses))
	due := make(chan *put, len(puts))
	for i := range puts {
		puts[i] = newPut(hostOf(server.URL), "question", "token", 0, i)
		due <- &puts[i]
	}
	close(due)
	if err := sendOver(hostOf(server.URL), due); err != nil {
		t.Fatal(err)
	}
	for i, p := range puts {
		if p.status != statuses[i] {
			t.Errorf("status %d, want %d", p.status, statuses[i])
		}
	}
}

func TestBrokenResponses(t *testing.T) {
	for text, want := range map[string]error{
		"HTTP\r\n\r\n": errResponse,
		"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n":       errResponse,
		"HTTP/1.1 200 OK\r\n\r\n":                            errResponse,
		"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n":       errResponse,
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc":    io.EOF,
		"HTTP/1.1 200 OK\r\nContent-":                        io.EOF,
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef": nil,
	} {
		if _, err := (responses{bufio.NewReader(strings.NewReader(text))}).next(); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}
