package deviceapi_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	api "github.com/askaround/askaround-go/api/device"
	"github.com/askaround/askaround-go/internal/apihttp"
	"github.com/askaround/askaround-go/internal/deviceapi"
)

// broker remembers what is published.
type broker struct{ published []string }

func (b *broker) Publish(_ context.Context, topic string, payload []byte) error {
	b.published = append(b.published, topic+" "+string(payload))
	return nil
}

func verify(_ context.Context, token string) (apihttp.Caller, error) {
	return apihttp.Caller{Account: token}, nil
}

func as(token string) api.RequestEditorFn {
	return func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

// A message to a device and one from it, with the generated client.
func Example() {
	b := &broker{}
	device, err := deviceapi.New(b, deviceapi.Options{Verify: verify})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(device)
	defer server.Close()
	client, err := api.NewClientWithResponses(server.URL, api.WithRequestEditorFn(as("alice")))
	if err != nil {
		fmt.Println(err)
		return
	}
	text := "Hello <world>!"
	published, err := client.PublishMessageWithResponse(context.Background(), nil, api.NewMessage{Text: &text})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(b.published[0])
	fmt.Println(published.StatusCode(), *published.JSON200.Message.Text)
	device.Receive(map[string]any{"time": 1000, "sensor_a0": 512})
	list, err := client.ListMessagesWithResponse(context.Background(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(list.JSON200.Items[0].Payload["sensor_a0"])
	// Output:
	// esp32/sub {"text":"Hello <world>!"}
	// 200 Hello <world>!
	// 512
}

const secret = "It's a Secret to Everybody"

// sign signs as GitHub documents it.
func sign(body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// TestSignature has the example of GitHub's documentation.
func TestSignature(t *testing.T) {
	if got := sign("Hello, World!"); got != "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" {
		t.Error(got)
	}
}

// TestWebhook sends events, signed and not.
func TestWebhook(t *testing.T) {
	const push = `{"action":"opened","repository":{"full_name":"askaround/askaround-go"},"sender":{"login":"alice"}}`
	for _, row := range []struct {
		why, body, signature, event string
		status                      int
		printed                     string
	}{
		{"an event", push, sign(push), "issues", 200, `{"message":"issues opened: askaround/askaround-go by alice"}`},
		{"of no kind", `{}`, sign(`{}`), "", 200, `{"message":"webhook"}`},
		{"other types", `{"action":7,"repository":"x","sender":null}`, sign(`{"action":7,"repository":"x","sender":null}`), "push", 200, `{"message":"push"}`},
		{"commands for a printer", `{"action":"\u001b@\u0007x"}`, sign(`{"action":"\u001b@\u0007x"}`), "a", 200, `{"message":"a @x"}`},
		{"a long one", `{"action":"` + strings.Repeat("é", 500) + `"}`, sign(`{"action":"` + strings.Repeat("é", 500) + `"}`), "a", 200, `{"message":"a ` + strings.Repeat("é", 118) + `"}`},
		{"unsigned", push, "", "issues", 401, ""},
		{"signed for another body", push, sign("{}"), "issues", 401, ""},
		{"signed with SHA-1", push, strings.Replace(sign(push), "sha256", "sha1", 1), "issues", 401, ""},
		{"signed in part", push, sign(push)[:20], "issues", 401, ""},
		{"no hexadecimal", push, "sha256=xyz", "issues", 401, ""},
	} {
		b := &broker{}
		device, err := deviceapi.New(b, deviceapi.Options{Verify: verify, Secret: []byte(secret)})
		if err != nil {
			t.Fatal(err)
		}
		w := deliver(device, row.body, row.signature, row.event, "1")
		if w.Code != row.status {
			t.Errorf("%s: %d %s", row.why, w.Code, w.Body)
		}
		if got := strings.Join(b.published, "|"); got != strings.TrimSuffix("esp32/sub "+row.printed, "esp32/sub ") && row.printed != "" || row.printed == "" && got != "" {
			t.Errorf("%s: published %s", row.why, got)
		}
	}
}

func deliver(h http.Handler, body, signature, event, id string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/webhook", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-GitHub-Delivery", id)
	if signature != "" {
		r.Header.Set("X-Hub-Signature-256", signature)
	}
	if event != "" {
		r.Header.Set("X-GitHub-Event", event)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestRedelivery: a delivery is printed once; without a secret nothing is.
func TestRedelivery(t *testing.T) {
	b := &broker{}
	device, err := deviceapi.New(b, deviceapi.Options{Verify: verify, Secret: []byte(secret)})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if w := deliver(device, "{}", sign("{}"), "push", "same"); w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	if len(b.published) != 1 {
		t.Errorf("published %q", b.published)
	}
	closed, err := deviceapi.New(b, deviceapi.Options{Verify: verify})
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, nil)
	mac.Write([]byte("{}"))
	if w := deliver(closed, "{}", "sha256="+hex.EncodeToString(mac.Sum(nil)), "push", "1"); w.Code != 401 {
		t.Errorf("without a secret: %d", w.Code)
	}
}

// TestTooLongToPublish: a message that the topic does not carry is refused.
func TestTooLongToPublish(t *testing.T) {
	b := &broker{}
	device, err := deviceapi.New(b, deviceapi.Options{Verify: verify})
	if err != nil {
		t.Fatal(err)
	}
	post := func(text string) int {
		r := httptest.NewRequest("POST", "/publish", strings.NewReader(`{"text":"`+text+`"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer alice")
		w := httptest.NewRecorder()
		device.ServeHTTP(w, r)
		return w.Code
	}
	if status := post(strings.Repeat("x", 480)); status != 200 {
		t.Errorf("480 letters: %d", status)
	}
	if status := post(strings.Repeat("€", 400)); status != 422 || len(b.published) != 1 {
		t.Errorf("1,200 bytes: %d", status)
	}
}
