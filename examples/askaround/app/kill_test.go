package app

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/askaround/askaround-go/api/askaround"
)

// childDir names the directory of a child process, which runs an App and nothing else.
const childDir = "ASKAROUND_TEST_CHILD_DIR"

// child is the test binary started again: it prints its URL and a token, and serves until
// it is killed.
func child(dir string) error {
	a, err := Open(context.Background(), Config{Dir: dir, Addr: os.Getenv("ASKAROUND_TEST_CHILD_ADDR")})
	if err != nil {
		return err
	}
	token, err := a.Token("ann")
	if err != nil {
		return err
	}
	fmt.Println(a.URL(), token)
	return a.Run(context.Background())
}

// spawn starts a child; its client has ann's token.
func spawn(t *testing.T, dir, addr string) (*exec.Cmd, *askaround.ClientWithResponses, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, "ASKAROUND_TEST_CHILD_ADDR="+addr)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _, _ = cmd.Process.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the child said nothing: %v", err)
	}
	url, token, _ := strings.Cut(strings.TrimSpace(line), " ")
	client, err := askaround.NewClientWithResponses(url,
		askaround.WithHTTPClient(&http.Client{Timeout: 30 * time.Second}),
		askaround.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+token)
			return nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	return cmd, client, strings.TrimPrefix(url, "http://")
}

// TestKill kills the process in the middle of posting: what was acknowledged is there
// after the restart, once.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes")
	}
	rounds := 3
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		rounds = 15
	}
	dir, addr := t.TempDir(), ""
	acknowledged := map[string]string{} // question by text
	for round := range rounds {
		cmd, client, at := spawn(t, dir, addr)
		addr = at // the issuer's URL stays the same, and with it the accounts
		var mu sync.Mutex
		var wg sync.WaitGroup
		enough := make(chan struct{})
		before := len(acknowledged)
		for worker := range 4 {
			wg.Go(func() {
				for i := 0; ; i++ {
					text := fmt.Sprintf("round %d worker %d question %d", round, worker, i)
					out, err := client.AskQuestionWithResponse(t.Context(), &askaround.AskQuestionParams{IdempotencyKey: rand.Text()},
						askaround.NewQuestion{Text: text, Kind: "star", Location: askaround.LatLng{Lat: 51.5, Lng: -0.1}})
					if err != nil {
						return // killed: not acknowledged
					}
					if out.JSON202 == nil {
						t.Errorf("status %s", out.Status())
						return
					}
					mu.Lock()
					acknowledged[text] = out.JSON202.Question
					if len(acknowledged) == before+40 {
						close(enough)
					}
					mu.Unlock()
				}
			})
		}
		select {
		case <-enough:
		case <-time.After(time.Minute):
			t.Error("40 posts took longer than a minute")
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		_, _ = cmd.Process.Wait()
	}

	_, client, _ := spawn(t, dir, addr)
	seen := map[string]int{}
	until(t, time.Minute, "every acknowledged question listed", func() bool {
		seen = list(t, client)
		for text := range acknowledged {
			if seen[text] == 0 {
				return false
			}
		}
		return true
	})
	for text, n := range seen {
		if n != 1 {
			t.Errorf("%q is there %d times", text, n)
		}
	}
	t.Logf("%d questions acknowledged and there, %d in all, through %d kills", len(acknowledged), len(seen), rounds)
}

// list reads all pages around the place and counts the questions by text.
func list(t *testing.T, client *askaround.ClientWithResponses) map[string]int {
	t.Helper()
	seen := map[string]int{}
	limit := int32(100)
	params := &askaround.ListQuestionsParams{Lat: 51.5, Lng: -0.1, Limit: &limit}
	for {
		out, err := client.ListQuestionsWithResponse(t.Context(), params)
		if err != nil || out.JSON200 == nil {
			t.Fatalf("list: %v, %v", err, out)
		}
		for _, q := range out.JSON200.Items {
			seen[q.Text]++
		}
		if out.JSON200.NextCursor == nil {
			return seen
		}
		params.Cursor = out.JSON200.NextCursor
	}
}
