import assert from "node:assert/strict";
import test, { afterEach, beforeEach, mock } from "node:test";
import { Connection, backoff } from "../src/net/connection.ts";
import { Operations, Undecided } from "../src/net/operations.ts";
import { Api, ApiError, Unreachable } from "../src/net/api.ts";
import { NoToken, Tokens, type Storage } from "../src/net/token.ts";
import type { Operation } from "../src/model/types.ts";
import { connack, FakeSocket, grant, settle } from "./fakes.ts";
import { type Topic, userClientId, value } from "../../../../api/ts/topics.gen.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

function storage(initial: Record<string, string> = {}): Storage {
  const m = new Map(Object.entries(initial));
  return { getItem: (k) => m.get(k) ?? null, setItem: (k, v) => void m.set(k, v), removeItem: (k) => void m.delete(k) };
}

function connect() {
  const sockets: FakeSocket[] = [];
  const log: string[] = [];
  let token = 1;
  const connection = new Connection({
    open: () => (sockets.push(new FakeSocket()), sockets.at(-1)!),
    token: () => Promise.resolve(`token${token}`),
    tokenRefused: (t) => {
      log.push(`refused ${t}`);
      if (token++ === 2) throw new NoToken("Paste another.");
    },
    clientId: () => userClientId(value("account", "0123456789abcdefghijklmnop"), "c"),
    onState: (s) => log.push(s.kind === "stopped" ? `stopped: ${s.why}` : s.kind),
    onSubscribed: (granted) => log.push(`subscribed ${granted}`),
    onMessage: () => undefined,
    random: () => 0,
  });
  const take = () => log.splice(0);
  return { sockets, connection, take };
}

test("backoff doubles up to half a minute", () => {
  assert.deepEqual([1, 2, 3, 4, 7, 8, 100].map((n) => backoff(n, 1)), [500, 1000, 2000, 4000, 30_000, 30_000, 30_000]);
  assert.equal(backoff(1, 0), 250);
});

/** Short names in place of topics. */
const topics = (...names: string[]) => names as unknown as Topic[];

test("a connection comes back with its topics", async () => {
  const c = connect();
  c.connection.want(topics("a", "b"));
  c.connection.start();
  await settle();
  c.sockets[0]!.open();
  c.sockets[0]!.receive(connack());
  assert.deepEqual(grant(c.sockets[0]!), ["a", "b"]);
  assert.deepEqual(c.take(), ["connecting", "live", "subscribed a,b"]);

  c.connection.want(topics("b", "c"));
  assert.deepEqual(c.sockets[0]!.sent.map((p) => p[0]! >> 4), [10, 8], "first makes room, then subscribes");
  assert.deepEqual(grant(c.sockets[0]!), ["c"]);
  c.take();

  c.sockets[0]!.drop();
  assert.deepEqual(c.take(), ["waiting"]);
  mock.timers.tick(249);
  await settle();
  assert.equal(c.sockets.length, 1);
  mock.timers.tick(1);
  await settle();
  assert.equal(c.sockets.length, 2);
  c.sockets[1]!.drop(); // still down: waits longer
  mock.timers.tick(250);
  await settle();
  assert.equal(c.sockets.length, 2);
  mock.timers.tick(250);
  await settle();
  c.sockets[2]!.open();
  c.sockets[2]!.receive(connack());
  assert.deepEqual(grant(c.sockets[2]!).sort(), ["b", "c"]);
  assert.deepEqual(c.take(), ["connecting", "waiting", "connecting", "live", "subscribed b,c"]);
});

test("waking up does not wait", async () => {
  const c = connect();
  c.connection.start();
  await settle();
  c.sockets[0]!.drop();
  c.connection.wake();
  await settle();
  assert.equal(c.sockets.length, 2);
  c.sockets[1]!.open();
  c.sockets[1]!.receive(connack());
  c.sockets[1]!.take();
  c.connection.wake();
  assert.deepEqual(c.sockets[1]!.take(), ["PINGREQ"], "finds out whether it is alive");
});

test("a refused token is replaced, and when there is none the connection stops", async () => {
  const c = connect();
  c.connection.start();
  await settle();
  c.sockets[0]!.open();
  c.sockets[0]!.receive(connack(4));
  mock.timers.tick(250);
  await settle();
  c.sockets[1]!.open();
  c.sockets[1]!.receive(connack(5));
  mock.timers.tick(60_000);
  await settle();
  assert.equal(c.sockets.length, 2);
  assert.deepEqual(c.take(), ["connecting", "refused token1", "waiting", "connecting", "refused token2", "stopped: Paste another."]);
});

const operation = (status: Operation["status"]): Operation => ({ id: "o", kind: "ask", status, question: "q" });

test("outcomes by topic, by polling, or before anybody waits", async () => {
  let asked = 0, status: Operation["status"] = "pending";
  const operations = new Operations(() => (asked++, Promise.resolve(operation(status))));

  const told = operations.outcome(operation("pending"));
  operations.told(operation("succeeded"));
  assert.equal((await told).status, "succeeded");
  mock.timers.tick(100_000);
  assert.equal(asked, 0, "nothing is asked once it is known");

  operations.told(operation("failed")); // overtakes the response
  assert.equal((await operations.outcome(operation("pending"))).status, "failed");
  assert.equal((await operations.outcome(operation("succeeded"))).status, "succeeded", "the response itself");

  const polled = operations.outcome(operation("pending"));
  mock.timers.tick(1000);
  await settle();
  status = "succeeded";
  mock.timers.tick(2000);
  assert.equal((await polled).status, "succeeded");
  assert.equal(asked, 2);
});

test("after a minute of silence an operation is undecided", async () => {
  const operations = new Operations(() => Promise.reject(new Error("offline")));
  const outcome = operations.outcome(operation("pending"));
  outcome.catch(() => undefined);
  for (const wait of [1000, 2000, 4000, 8000, 15_000, 30_000]) {
    mock.timers.tick(wait);
    await settle();
  }
  await assert.rejects(outcome, Undecided);
});

test("tokens: one user a window, minted once, replaced when refused", async () => {
  const calls: string[] = [];
  const kept = storage();
  const fetcher = (async (_: unknown, init?: RequestInit) => {
    calls.push(String(init?.body));
    return Response.json({ access_token: `t${calls.length}` });
  }) as typeof fetch;
  const tokens = new Tokens(kept, fetcher);
  assert.deepEqual(await Promise.all([tokens.get(), tokens.get()]), ["t1", "t1"]);
  tokens.refused("t1");
  assert.equal(await tokens.get(), "t2");
  assert.equal(calls[0], calls[1], "the same user");
  assert.match(tokens.guest!, /^guest-[0-9a-f]{8}$/);
  assert.equal(new Tokens(kept, fetcher).guest, tokens.guest, "after a reload too");

  tokens.paste("  Bearer abc ");
  assert.equal(await tokens.get(), "abc");
  assert.equal(tokens.guest, undefined);
  assert.throws(() => tokens.refused("abc"), NoToken);
  tokens.forget();
  assert.equal(await tokens.get(), "t2");
});

test("no development issuer: the user must bring a token", async () => {
  const tokens = new Tokens(storage(), (async () => new Response("", { status: 404 })) as typeof fetch);
  await assert.rejects(tokens.get(), NoToken);
});

test("the API: a new token after 401, problems in words", async () => {
  const seen: string[] = [];
  let answer = (_token: string): Response => Response.json({ items: [] });
  const fetcher = (async (url: unknown, init?: RequestInit) => {
    if (url === "dev/token") return Response.json({ access_token: `t${seen.length}` });
    const token = new Headers(init?.headers).get("Authorization")!;
    seen.push(`${init?.method} ${url} ${token}`);
    return answer(token);
  }) as typeof fetch;
  const api = new Api(new Tokens(storage(), fetcher), fetcher);
  const area = { at: { lat: 51.5, lng: -0.1 }, radius: 8046.72 };

  answer = (token) => (token === "Bearer t0" ? new Response("", { status: 401 }) : Response.json({ items: [], nextCursor: "n" }));
  assert.deepEqual(await api.questions(area, "newest", 20), { items: [], nextCursor: "n" });
  assert.deepEqual(seen, [
    "GET questions?lat=51.500000&lng=-0.100000&radius=8046.72&order=newest&limit=20 Bearer t0",
    "GET questions?lat=51.500000&lng=-0.100000&radius=8046.72&order=newest&limit=20 Bearer t1",
  ]);

  const problem = (status: number, body: object) => () => Response.json(body, { status });
  answer = problem(422, { title: "Invalid", detail: "The body does not fit.", errors: [{ pointer: "/text", detail: "is too long" }] });
  await assert.rejects(api.ask("x", "star", area.at, "k"), (e: ApiError) => e.status === 422 && e.message === "is too long");
  answer = problem(503, { title: "Unavailable", detail: "Later." });
  await assert.rejects(api.operation("o"), (e: ApiError) => e.message === "Later.");
  answer = () => new Response("<html>", { status: 502 });
  await assert.rejects(api.operation("o"), (e: ApiError) => e.message === "The server answered 502.");
  answer = () => new Response("", { status: 404 });
  assert.equal(await api.ownAnswer("q"), undefined);
  answer = () => { throw new TypeError("network"); };
  await assert.rejects(api.operation("o"), Unreachable);
});
