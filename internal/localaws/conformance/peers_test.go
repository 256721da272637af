package conformance

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/askaround/askaround-go/internal/foreign"
)

// openDynoxide starts dynoxide, which keeps its tables in SQLite in memory.
func openDynoxide(t testing.TB) *target {
	program := foreign.NeedPackage(t, "peers", "@dynoxide/linux-x64/dynoxide")
	port := freePort(t)
	cmd := exec.Command(program, "serve", "--host", "127.0.0.1", "--port", fmt.Sprint(port))
	start(t, cmd)
	p := newTarget(dynoxide, fmt.Sprintf("http://127.0.0.1:%d", port), foreign.Transport(t, connections()))
	p.wait(t)
	return p
}

// openLocal starts Amazon's DynamoDB Local. It listens on all addresses, which nobody
// outside of its network namespace can reach.
func openLocal(t testing.TB) *target {
	if !slow() {
		t.Skip("takes its time: ASKAROUND_SLOW=1 runs it")
	}
	java := foreign.Need(t, "java")
	jar := foreign.NeedPackage(t, "peers", "amplify-dynamodb-simulator/emulator/DynamoDBLocal.jar")
	foreign.NeedRoot(t, "a network namespace")
	dir, err := filepath.Abs(filepath.Dir(jar))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `ip link set lo up && exec "$@"`, "sh",
		java, "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", // which halves the processor time of a run this short
		"-Djava.library.path="+filepath.Join(dir, "DynamoDBLocal_lib"), "-Djava.awt.headless=true",
		"-jar", filepath.Join(dir, "DynamoDBLocal.jar"), "-inMemory", "-disableTelemetry", "-port", "8000")
	cmd.Dir = t.TempDir()
	isolate(cmd)
	start(t, cmd)
	transport := connections()
	transport.DialContext = dialInside(cmd.Process.Pid)
	p := newTarget(ddbLocal, "http://127.0.0.1:8000", foreign.Transport(t, transport))
	p.wait(t)
	return p
}

// freePort returns a port that nobody listened on a moment ago.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// start starts a peer, which ends with the test. What it wrote is shown if the test fails.
func start(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.Env = append(os.Environ(), "AWS_CA_BUNDLE=")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() && output.Len() > 0 {
			t.Logf("%s wrote:\n%.4000s", cmd.Path, output.String())
		}
	})
}

// wait returns when the peer answers.
func (p *target) wait(t testing.TB) {
	t.Helper()
	var last error
	err := until(t.Context(), func() (bool, error) {
		_, last = p.db.ListTables(t.Context(), &dynamodb.ListTablesInput{})
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("%s does not answer: %v", p.name, last)
	}
}
