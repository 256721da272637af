package credprovider

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE") // breaks AWS configurations with an HTTP client of their own
	os.Exit(m.Run())
}
