package geoindex

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImports keeps the package light: who imports it gets DynamoDB's client and S2.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{
		"github.com/aws/aws-sdk-go-v2/aws",
		"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression",
		"github.com/aws/aws-sdk-go-v2/service/dynamodb",
		"github.com/aws/aws-sdk-go-v2/service/dynamodb/types",
		"github.com/golang/geo/r1",
		"github.com/golang/geo/r3",
		"github.com/golang/geo/s1",
		"github.com/golang/geo/s2",
	}
	for _, path := range strings.Fields(string(out)) {
		standard := !strings.Contains(path, ".")
		if !standard && !slices.Contains(allowed, path) {
			t.Errorf("geoindex imports %s", path)
		}
	}
}
