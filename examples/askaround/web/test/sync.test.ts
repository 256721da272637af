import assert from "node:assert/strict";
import test, { afterEach, beforeEach, mock } from "node:test";
import { Sync, type SyncOptions } from "../src/net/sync.ts";
import { Store } from "../src/model/store.ts";
import { userClientId, value } from "../../../../api/ts/topics.gen.ts";
import type { Live, Question, Summary } from "../src/model/types.ts";
import { connack, FakeSocket, grant, publish, settle } from "./fakes.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

const area = { at: { lat: 0, lng: 0 }, radius: 8046.72 };
const summary = (version: number): Summary => ({ version, answers: version, sumHalfStars: version, histogram: Array(11).fill(0) });

const me = value("account", "0123456789abcdefghijklmnop");

/** Short names in place of topics. */
const topics = (lat: number) => ({ geo: [`geo/${lat}`], account: "account/me", system: "system", question: (id: string) => `question/${id}` }) as unknown as Live["topics"];

/** A server: questions in a list, and what was asked of it. */
function world() {
  const all: Question[] = [];
  const calls: string[] = [];
  const sockets: FakeSocket[] = [];
  const log: string[] = [];
  const store = new Store();
  let held: (() => void)[] | undefined; // responses that are kept back
  const respond = <T>(make: () => T): Promise<T> =>
    held ? new Promise((done) => { const value = make(); held!.push(() => done(value)); }) : Promise.resolve(make());
  const options: SyncOptions = {
    api: {
      live: async (a) => (calls.push("live"), { endpoints: ["/mqtt"], topics: topics(a.at.lat), clientId: (instance) => userClientId(me, instance) }),
      questions: (_area, _order, limit, cursor) => {
        calls.push(`list ${cursor ?? ""}`.trim());
        return respond(() => {
          const from = Number(cursor ?? 0);
          return { items: all.slice(from, from + limit).map((q) => structuredClone(q)), nextCursor: from + limit < all.length ? String(from + limit) : undefined };
        });
      },
      question: (id) => (calls.push(`read ${id}`), respond(() => ({ question: structuredClone(all.find((q) => q.id === id)!), heat: [] }))),
    },
    store,
    open: () => (sockets.push(new FakeSocket()), sockets.at(-1)!),
    token: () => Promise.resolve("t"),
    tokenRefused: () => undefined,
    instance: "c",
    onState: (s) => log.push(s.kind),
    onChanges: (changes, live) => log.push(...changes.map((c) => `${live ? "live " : ""}${c.kind} ${c.kind === "heat" ? c.id : c.question.id}`)),
    onOperation: (o) => log.push(`operation ${o.id}`),
    onNotice: (text) => log.push(`notice ${text}`),
    onRead: (more) => log.push(more ? "more" : "all"),
    onError: (e) => log.push(`error ${(e as Error).message}`),
    onResumed: () => log.push("resumed"),
  };
  const sync = new Sync(options);
  return {
    all, calls, sockets, log, store, sync,
    ask: (id: string) => all.unshift({ id, text: id, kind: "star", location: area.at, radius: 8046.72, open: true, mine: false, createdAt: all.length, expiresAt: Infinity, summary: summary(0) }),
    hold: () => (held = []),
    release: async () => { const h = held!; held = undefined; for (const f of h) f(); await settle(); },
    async connect() {
      await settle();
      const socket = sockets.at(-1)!;
      socket.open();
      socket.receive(connack());
      const granted = grant(socket);
      await settle();
      return granted;
    },
  };
}

test("connects under an id of its account, which the policy of users asks for", async () => {
  const w = world();
  void w.sync.move(area, "newest");
  await settle();
  w.sockets[0]!.open();
  const text = new TextDecoder().decode(w.sockets[0]!.sent[0]!.subarray(2 + 10 + 2));
  assert.equal(text.slice(0, me.length + 2), `${me}-c`);
});

test("subscribes, then reads: what happens in between is there", async () => {
  const w = world();
  w.ask("a");
  void w.sync.move(area, "newest");
  assert.deepEqual(await w.connect(), ["account/me", "system", "geo/0"]);
  assert.deepEqual(w.calls, ["live", "list", "list"], "once early, once when the topics are in force");

  const late = "89c25a31cf0e2b4d-0123456789abcdefghijklmnop";
  // It arrives by topic while a list without it is under way.
  w.hold();
  void w.sync.reorder("newest");
  w.ask(late);
  const b = { ...w.all[0]!, state: "open", createdAt: "2026-01-01T00:00:00Z", expiresAt: "2027-01-01T00:00:00Z", summary: summary(2) };
  w.sockets[0]!.receive(publish("geo/0", JSON.stringify({ type: "question", question: b })));
  await w.release();
  assert.equal(w.store.get(late)?.summary.version, 2, "the list does not take it back");
  assert.deepEqual(w.log.filter((l) => l.endsWith(late)), [`live added ${late}`], "and it was added once");
});

test("follows what is seen, within fifty subscriptions, and reads what it may have missed", async () => {
  const w = world();
  for (let i = 0; i < 60; i++) w.ask(`q${i}`);
  void w.sync.move(area, "newest");
  await w.connect();
  const seen = w.all.map((q) => q.id);
  w.sync.watch(seen, []);
  w.calls.length = 0;
  const granted = grant(w.sockets[0]!);
  assert.equal(granted.length, 47);
  assert.deepEqual(granted, seen.slice(0, 47).map((id) => `question/${id}`));
  mock.timers.tick(50);
  await settle();
  assert.deepEqual(w.calls, ["list"], "all of them are on the first page");

  w.calls.length = 0;
  w.sync.watch(seen.slice(20), []); // scrolled down
  const packets = w.sockets[0]!.sent.map((p) => p[0]! >> 4);
  assert.deepEqual(packets, [10, 10, 10, 8, 8], "20 topics leave, 13 come");
  assert.deepEqual(grant(w.sockets[0]!), seen.slice(47).map((id) => `question/${id}`));
  mock.timers.tick(50);
  await settle();
  assert.deepEqual(w.calls, ["list", ...seen.slice(50).map((id) => `read ${id}`)], "those beyond the page one by one");

  w.calls.length = 0;
  w.sync.watch([...seen.slice(20), seen[3]!, seen[4]!], [seen[3]!]);
  grant(w.sockets[0]!);
  mock.timers.tick(50);
  await settle();
  assert.deepEqual(w.calls, [`read ${seen[3]}`, `read ${seen[4]}`], "a few one by one");
});

test("after a break: subscribes again, reads the list and what is followed beyond it", async () => {
  const w = world();
  for (let i = 0; i < 120; i++) w.ask(`q${i}`);
  void w.sync.move(area, "newest");
  await w.connect();
  await w.sync.more();
  await w.sync.more();
  assert.equal(w.log.at(-1), "all");
  const deep = w.all.at(-1)!.id, top = w.all[0]!.id;
  w.sync.watch([top, deep], [top]);
  grant(w.sockets[0]!);
  await settle();

  w.sockets[0]!.drop();
  for (let i = 0; i < 70; i++) w.ask(`new${i}`); // more than a page, while away
  w.all.find((q) => q.id === deep)!.summary = summary(5);
  w.calls.length = 0;
  w.log.length = 0;
  mock.timers.tick(1000);
  await w.connect();
  await settle();
  assert.deepEqual(w.calls, ["list", "list 50", `read ${top}`, `read ${deep}`]);
  assert.equal(w.store.get(deep)!.summary.version, 5);
  assert.ok(w.store.get("new0") && w.store.get("new69"));
  assert.ok(w.log.includes("resumed") && w.log.includes("all"));
});

test("moving: other topics, and answers for the place before are dropped", async () => {
  const w = world();
  void w.sync.move(area, "newest");
  await w.connect();
  w.hold();
  void w.sync.reorder("nearest");
  w.ask("late");
  w.log.length = 0;
  void w.sync.move({ ...area, at: { lat: 1, lng: 1 } }, "newest");
  await settle();
  const socket = w.sockets[0]!;
  assert.equal(w.sockets.length, 1, "the connection stays");
  assert.deepEqual(socket.sent.map((p) => p[0]! >> 4), [10, 8]);
  assert.deepEqual(grant(socket), ["geo/1"]);
  await w.release();
  assert.deepEqual(w.log.filter((l) => l === "added late"), ["added late"], "from the new place's list only");
});

test("other messages, and such as cannot be read", async () => {
  const w = world();
  void w.sync.move(area, "newest");
  await w.connect();
  w.log.length = 0;
  const socket = w.sockets[0]!;
  for (const payload of [
    "no json",
    JSON.stringify({ type: "tomorrow" }),
    JSON.stringify({ type: "operation", operation: { id: "o1", kind: "ask", status: "succeeded", question: "q" } }),
    JSON.stringify({ type: "notice", text: "Closing at ten." }),
  ]) socket.receive(publish("account/me", payload, 1));
  assert.deepEqual(w.log, ["operation o1", "notice Closing at ten."]);
  assert.equal(socket.closed, false);
});
