import assert from "node:assert/strict";
import test, { afterEach, beforeEach, mock } from "node:test";
import { AskAround, isProblem, OperationFailed, Problem, Undecided, Unreachable, type Operation, type Options } from "../askaround.ts";
import { Device } from "../device.ts";
import { EventParser } from "../events.ts";
import { Robot } from "../robot.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

interface Seen {
  at: number;
  line: string;
  key: string | null;
  token: string | null;
  body: string;
}

type Answer = (seen: Seen, signal: AbortSignal) => Response | Promise<Response>;

/** A server that answers with each of these in turn, and with the last for ever. */
function server(...answers: Answer[]) {
  const seen: Seen[] = [];
  const fetcher = (async (url: unknown, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    seen.push({ at: Date.now(), line: `${init.method} ${url}`, key: headers.get("Idempotency-Key"), token: headers.get("Authorization"), body: String(init.body ?? "") });
    return answers[Math.min(seen.length, answers.length) - 1]!(seen.at(-1)!, init.signal!);
  }) as typeof fetch;
  return { seen, client: (options: Options = {}) => new AskAround("https://x/api", { token: "t", fetch: fetcher, random: () => 0.5, ...options }), fetcher };
}

const json = (status: number, body: unknown = {}, headers: Record<string, string> = {}): Answer => () => Response.json(body, { status, headers });
const broken: Answer = () => { throw new TypeError("network"); };

/** Lets time pass until p settles; how much passed is in the clock. */
async function pass<T>(p: Promise<T>, step = 5): Promise<T> {
  let settled = false;
  const mark = () => void (settled = true);
  p.then(mark, mark);
  for (let i = 0; i < 100_000 && !settled; i++) {
    for (let n = 0; n < 4; n++) await new Promise((done) => setImmediate(done));
    if (!settled) mock.timers.tick(step);
  }
  return p;
}

const view = { text: "How?", kind: "star", location: { lat: 1, lng: 2 } } as const;
const operation = (status: Operation["status"], id = "o"): Operation =>
  ({ id, kind: "ask", status, question: "q", createdAt: "", updatedAt: "", ...(status === "failed" && { failure: { code: "rejected", detail: "Be kind." } }) });

test("a write is repeated with its key, a read without", async () => {
  const s = server(broken, json(503), json(429, {}, { "Retry-After": "2" }), json(202, operation("succeeded")));
  const asked = await pass(s.client().askQuestion(view));
  assert.equal(asked.question, "q");
  assert.deepEqual(s.seen.map((r) => r.line), Array(4).fill("POST https://x/api/questions"));
  assert.deepEqual(s.seen.map((r) => r.at), [0, 125, 375, 2500]);
  assert.equal(new Set(s.seen.map((r) => r.key)).size, 1);
  assert.match(s.seen[0]!.key!, /^[0-9a-f]{32}$/);
  assert.equal(s.seen[3]!.body, JSON.stringify(view));

  const other = server(json(202, operation("succeeded")));
  await other.client().askQuestion(view, { key: "mine" });
  assert.equal(other.seen[0]!.key, "mine");
});

test("when to give up", async () => {
  for (const [why, answer, attempts] of [
    ["wrong stays wrong", json(422), 1], ["an error of the server's own", json(500), 1], ["always busy", json(503), 4], ["always broken", broken, 4],
    ["asked for more than one's patience", json(503, {}, { "Retry-After": "31" }), 1], ["a conflict that stays", json(409), 1],
    ["a conflict that passes", json(409, {}, { "Retry-After": "1" }), 4], ["a time that is none", json(503, {}, { "Retry-After": "soon" }), 4],
    ["a date that is over", json(503, {}, { "Retry-After": "Fri, 27 Nov 2026 16:00:00 GMT" }), 1],
  ] as const) {
    const s = server(answer);
    if (why === "a date that is over") mock.timers.setTime(Date.parse("2026-11-27T15:00:00Z"));
    await assert.rejects(pass(s.client().getAccount()), why);
    assert.equal(s.seen.length, attempts, why);
  }
  const hanging = server((_, signal) => new Promise((_, fail) => signal.addEventListener("abort", () => fail(signal.reason))), json(200, { tokenExpiresAt: "x" }));
  assert.equal((await pass(hanging.client().getAccount(), 1000)).tokenExpiresAt, "x");
});

test("a signal ends a wait", async () => {
  const control = new AbortController();
  const s = server(json(503, {}, { "Retry-After": "20" }));
  const call = s.client().getAccount({ signal: control.signal });
  setTimeout(() => control.abort(new Error("enough")), 1000);
  await assert.rejects(pass(call), /enough/);
  assert.equal(s.seen.length, 1);
  await assert.rejects(s.client().getAccount({ signal: AbortSignal.abort(new Error("before")) }), /before/);
});

test("a refused token is replaced once", async () => {
  let n = 0;
  const s = server((seen) => (seen.token === "Bearer t1" ? Response.json({ items: [{ question: "q", topic: "t" }] }) : new Response("", { status: 401 })));
  const client = s.client({ token: async () => `t${n}`, tokenRefused: (t) => { assert.equal(t, "t0"); n++; } });
  assert.equal((await client.listWatches())[0]!.question, "q");
  assert.equal(s.seen.length, 2);
  const same = server(json(401));
  await assert.rejects(same.client().getAccount(), (e) => isProblem(e) && e.kind === "unauthorized");
  assert.equal(same.seen.length, 1);
});

test("problems in words and in types", async () => {
  const problem = (status: number, body: object) => server(json(status, body)).client({ attempts: 1 }).getAccount();
  await assert.rejects(problem(422, { type: "urn:problem-type:askaround:invalid-body", title: "Invalid", detail: "It does not fit.", errors: [{ pointer: "/text", detail: "is too long" }] }),
    (e) => isProblem(e) && e.message === "is too long" && e.kind === "invalid" && e.type === "urn:problem-type:askaround:invalid-body" && e.errors[0]!.pointer === "/text");
  await assert.rejects(problem(503, { title: "Unavailable", detail: "Later." }), (e) => e instanceof Problem && e.message === "Later." && e.kind === "unavailable" && e.type === "about:blank");
  await assert.rejects(problem(422, { type: "urn:x:idempotency-key-reused", title: "Used" }), (e) => isProblem(e) && e.kind === "conflict" && e.message === "Used");
  for (const body of [[], null, { title: 1 }, { title: "x", errors: [null] }, { title: "x", errors: [{}] }, { title: "x", detail: 1 }])
    await assert.rejects(problem(404, body as object), (e) => isProblem(e) && e.message === "The server answered 404." && e.kind === "notFound");
  await assert.rejects(server(() => new Response("<html>", { status: 502 })).client({ attempts: 1 }).getAccount(), /The server answered 502/);
  await assert.rejects(server(broken).client({ attempts: 1 }).getAccount(), Unreachable);
  assert.equal(await server(json(404)).client().getAnswer("q"), undefined);
  assert.throws(() => server().client({ attempts: 0 }), RangeError);
});

test("pages are read as they are wanted", async () => {
  const s = server(json(200, { items: [{ id: "a" }, { id: "b" }], nextCursor: "x y" }), json(200, { items: [{ id: "c" }] }));
  const ids: string[] = [];
  for await (const q of s.client().questions({ lat: 1, lng: 2, limit: 2 })) ids.push(q.id);
  assert.deepEqual(ids, ["a", "b", "c"]);
  assert.deepEqual(s.seen.map((r) => r.line), ["GET https://x/api/questions?lat=1&lng=2&limit=2", "GET https://x/api/questions?lat=1&lng=2&limit=2&cursor=x+y"]);
  const first = server(json(200, { items: [{ id: "a" }], nextCursor: "n" }));
  for await (const q of first.client().questions({ lat: 1, lng: 2 })) { assert.equal(q.id, "a"); break; }
  assert.equal(first.seen.length, 1);
});

test("what is declared harmless is repeated without a key", async () => {
  const s = server(broken, () => new Response(null, { status: 204 }));
  await pass(s.client().closeQuestion("q/1"));
  assert.deepEqual(s.seen.map((r) => r.line + r.key), Array(2).fill("POST https://x/api/questions/q%2F1/closenull"));
  await s.client().watchQuestion("q");
  await s.client().unwatchQuestion("q");
  assert.equal(s.seen.at(-1)!.line, "DELETE https://x/api/questions/q/watch");
});

test("a deletion whose answer was lost has happened", async () => {
  const gone = json(404, { type: "urn:problem-type:askaround:question-not-found", title: "gone", status: 404 });
  const s = server(broken, gone);
  await pass(s.client().deleteQuestion("q"));
  assert.deepEqual(s.seen.map((r) => r.line), Array(2).fill("DELETE https://x/api/questions/q"));
});

test("outcomes that the program tells, or that are asked for", async () => {
  let status: Operation["status"] = "pending";
  const s = server((r) => Response.json(operation(r.line.startsWith("POST") ? "pending" : status), { status: r.line.startsWith("POST") ? 202 : 200 }));
  const client = s.client({ push: "program" });
  const polls = () => s.seen.filter((r) => r.line.includes("operations")).length;
  const asked = await client.askQuestion(view);

  const told = asked.outcome();
  client.told(operation("pending"));
  client.told(operation("succeeded"));
  assert.equal((await told).status, "succeeded");
  mock.timers.tick(100_000);
  assert.equal(polls(), 0, "nothing is asked once it is known");

  client.told(operation("failed")); // overtakes the response
  await assert.rejects(asked.outcome(), (e) => e instanceof OperationFailed && e.code === "rejected" && e.message === "Be kind.");

  const polled = asked.outcome();
  setTimeout(() => void (status = "succeeded"), 1500);
  assert.equal((await pass(polled, 100)).status, "succeeded");
  assert.equal(polls(), 2);

  status = "pending";
  const resumed = asked.outcome();
  status = "succeeded";
  client.resumed();
  assert.equal((await resumed).status, "succeeded", "asked for at once");

  status = "pending";
  await assert.rejects(pass(asked.outcome({ patience: 60_000 }), 1000), Undecided);
  await assert.rejects(asked.outcome({ signal: AbortSignal.abort(new Error("enough")) }), /enough/);
  const gone = server((r) => (r.line.startsWith("POST") ? Response.json(operation("pending"), { status: 202 }) : new Response("", { status: 404 })));
  await assert.rejects(pass((await gone.client({ push: "program" }).askQuestion(view)).outcome(), 500), (e) => isProblem(e) && e.kind === "notFound");
});

/** A stream of events that one writes to. */
function stream(signal: AbortSignal) {
  let control!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (c) => void (control = c) });
  signal.addEventListener("abort", () => { try { control.error(signal.reason); } catch { /* it has ended */ } });
  return {
    response: new Response(body, { headers: { "Content-Type": "text/event-stream" } }),
    write: (text: string) => control.enqueue(new TextEncoder().encode(text)),
    end: () => control.close(),
  };
}

test("outcomes that the server tells: one connection for all, which ends with the last", async () => {
  const streams: ReturnType<typeof stream>[] = [];
  let aborted = 0;
  const s = server((r, signal) => {
    if (r.line.startsWith("POST")) return Response.json(operation("pending", `o${s.seen.length}`), { status: 202 });
    if (r.line.includes("operations")) return Response.json(operation("pending"));
    signal.addEventListener("abort", () => aborted++);
    streams.push(stream(signal));
    return streams.at(-1)!.response;
  });
  const client = s.client();
  const all = await Promise.all([1, 2, 3].map(() => client.askQuestion(view)));
  const outcomes = all.map((p) => p.outcome());
  while (streams.length === 0) await new Promise((done) => setImmediate(done));
  for (const p of all.slice(1)) streams[0]!.write(`event: operation\ndata: ${JSON.stringify({ type: "operation", operation: operation("succeeded", p.id) })}\n\n`);
  await Promise.all(outcomes.slice(1));
  assert.equal(aborted, 0);
  streams[0]!.write(`event: operation\ndata: ${JSON.stringify({ type: "operation", operation: operation("succeeded", all[0]!.id) })}\n\n`);
  assert.equal((await outcomes[0]!).id, all[0]!.id);
  for (let i = 0; i < 10; i++) await new Promise((done) => setImmediate(done));
  assert.equal(streams.length, 1);
  assert.ok(aborted > 0);
});

test("news over connections that break", async () => {
  const after: (string | null)[] = [];
  const fetcher = (async (_: unknown, init: RequestInit) => {
    after.push(new Headers(init.headers).get("Last-Event-ID"));
    const s = stream(init.signal!);
    if (after.length === 1) s.write('id: 1\nevent: notice\ndata: {"type":"notice","text":"Hello"}\n\nid: 2\n\n');
    else if (after.length === 2) s.write("event: reset\ndata: {}\n\nevent: confetti\ndata: {}\n\n");
    else return new Response("", { status: 403 });
    s.end();
    return s.response;
  }) as unknown as typeof fetch;
  const seen: string[] = [];
  const client = new AskAround("", { fetch: fetcher });
  const reading = (async () => {
    for await (const e of client.events({ questions: ["a", "b"] })) seen.push(e.type === "notice" ? e.message.text : e.type);
  })();
  await assert.rejects(pass(reading), (e) => isProblem(e) && e.kind === "forbidden");
  assert.deepEqual(seen, ["Hello", "reset"]);
  assert.deepEqual(after, [null, "2", "2"]);
});

test("a stream falls silent, or the reader has enough", async () => {
  const signals: AbortSignal[] = [];
  const fetcher = (async (_: unknown, init: RequestInit) => {
    signals.push(init.signal!);
    if (signals.length > 2) return new Response("", { status: 403 });
    const s = stream(init.signal!);
    s.write('event: notice\ndata: {"type":"notice","text":"x"}\n\n');
    return s.response;
  }) as unknown as typeof fetch;
  const client = new AskAround("", { fetch: fetcher });
  let n = 0;
  const reading = (async () => {
    for await (const _ of client.events()) if (++n === 2) break;
  })();
  await pass(reading, 1000);
  assert.deepEqual([n, signals.length, signals[0]!.aborted, signals[1]!.aborted], [2, 2, true, true]);
  assert.ok(Date.now() >= 45_000);
});

test("a stream in pieces says the same", () => {
  const text = "\ufeffid: 1\r\nevent: a\r\ndata: x\r\ndata\r\n\r\n: note\r\rdata:y\rdata:  z\r\rid: 2\n\nid: 3\0\nevent: lost\n\ndata: last\n\ndata: cut";
  const want = [{ id: "1", type: "a", data: "x\n" }, { id: "1", type: "message", data: "y\n z" }, { id: "2", type: "message", data: "last" }];
  for (let at = 0; at <= text.length; at++) {
    const parser = new EventParser();
    assert.deepEqual([...parser.push(text.slice(0, at)), ...parser.push(text.slice(at))], want, `cut at ${at}`);
    assert.equal(parser.lastId, "2");
  }
});

test("robot and device", async () => {
  const s = server(json(503), (r) => Response.json(r.line.includes("publish") ? JSON.parse(r.body) : { items: [{ n: 1 }], ...(!r.line.includes("cursor") && { nextCursor: "c" }) }));
  const options = { fetch: s.fetcher, random: () => 0 };
  const robot = new Robot("https://x", options), device = new Device("https://x", options);
  assert.equal((await pass(robot.publishAction("forward"))).action, "forward");
  assert.equal(s.seen[0]!.key, s.seen[1]!.key);
  let n = 0;
  for await (const _ of robot.telemetry({ limit: 1 })) n++;
  for await (const _ of device.messages()) n++;
  assert.equal(n, 4);
  assert.deepEqual(await device.publishMessage({ text: "Hello" }), { text: "Hello" });
  await robot.getState();
  await device.getMessage("m");
  assert.equal(s.seen.at(-1)!.line, "GET https://x/messages/m");
});
