package api

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/apiclient"
	"github.com/askaround/askaround-go/internal/foreign"
)

// TestTypeScriptEventsAgreeWithGo has both clients read the same streams of events, one of
// them in pieces.
func TestTypeScriptEventsAgreeWithGo(t *testing.T) {
	node := foreign.Need(t, "node")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	bundle := filepath.Join(t.TempDir(), "events.mjs")
	bundleForNode(ctx, t, "testdata/events.ts", bundle)
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	streams := make([][]string, 3000)
	for i := range streams {
		streams[i] = eventPieces(r)
	}
	input, err := json.Marshal(streams)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(ctx, node, bundle)
	command.Stdin = bytes.NewReader(input)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	var got [][][3]string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	some := 0
	for i, pieces := range streams {
		var want [][3]string
		reader := apiclient.NewEventReader(strings.NewReader(strings.Join(pieces, "")), "")
		for e, err := reader.Next(); err == nil; e, err = reader.Next() {
			want = append(want, [3]string{e.ID, e.Type, string(e.Data)})
		}
		if some += len(want); !slices.Equal(got[i], want) {
			t.Fatalf("seed %d: %q is %q in TypeScript, %q in Go", seed, pieces, got[i], want)
		}
	}
	if some < len(streams) {
		t.Errorf("%d streams hold %d events", len(streams), some)
	}
}

// eventPieces is a stream of what streams are made of, and what they are not, cut anywhere.
func eventPieces(r *rand.Rand) []string {
	parts := []string{"data: a", "data:b", "data", "data:  c", "event: x", "event", "id: 1", "id: 2\x00", "id", "retry: 5", ": note", "\ufeff", "other: y", "data: é:z",
		"\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\r\r", "\n\n"}
	pieces := []string{""}
	for range r.IntN(40) {
		part := parts[r.IntN(len(parts))]
		if r.IntN(2) == 0 {
			part += parts[14+r.IntN(7)]
		}
		if r.IntN(3) == 0 {
			pieces = append(pieces, "")
		}
		pieces[len(pieces)-1] += part
	}
	return append(pieces, "\n", "\n") // a CR at the very end may be half of a CRLF
}
