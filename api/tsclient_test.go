package api

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/foreign"
)

// The types of the TypeScript clients are made by openapi-typescript, from npm, and
// committed. They are not made by go generate, which needs nothing but Go: that they are
// what the contracts say is found here, wherever the npm packages are, as they are in CI.

const typesProgram = `import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";
const made = {};
for (const name of process.argv.slice(1))
  made[name] = COMMENT_HEADER + astToString(await openapiTS(new URL(name + "/openapi.yaml", "file://" + process.cwd() + "/"), { silent: true }));
console.log(JSON.stringify(made));`

// compiles leaves a test that runs TypeScript's compiler to the slow suites: it takes
// longer than all tests of Go here.
func compiles(t *testing.T) {
	t.Helper()
	if os.Getenv("ASKAROUND_SLOW") != "1" {
		t.Skip("runs TypeScript's compiler: ASKAROUND_SLOW=1 runs it")
	}
}

// TestTypeScriptTypesAreCurrent makes the types once more and compares.
func TestTypeScriptTypesAreCurrent(t *testing.T) {
	compiles(t)
	node := foreign.NeedNode(t, ".")
	foreign.NeedPackage(t, ".", "openapi-typescript/package.json")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, node, "--input-type=module", "-e", typesProgram, "askaround", "robot", "device").Output()
	if err != nil {
		t.Fatalf("openapi-typescript: %v", err)
	}
	var made map[string]string
	if err := json.Unmarshal(out, &made); err != nil || len(made) != 3 {
		t.Fatalf("openapi-typescript: %v\n%s", err, out)
	}
	for name, want := range made {
		got, err := os.ReadFile("ts/" + name + ".gen.ts")
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("ts/%s.gen.ts is not what its contract says: run npm run types in api/ts", name)
		}
	}
}

// TestTypeScriptClient runs the clients' own tests in Node.
func TestTypeScriptClient(t *testing.T) {
	node := foreign.Need(t, "node")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	bundle := filepath.Join(t.TempDir(), "client.test.mjs")
	bundleForNode(ctx, t, "ts/test/client.test.ts", bundle)
	if out, err := exec.CommandContext(ctx, node, "--test", "--test-reporter=spec", bundle).CombinedOutput(); err != nil {
		t.Fatalf("node --test: %v\n%s", err, out)
	}
}

// TestTypeScriptTestsCompile checks the types of the clients' tests, strictly.
func TestTypeScriptTestsCompile(t *testing.T) {
	compiles(t)
	node := foreign.NeedNode(t, ".")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, node, "node_modules/typescript/bin/tsc", "--project", "ts/test/tsconfig.json").CombinedOutput(); err != nil {
		t.Errorf("tsc: %v\n%s", err, out)
	}
}

// wrongCalls are calls that the TypeScript compiler must refuse, each with the number of
// its error.
var wrongCalls = []struct{ reason, body, want string }{
	{"a question has a place", `await client.askQuestion({ text: "How?", kind: "star" });`, "TS2345"},
	{"a place has two coordinates", `await client.askQuestion({ text: "How?", kind: "star", location: { lat: 1 } });`, "TS2741"},
	{"coordinates are numbers", `await client.askQuestion({ text: "How?", kind: "star", location: { lat: "1", lng: 2 } });`, "TS2322"},
	{"a kind that is none", `await client.askQuestion({ text: "How?", kind: "stars", location });`, "TS2820"},
	{"a member that is none", `await client.askQuestion({ text: "How?", kind: "star", location, author: "me" });`, "TS2353"},
	{"an answer is a value", `await client.putAnswer("q", 4.5);`, "TS2345"},
	{"an answer has one value", `await client.putAnswer("q", { stars: 4.5, location });`, "TS2345"},
	{"an answer has some value", `await client.putAnswer("q", {});`, "TS2345"},
	{"stars are a number", `await client.putAnswer("q", { stars: "5" });`, "TS2322"},
	{"an answer is to a question", `await client.putAnswer({ stars: 5 });`, "TS2554"},
	{"a list has a place", `client.questions({ lat: 1 });`, "TS2345"},
	{"an order that is none", `client.questions({ lat: 1, lng: 2, order: "oldest" });`, "TS2322"},
	{"a parameter that is none", `client.questions({ lat: 1, lng: 2, size: 10 });`, "TS2353"},
	{"a list is read with for await", `for (const q of client.questions({ lat: 1, lng: 2 })) console.log(q);`, "TS2504|TS2488"},
	{"there may be no answer", `console.log((await client.getAnswer("q")).stars);`, "TS2532"},
	{"an answer may have no stars", `const a = await client.getAnswer("q"); if (a) { const n: number = a.stars; console.log(n); }`, "TS2322"},
	{"nobody knows who asked", `console.log((await client.getQuestion("q")).author);`, "TS2339"},
	{"a question's state is no boolean", `const open: boolean = (await client.getQuestion("q")).state; console.log(open);`, "TS2322"},
	{"a request that is accepted is not done", `const o: Operation = await client.putAnswer("q", { stars: 5 }); console.log(o);`, "TS2739|TS2740"},
	{"a status that is none", `if ((await client.getOperation("o")).status === "done") console.log();`, "TS2367"},
	{"a key is a text", `await client.askQuestion({ text: "How?", kind: "star", location }, { key: 7 });`, "TS2322"},
	{"a read has no key", `await client.getQuestion("q", { key: "k" });`, "TS2353"},
	{"a token is a text", `new AskAround("https://x", { token: 7 });`, "TS2322"},
	{"an option that is none", `new AskAround("https://x", { retries: 7 });`, "TS2353"},
	{"an error is not a problem unasked", `try { await client.getAccount(); } catch (e) { console.log(e.status); }`, "TS18046"},
	{"a problem type that is none", `try { await client.getAccount(); } catch (e) { if (isProblem(e) && e.type === "urn:problem-type:askaround:lost") console.log(); }`, "TS2367"},
	{"a reason that is none", `try { await client.getAccount(); } catch (e) { if (e instanceof OperationFailed && e.code === "tired") console.log(); }`, "TS2367"},
	{"news is of a type before it is read", `for await (const e of client.events()) console.log(e.message.question);`, "TS2339"},
	{"a notice has no version", `for await (const e of client.events()) if (e.type === "notice") console.log(e.message.version);`, "TS2339"},
	{"ids in a list", `client.events({ questions: "q" });`, "TS2322"},
	{"an action that is none", `await robot.publishAction("jump");`, "TS2345"},
	{"an action is not wrapped", `await robot.publishAction({ action: "stop" });`, "TS2345"},
	{"a message says something", `await device.publishMessage({});`, "TS2345"},
	{"a message is a text", `await device.publishMessage({ text: 7 });`, "TS2322"},
	{"a device has no action", `await device.publishAction("stop");`, "TS2339"},
}

const callProgram = `import { AskAround, isProblem, OperationFailed, type Operation } from %q;
import { Robot } from %q;
import { Device } from %q;
const client = new AskAround("https://x", { token: async () => "t" }), robot = new Robot("https://x"), device = new Device("https://x");
const location = { lat: 1, lng: 2 };
console.log(client, robot, device, location, isProblem, OperationFailed, undefined as Operation | undefined);
%s
`

const rightCalls = `
const asked = await client.askQuestion({ text: "How?", kind: "star", location }, { key: "k", signal: AbortSignal.timeout(1) });
console.log((await asked.outcome({ patience: 1 })).status, asked.question);
await client.putAnswer("q", { location });
for await (const q of client.questions({ lat: 1, lng: 2, order: "nearest", limit: 5 })) console.log(q.summary.histogram[0]);
for await (const e of client.events({ questions: ["q"] })) if (e.type === "summary") console.log(e.message.sumHalfStars);
try { await robot.publishAction("stop"); } catch (e) { if (isProblem(e) && e.type === "urn:problem-type:askaround:watch-list-full") console.log(e.errors[0]?.pointer); }
for await (const m of device.messages()) console.log(m.payload);
`

// TestTypeScriptWrongCalls compiles every wrong call, and some that are right.
func TestTypeScriptWrongCalls(t *testing.T) {
	compiles(t)
	node := foreign.NeedNode(t, ".")
	dir := t.TempDir()
	program := func(name, body string) {
		var imports []any
		for _, file := range []string{"askaround", "robot", "device"} {
			path, err := filepath.Abs("ts/" + file + ".ts")
			if err != nil {
				t.Fatal(err)
			}
			imports = append(imports, path)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".ts"), []byte(fmt.Sprintf(callProgram, append(imports, body)...)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range wrongCalls {
		program(fmt.Sprintf("w%02d", i), c.body)
	}
	program("control", rightCalls)
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
	for i, c := range wrongCalls {
		name := fmt.Sprintf("w%02d", i)
		if !slices.ContainsFunc(strings.Split(c.want, "|"), func(code string) bool { return strings.Contains(said[name], code) }) {
			t.Errorf("%s: the compiler says %q, want %s", c.reason, said[name], c.want)
		}
		delete(said, name)
	}
	if len(said) > 0 {
		t.Errorf("what is right: %v", said)
	}
}

// TestTypeScriptPackage makes the npm package, and a program against what is in it.
func TestTypeScriptPackage(t *testing.T) {
	compiles(t)
	foreign.NeedNode(t, ".")
	npm := foreign.Need(t, "npm")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	// A copy, so that nothing is left in the tree; beside the compiler, where npm looks for it.
	dir, err := os.MkdirTemp("node_modules", ".pack-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.CopyFS(dir, os.DirFS("ts")); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(ctx, npm, "pack", "--json", "--foreground-scripts=false")
	command.Dir = dir
	out, err := command.Output()
	if err != nil {
		t.Fatalf("npm pack: %v\n%s", err, out)
	}
	var packed []struct {
		Filename string
		Files    []struct{ Path string }
	}
	if err := json.Unmarshal(out, &packed); err != nil || len(packed) != 1 {
		t.Fatalf("npm pack: %v\n%s", err, out)
	}
	var got []string
	for _, f := range packed[0].Files {
		got = append(got, f.Path)
	}
	want := []string{"README.md", "package.json"}
	for _, module := range []string{"askaround", "askaround.gen", "device", "device.gen", "errors", "events", "outcomes", "robot", "robot.gen", "topics.gen", "transport"} {
		want = append(want, "dist/"+module+".js", "dist/"+module+".d.ts")
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the package holds %q, want %q", got, want)
	}
	runPackaged(ctx, t, filepath.Join(dir, packed[0].Filename))
}

// runPackaged installs the package into a project of its own, and runs a program there.
func runPackaged(ctx context.Context, t *testing.T, tarball string) {
	t.Helper()
	project := t.TempDir()
	home := filepath.Join(project, "node_modules/@askaround/client")
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(ctx, "tar", "-xzf", tarball, "-C", home, "--strip-components=1").CombinedOutput(); err != nil {
		t.Fatalf("tar: %v\n%s", err, out)
	}
	const program = `
import { AskAround, isProblem } from "@askaround/client/askaround";
import { Robot } from "@askaround/client/robot";
import { Device } from "@askaround/client/device";
import { channels } from "@askaround/client/topics";
const fetch = async () => Response.json({ title: "No" }, { status: 403 });
for (const call of [new AskAround("https://x", { fetch }).getAccount(), new Robot("https://x", { fetch }).getState(), new Device("https://x", { fetch }).getMessage("m")])
  await call.catch((e) => console.log(isProblem(e), e.kind));
console.log(channels.system.filter);`
	file := filepath.Join(project, "main.mjs")
	if err := os.WriteFile(file, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(ctx, foreign.Need(t, "node"), file).CombinedOutput()
	if want := strings.Repeat("true forbidden\n", 3) + "askaround/v1/system\n"; err != nil || string(out) != want {
		t.Errorf("the packaged client: %v\n%s", err, out)
	}
}
