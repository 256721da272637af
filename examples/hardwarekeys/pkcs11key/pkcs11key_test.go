package pkcs11key_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/askaround/askaround-go/examples/hardwarekeys/internal/thermostat"
	"github.com/askaround/askaround-go/examples/hardwarekeys/pkcs11key"
	"github.com/askaround/askaround-go/internal/foreign"
)

const library = "/usr/lib/softhsm/libsofthsm2.so"

// newToken makes a token of SoftHSM with a key, by OpenSC's tool, as a factory would.
func newToken(t *testing.T, keyType string) {
	t.Helper()
	util, tool := foreign.Need(t, "softhsm2-util"), foreign.Need(t, "pkcs11-tool")
	foreign.NeedFile(t, library)
	dir := t.TempDir()
	config := filepath.Join(dir, "softhsm2.conf")
	if err := os.WriteFile(config, []byte("directories.tokendir = "+dir+"\nlog.level = ERROR\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", config)
	for _, command := range [][]string{
		{util, "--init-token", "--free", "--label", "device", "--so-pin", "12345678", "--pin", "1234"},
		{tool, "--module", library, "--token-label", "device", "--login", "--pin", "1234", "--keypairgen", "--key-type", keyType, "--label", "thermostat", "--id", "01"},
	} {
		if out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", command, err, out)
		}
	}
}

func TestKey(t *testing.T) {
	for _, keyType := range []string{"EC:prime256v1", "rsa:2048"} {
		t.Run(keyType, func(t *testing.T) {
			newToken(t, keyType)
			token, err := pkcs11key.Open(library, "device", "1234")
			if err != nil {
				t.Fatal(err)
			}
			key, err := token.Key("thermostat")
			if err != nil {
				t.Fatal(err)
			}
			thermostat.Retrieve(t, key)
			if _, err := token.Key("another"); err == nil {
				t.Error("a key that does not exist was found")
			}
			if err := token.Close(); err != nil {
				t.Error(err)
			}
			if _, err := pkcs11key.Open(library, "another", "1234"); err == nil {
				t.Error("a token that does not exist was opened")
			}
		})
	}
}
