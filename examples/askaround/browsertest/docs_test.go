package browsertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/foreign"
)

// TestDocs tries the APIs from their documentation page, in a browser.
func TestDocs(t *testing.T) {
	if os.Getenv("ASKAROUND_SLOW") != "1" {
		t.Skip("starts Chromium; ASKAROUND_SLOW=1 runs it")
	}
	chromium := foreign.Need(t, "chromium")
	node := foreign.NeedNode(t, ".")
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	picture := filepath.Join(artifacts(t), "docs.png")
	out, err := exec.CommandContext(ctx, node, "docs.mjs", start(ctx, t), chromium, picture).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("node docs.mjs: %v", err)
	}
}
