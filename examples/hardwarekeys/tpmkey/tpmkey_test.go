package tpmkey_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/sha512"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-tpm/tpm2/transport"

	"github.com/askaround/askaround-go/examples/hardwarekeys/internal/thermostat"
	"github.com/askaround/askaround-go/examples/hardwarekeys/tpmkey"
	"github.com/askaround/askaround-go/internal/foreign"
)

// newTPM starts the software TPM swtpm.
func newTPM(t *testing.T) transport.TPM {
	t.Helper()
	swtpm := foreign.Need(t, "swtpm")
	dir, err := os.MkdirTemp("", "tpm") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "tpm.sock")
	cmd := exec.Command(swtpm, "socket", "--tpm2", "--tpmstate", "dir="+dir, "--server", "type=unixio,path="+socket,
		"--ctrl", "type=unixio,path="+socket+".ctrl", "--flags", "not-need-init,startup-clear")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			t.Cleanup(func() { conn.Close() })
			return transport.FromReadWriter(conn)
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func TestKey(t *testing.T) {
	tpm := newTPM(t)
	key, err := tpmkey.New(tpm)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("message"))
	signature, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil || !ecdsa.VerifyASN1(key.Public().(*ecdsa.PublicKey), digest[:], signature) {
		t.Errorf("signature %x, %v", signature, err)
	}
	long := sha512.Sum384([]byte("message"))
	if _, err := key.Sign(nil, long[:], crypto.SHA384); err == nil {
		t.Error("the key signed what it is not made for")
	}
	thermostat.Retrieve(t, key)
	if err := key.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := tpmkey.New(tpm)
	if err != nil {
		t.Fatal(err)
	}
	if !again.Public().(*ecdsa.PublicKey).Equal(key.Public()) {
		t.Error("the TPM made another key")
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	if _, err := again.Sign(nil, digest[:], crypto.SHA256); err == nil {
		t.Error("a closed key signed")
	}
}
