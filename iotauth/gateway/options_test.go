package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/journal"
)

func TestOptions(t *testing.T) {
	if _, err := New(nil); !errors.Is(err, ErrOptions) {
		t.Errorf("no registry: %v", err)
	}
	for _, tt := range []struct {
		reason string
		edit   func(*Options)
		err    string
	}{
		{"a region with a slash", func(o *Options) { o.Region = "us/east" }, "Region"},
		{"a short account", func(o *Options) { o.Account = "12345678901" }, "Account"},
		{"a host with a port", func(o *Options) { o.EndpointHosts = []string{"localhost:443"} }, "EndpointHosts"},
		{"an empty host", func(o *Options) { o.EndpointHosts = []string{""} }, "EndpointHosts"},
		{"a URL as domain", func(o *Options) { o.Domains = map[string]Domain{"https://x": {}} }, "Domains"},
		{"a domain that is the endpoint too", func(o *Options) { o.Domains = map[string]Domain{"LocalHost": {}} }, "too"},
		{"an authorizer's name", func(o *Options) { o.Domains = map[string]Domain{"x": {DefaultAuthorizer: "a b"}} }, "DefaultAuthorizer"},
		{"half a certificate", func(o *Options) { o.Certificates = []tls.Certificate{{}} }, "Certificates"},
		{"an origin without scheme", func(o *Options) { o.Origins = []string{"localhost"} }, "Origins"},
		{"an origin with a path", func(o *Options) { o.Origins = []string{"https://x/y"} }, "Origins"},
		{"a negative number", func(o *Options) { o.Limits.Payload = -1 }, "Payload"},
		{"a negative rate", func(o *Options) { o.Limits.PublishRate = -1 }, "PublishRate"},
		{"a negative time", func(o *Options) { o.Limits.WebSocketLifetime = -1 }, "WebSocketLifetime"},
	} {
		if _, err := New(newTableRegistry(), tt.edit); !errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: error %v, want one that says %q", tt.reason, err, tt.err)
		}
	}
	_, err := New(newTableRegistry(), func(o *Options) { o.Region, o.Account = "!", "!" })
	if err == nil || !strings.Contains(err.Error(), "Region") || !strings.Contains(err.Error(), "Account") {
		t.Errorf("not all of them: %v", err)
	}
}

// TestDir: sessions and retained messages outlive a gateway, and a directory has one.
func TestDir(t *testing.T) {
	dir := t.TempDir()
	durable := func(o *Options) { o.Dir = dir }
	g, err := New(newTableRegistry(), durable)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(newTableRegistry(), durable); !errors.Is(err, journal.ErrLocked) {
		t.Errorf("a second one: %v", err)
	}
	if err := g.Publish(t.Context(), Message{Topic: "a/b", Payload: []byte("kept"), Retain: true, QoS: 1}); err != nil {
		t.Fatal(err)
	}
	if err := g.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := g.Publish(t.Context(), Message{Topic: "a/b"}); !errors.Is(err, ErrClosed) {
		t.Errorf("published after Shutdown: %v", err)
	}
	if g, err = New(newTableRegistry(), durable); err != nil {
		t.Fatal(err)
	}
	if n := g.Stats().Retained; n != 1 {
		t.Errorf("%d retained messages", n)
	}
	if err := g.Publish(t.Context(), Message{Topic: "a/#"}); !errors.Is(err, ErrMessage) {
		t.Errorf("a wildcard: %v", err)
	}
	if err := g.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestKeyIsHidden(t *testing.T) {
	key := Key{Secret: siteSecret, SessionToken: "token7", Expires: time.Now()}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(format, key); strings.Contains(text, siteSecret) || strings.Contains(text, "token7") {
			t.Errorf("%s shows %s", format, text)
		}
	}
}
