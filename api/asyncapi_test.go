package api

import (
	"context"
	"encoding/json"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/internal/foreign"
)

// TestAsyncAPIParser has the specification's own parser read the document.
func TestAsyncAPIParser(t *testing.T) {
	node := foreign.NeedNode(t, ".")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, node, "testdata/parse.mjs", "asyncapi.yaml").Output()
	if err != nil {
		t.Fatalf("parser: %v\n%s", err, out)
	}
	var found struct {
		Diagnostics []struct {
			Severity int
			Text     string
		}
		Channels, Operations int
	}
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatal(err)
	}
	for _, d := range found.Diagnostics {
		t.Errorf("severity %d: %s", d.Severity, d.Text)
	}
	channels := len(slices.Collect(topic.Channels()))
	if found.Channels != channels || found.Operations != 2*channels {
		t.Errorf("the parser found %d channels and %d operations, want %d and two of each", found.Channels, found.Operations, channels)
	}
}
