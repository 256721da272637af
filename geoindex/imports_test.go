package geoindex

import (
	"os/exec"
	"strings"
	"testing"
)

// TestImports keeps the package light: who imports it gets DynamoDB's client and S2.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{"github.com/aws/aws-sdk-go-v2/", "github.com/aws/smithy-go", "github.com/golang/geo/", "golang.org/x/sync/errgroup"}
	for _, path := range strings.Fields(string(out)) {
		ok := !strings.Contains(path, ".")
		for _, prefix := range allowed {
			ok = ok || strings.HasPrefix(path, prefix)
		}
		if !ok || strings.HasPrefix(path, "github.com/golang/geo/earth") {
			t.Errorf("geoindex imports %s", path)
		}
	}
}
