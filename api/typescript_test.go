package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/internal/foreign"
)

// misuses are programs that the TypeScript compiler must refuse, each with the number of
// its error.
var misuses = []struct{ reason, body, want string }{
	{"a string is no topic", `publish("askaround/v1/system");`, "TS2345"},
	{"a template is no topic", "const cell = '89c25b'; publish(`askaround/v1/geo/${cell}`);", "TS2345"},
	{"a filter is no topic", `publish(t.channels.geo.filter);`, "TS2345"},
	{"a string is no cell", `publish(t.geo("89c25b"));`, "TS2345"},
	{"a question's id is no cell", `publish(t.geo(t.value("question", "x")));`, "TS2345"},
	{"a thing is no robot", `publish(t.robotAction(t.value("thing", "x")));`, "TS2345"},
	{"a place is no question", `const q: t.Topic<"question"> = t.geo(t.value("cell", "89c25b")); publish(q);`, "TS2322"},
	{"an action is not telemetry", `const say: t.Topic<"robotTelemetry"> = t.robotAction(t.value("robot", "x")); publish(say);`, "TS2322"},
	{"the first application's action is another channel", `const now: t.Topic<"robotAction"> = t.legacyRobotAction(t.value("robot", "x")); publish(now);`, "TS2322"},
	{"a robot has a name", `publish(t.robotAction());`, "TS2554"},
	{"a model runs on a thing", `publish(t.edgeInference(t.value("model", "cats")));`, "TS2554"},
	{"thing and model are not exchanged", `publish(t.edgeInference(t.value("model", "cats"), t.value("thing", "cam")));`, "TS2345"},
	{"the system's topic has no parameter", `publish(t.system(t.value("cell", "89c25b")));`, "TS2554"},
	{"a parameter that is not declared", `t.value("street", "x");`, "TS2345"},
	{"a channel that is not declared", `t.deviceDoor(t.value("thing", "x"));`, "TS2339"},
	{"a topic of a channel that is not declared", `let x: t.Topic<"door"> | undefined; publish(x!);`, "TS2344"},
	{"what may be no topic is looked at", `publish(t.parse("x").topic);`, "TS2532"},
	{"values are asked for after the channel", `const p = t.parse("x"); if (p) console.log(p.values.cell);`, "TS2339"},
	{"a topic of one's own is none", `publish({ toString: () => "mine" });`, "TS2345"},
	{"limits are not changed", `t.channels.geo.maxPayload = 1;`, "TS2540"},
	{"a string is no client id", `const me: t.ClientId = "web-1"; console.log(me);`, "TS2322"},
	{"an operator's client id is no user's", `const me: t.ClientId<"user"> = t.operatorClientId("1"); console.log(me);`, "TS2322"},
	{"a thing has one connection", `t.deviceClientId(t.value("thing", "x"), "2");`, "TS2554"},
	{"QoS 2 is not offered", `const two: 2 = t.channels.geo.qos; console.log(two);`, "TS2322"},
}

const misuseProgram = `import * as t from %q;
function publish(topic: t.Topic): void { console.log(topic); }
publish(t.system());
%s
`

// TestTypeScriptMisuse compiles every program of the corpus, and one that is right.
func TestTypeScriptMisuse(t *testing.T) {
	compiles(t)
	node := foreign.NeedNode(t, ".")
	dir := t.TempDir()
	topics, err := filepath.Abs("ts/topics.gen.ts")
	if err != nil {
		t.Fatal(err)
	}
	program := func(name, body string) {
		if err := os.WriteFile(filepath.Join(dir, name+".ts"), []byte(fmt.Sprintf(misuseProgram, topics, body)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, m := range misuses {
		program(fmt.Sprintf("m%02d", i), m.body)
	}
	program("control", `const p = t.parse("askaround/v1/geo/89c25b"); if (p?.channel === "geo") publish(t.geo(p.values.cell));`)
	out, err := compile(t, node, dir)
	if err == nil {
		t.Fatal("everything compiles")
	}
	said := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if file, text, ok := strings.Cut(line, "("); ok {
			said[strings.TrimSuffix(filepath.Base(file), ".ts")] += text
		}
	}
	for i, m := range misuses {
		if got := said[fmt.Sprintf("m%02d", i)]; !strings.Contains(got, m.want) {
			t.Errorf("%s: the compiler says %q, want %s", m.reason, got, m.want)
		}
	}
	if said["control"] != "" || said["topics.gen"] != "" {
		t.Errorf("the program that is right: %s%s", said["control"], said["topics.gen"])
	}
}

// compile has tsc check the files of dir, strictly.
func compile(t *testing.T, node, dir string) ([]byte, error) {
	t.Helper()
	const config = `{"compilerOptions": {"noEmit": true, "strict": true, "noUncheckedIndexedAccess": true, "target": "es2022", "module": "esnext",
		"moduleResolution": "bundler", "allowImportingTsExtensions": true, "types": []}, "include": ["*.ts"]}`
	if err := os.WriteFile(filepath.Join(dir, "tsconfig.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	return exec.CommandContext(ctx, node, "node_modules/typescript/bin/tsc", "--project", dir).CombinedOutput()
}

// TestTypeScriptAgreesWithGo has both read the same texts: topics, and topics with an edit.
func TestTypeScriptAgreesWithGo(t *testing.T) {
	node := foreign.Need(t, "node")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	bundle := filepath.Join(t.TempDir(), "parse.mjs")
	bundleForNode(ctx, t, "testdata/topics.ts", bundle)
	seed := rand.Uint64()
	names := texts(t, rand.New(rand.NewPCG(seed, 0)), cases())
	input, err := json.Marshal(names)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(ctx, node, bundle)
	command.Stdin = strings.NewReader(string(input))
	out, err := command.Output()
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	lines := bufio.NewScanner(strings.NewReader(string(out)))
	topics := 0
	for _, name := range names {
		want := ""
		if parsed, err := topic.Parse(name); err == nil {
			want = parsed.Channel().Name()
			topics++
		}
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("seed %d: %q is of channel %q in TypeScript, %q in Go", seed, name, lines.Text(), want)
		}
	}
	if topics < len(names)/10 || topics > len(names)*9/10 {
		t.Errorf("seed %d: %d of %d texts are topics", seed, topics, len(names))
	}
}

// bundleForNode makes one file of a program and what it imports.
func bundleForNode(ctx context.Context, t *testing.T, program, to string) {
	t.Helper()
	if out, err := exec.CommandContext(ctx, "go", "tool", "-modfile=tools/go.mod", "esbuild", program,
		"--bundle", "--platform=node", "--format=esm", "--log-level=warning", "--outfile="+to).CombinedOutput(); err != nil {
		t.Fatalf("esbuild: %v\n%s", err, out)
	}
}

// cases is how many texts a comparison reads: 100,000 in the slow suite.
func cases() int {
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		return 100_000
	}
	return 5_000
}

// texts are n topics and near misses.
func texts(t *testing.T, r *rand.Rand, n int) []string {
	t.Helper()
	var topics []string
	for _, id := range []identity{own, other, {own.account, strings.Repeat("x", 128)}, {other.account, "a:b"}} {
		for c := range topic.Channels() {
			values := []string{id.thing, id.account, "thing", "89c25b", "89c25a31cf0e2b4d-0123456789abcdefghijklmnop"}
			if found := fill(c, c.Filter().String(), values); found != nil {
				topics = append(topics, found.String())
			}
		}
	}
	list := make([]string, n)
	for i := range list {
		text := topics[r.IntN(len(topics))]
		at := r.IntN(len(text))
		c := string("09afAFvwz-_:/+# é\x00\n"[r.IntN(19)])
		switch r.IntN(4) {
		case 0:
			text = text[:at] + c + text[at+1:]
		case 1:
			text = text[:at] + c + text[at:]
		case 2:
			text = text[:at] + text[at+1:]
		}
		list[i] = strings.ToValidUTF8(text, "?")
	}
	return list
}
