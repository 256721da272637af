package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/credprovider/credprovidertest"
)

// TestDoctor has one golden file for each thing that may be wrong.
func TestDoctor(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(*world)
		flags []string
		want  int
	}{
		{name: "well"},
		{name: "well-without-thing", flags: []string{"-thing", ""}},
		{name: "well-with-chain", spoil: func(w *world) { w.chain(w.CA) }},
		{name: "wrong-chain", spoil: func(w *world) { w.chain(w.anotherCA()) }},
		{name: "exposed-key", spoil: func(w *world) { must(w.t, os.Chmod(w.key, 0o644)) }},
		{name: "key-of-another", want: 3, spoil: func(w *world) {
			_, key, err := w.another().PEM()
			must(w.t, err)
			w.write("device.key", key, 0o600)
		}},
		{name: "no-file", want: 3, spoil: func(w *world) { must(w.t, os.Remove(w.cert)) }},
		{name: "certificate-ends-soon", spoil: func(w *world) { w.useUntil(time.Now().Add(48 * time.Hour)) }},
		{name: "certificate-expired", want: 3, spoil: func(w *world) { w.useUntil(time.Now().Add(-time.Minute)) }},
		{name: "data-endpoint", want: 3, flags: []string{"-endpoint", "a1b2c3-ats.iot.us-east-1.amazonaws.com"}},
		{name: "down", want: 4, spoil: func(w *world) { w.Close() }},
		{name: "untrusted-server", want: 3, spoil: func(w *world) { w.write("ca.pem", w.anotherCA().PEM(), 0o644) }},
		{name: "not-registered", want: 3, spoil: func(w *world) { w.useForeign() }},
		{name: "inactive", want: 3, spoil: func(w *world) { must(w.t, w.SetStatus(w.device.CertificateID, credprovidertest.Inactive)) }},
		{name: "thing-detached", want: 3, spoil: func(w *world) { must(w.t, w.DetachThing(w.device.CertificateID, thing)) }},
		{name: "policy-denies", want: 3, spoil: func(w *world) { must(w.t, w.SetPolicies(w.device.CertificateID)) }},
		{name: "no-alias", want: 3, spoil: func(w *world) { w.DeleteRoleAlias(alias) }},
		{name: "no-role", want: 3, spoil: func(w *world) { w.DeleteRole(roleARN) }},
		{name: "role-does-not-trust", want: 3, spoil: func(w *world) { must(w.t, w.PutRole(credprovidertest.Role{ARN: roleARN, Untrusting: true})) }},
		{name: "duration-too-long", want: 3, spoil: func(w *world) {
			must(w.t, w.PutRoleAlias(credprovidertest.RoleAlias{Name: alias, RoleARN: roleARN, Duration: 2 * time.Hour}))
		}},
		{name: "throttled", want: 4, spoil: func(w *world) { w.Outage(credprovidertest.Throttle(time.Minute)) }},
		{name: "failing", want: 4, spoil: func(w *world) { w.Outage(credprovidertest.Status(500, "InternalFailure", "")) }},
		{name: "portal", want: 4, spoil: func(w *world) { w.Outage(credprovidertest.Body(200, "text/html", "<html>pay for the network</html>")) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			if tt.spoil != nil {
				tt.spoil(w)
			}
			status, stdout, stderr := w.run(t.Context(), w.flags("doctor", tt.flags...)...)
			w.keepsSecrets(stdout)
			if status != tt.want || stderr != "" {
				t.Errorf("status %d, want %d: %s", status, tt.want, stderr)
			}
			golden(t, "doctor-"+tt.name, w.stable(stdout))
		})
	}
}

// TestDoctorClock: the device's clock is ahead of the service's, or behind it.
func TestDoctorClock(t *testing.T) {
	for sign, off := range map[string]time.Duration{"": 10 * time.Minute, "-": -10 * time.Minute} {
		t.Run(off.String(), func(t *testing.T) {
			w := newWorld(t, func(o *credprovidertest.Options) { o.Clock = func() time.Time { return time.Now().Add(-off) } })
			status, stdout, _ := w.run(t.Context(), w.flags("doctor")...)
			if status != 3 || !regexp.MustCompile(`(?m)^FAIL  clock +it is `+sign+`(9|10)m\d+s off`).MatchString(stdout) || !strings.Contains(stdout, "-> set the device's clock") {
				t.Errorf("status %d: %s", status, stdout)
			}
		})
	}
}

// chain puts a certificate of ca behind the device's.
func (w *world) chain(ca *credprovidertest.CA) {
	text, err := os.ReadFile(w.cert)
	must(w.t, err)
	w.write("device.pem", append(text, ca.PEM()...), 0o644)
}

func (w *world) anotherCA() *credprovidertest.CA {
	ca, err := credprovidertest.NewCA("another authority", time.Now())
	must(w.t, err)
	return ca
}

func (w *world) useUntil(notAfter time.Time) {
	device, err := w.Register(credprovidertest.CertificateSpec{Thing: thing, Policies: []string{mayDoAll}, NotAfter: notAfter})
	must(w.t, err)
	w.use(device)
}

// useForeign gives the device a certificate that the service has never seen.
func (w *world) useForeign() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(w.t, err)
	leaf, err := w.anotherCA().Device("device "+thing, key.Public(), time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0))
	must(w.t, err)
	w.device.TLS.PrivateKey, w.device.TLS.Certificate, w.device.TLS.Leaf = key, [][]byte{leaf.Raw}, leaf
	w.use(w.device)
}

// stable replaces what differs from run to run.
func (w *world) stable(text string) string {
	text = strings.ReplaceAll(text, w.dir+string(filepath.Separator), "DIR/")
	for _, r := range [][2]string{
		{`127\.0\.0\.1:\d+`, "ADDRESS"}, {`[0-9a-f]{64}`, "CERTIFICATE-ID"}, {`ASIA\w{16}`, "ACCESS-KEY-ID"},
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`, "TIME"}, {`\d{4}-\d\d-\d\d`, "DATE"}, {`request [0-9a-f-]{36}`, "request REQUEST-ID"},
		{`within \d+s of`, "within 1s of"}, {`readLoopPeekFailLocked: `, ""}, // net/http's word for who read it
		{`connect: .*`, "connect: REFUSED"}, {`: no such file or directory|: The system cannot find .*\.`, ": NOT-FOUND"},
	} {
		text = regexp.MustCompile(r[0]).ReplaceAllString(text, r[1])
	}
	return text
}

// golden compares with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		must(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	must(t, err)
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}
