import assert from "node:assert/strict";
import test from "node:test";
import * as decode from "../src/model/decode.ts";
import { average, Store } from "../src/model/store.ts";
import type { HeatPart, Message, Question, Summary } from "../src/model/types.ts";

const histogram = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
const summary = (version: number, answers = version): Summary => ({ version, answers, sumHalfStars: 9 * answers, histogram });
const id = "89c25a31cf0e2b4d-0123456789abcdefghijklmnop";
const wire = { id, text: "Is it open?", kind: "star", location: { lat: 1, lng: 2 }, radius: 8046.72, state: "open",
  createdAt: "2026-11-22T10:00:00Z", expiresAt: "2027-11-22T10:00:00Z", summary: summary(3) };

export const question = (id: string, edit: Partial<Question> = {}): Question => ({
  id, text: id, kind: "star", location: { lat: 0, lng: 0 }, radius: 8046.72, open: true, mine: false, createdAt: 0, expiresAt: Infinity, summary: summary(0), ...edit,
});

test("messages", () => {
  const q: Question = { id, text: "Is it open?", kind: "star", location: { lat: 1, lng: 2 }, radius: 8046.72, open: true, mine: false,
    createdAt: Date.UTC(2026, 10, 22, 10), expiresAt: Date.UTC(2027, 10, 22, 10), summary: summary(3) };
  const rows: [reason: string, json: unknown, want: Message | undefined][] = [
    ["a question", { type: "question", question: wire }, { type: "question", question: q }],
    ["a question with members that nobody knows yet", { type: "question", question: { ...wire, colour: "red" } }, { type: "question", question: q }],
    ["a summary", { type: "summary", question: "q1", ...summary(4) }, { type: "summary", question: "q1", summary: summary(4) }],
    ["heat", { type: "heat", question: "q1", part: "89c25", version: 2, cells: { "89c25a4": 3 } }, { type: "heat", question: "q1", heat: { part: "89c25", version: 2, cells: { "89c25a4": 3 } } }],
    ["an operation", { type: "operation", operation: { id: "o", kind: "answer", status: "failed", question: "q1", failure: { code: "own_question", detail: "No." } } },
      { type: "operation", operation: { id: "o", kind: "answer", status: "failed", question: "q1", failure: { code: "own_question", detail: "No." } } }],
    ["a notice", { type: "notice", text: "Hello" }, { type: "notice", text: "Hello" }],
    ["a type of the future", { type: "weather" }, undefined],
  ];
  for (const [reason, json, want] of rows) assert.deepEqual(decode.message(JSON.stringify(json)), want, reason);
});

test("what is no message", () => {
  const rows: [reason: string, json: string][] = [
    ["no JSON", "{"],
    ["a list", "[]"],
    ["null", "null"],
    ["a question without text", JSON.stringify({ type: "question", question: { ...wire, text: "" } })],
    ["a question whose id is none", JSON.stringify({ type: "question", question: { ...wire, id: "q1" } })],
    ["a kind that does not exist", JSON.stringify({ type: "question", question: { ...wire, kind: "poll" } })],
    ["a place off Earth", JSON.stringify({ type: "question", question: { ...wire, location: { lat: 91, lng: 0 } } })],
    ["a state that does not exist", JSON.stringify({ type: "question", question: { ...wire, state: "ajar" } })],
    ["no time", JSON.stringify({ type: "question", question: { ...wire, createdAt: "soon" } })],
    ["a histogram of ten", JSON.stringify({ type: "summary", question: "q", ...summary(1), histogram: histogram.slice(1) })],
    ["a version in words", JSON.stringify({ type: "summary", question: "q", ...summary(1), version: "1" })],
    ["less than no answers", JSON.stringify({ type: "summary", question: "q", ...summary(1), answers: -1 })],
    ["half an answer", JSON.stringify({ type: "heat", question: "q", part: "89c25", version: 1, cells: { "89c25a4": 0.5 } })],
    ["an operation that is done somehow", JSON.stringify({ type: "operation", operation: { id: "o", kind: "ask", status: "done", question: "q" } })],
  ];
  for (const [reason, json] of rows) assert.throws(() => decode.message(json), decode.DecodeError, reason);
});

test("where to listen", () => {
  const topics = { geo: ["askaround/v1/geo/89c25b"], account: "askaround/v1/account/0123456789abcdefghijklmnop", system: "askaround/v1/system" };
  const live = decode.live({ endpoints: ["/mqtt"], topics });
  assert.deepEqual([live.topics.geo, live.topics.account, live.topics.system], [topics.geo, topics.account, topics.system]);
  assert.equal(live.topics.question(id), `askaround/v1/question/${id}`);
  assert.throws(() => live.topics.question("q1"), RangeError);
  assert.equal(live.clientId("web-1"), "0123456789abcdefghijklmnop-web-1");
  const rows: [reason: string, edit: object][] = [
    ["a wildcard", { geo: ["askaround/v1/geo/+"] }],
    ["a topic of another channel", { geo: [topics.system] }],
    ["a topic of another version", { system: "askaround/v2/system" }],
    ["no topic", { account: "" }],
    ["not a list", { geo: topics.geo[0] }],
  ];
  for (const [reason, edit] of rows) assert.throws(() => decode.live({ endpoints: ["/mqtt"], topics: { ...topics, ...edit } }), decode.DecodeError, reason);
});

test("the store ends up the same in whatever order, however often, things arrive", () => {
  let seed = 7;
  const random = (n: number) => (seed = (seed * 48271) % 0x7fffffff) % n;
  const part = (name: string, version: number): HeatPart => ({ part: name, version, cells: { [name + "1"]: version } });
  const events: Message[] = [];
  for (const id of ["a", "b", "c"]) {
    events.push({ type: "question", question: question(id, { kind: "geo" }) });
    for (let v = 1; v <= 5; v++) {
      events.push({ type: "summary", question: id, summary: summary(v) });
      events.push({ type: "question", question: question(id, { kind: "geo", summary: summary(random(6)) }) });
      events.push({ type: "heat", question: id, heat: part("x", v) }, { type: "heat", question: id, heat: part("y", v) });
    }
  }
  for (let round = 0; round < 200; round++) {
    const store = new Store();
    const shuffled = [...events, ...events].map((e) => [random(1e9), e] as const).sort((a, b) => a[0] - b[0]);
    const added: string[] = [];
    for (const [, e] of shuffled) {
      const change = store.apply(e);
      if (change?.kind === "added") added.push(change.question.id);
    }
    assert.deepEqual(added.sort(), ["a", "b", "c"], `round ${round}: each was added once`);
    for (const id of ["a", "b", "c"]) {
      assert.deepEqual(store.get(id)!.summary, summary(5), `round ${round}`);
      assert.deepEqual([...store.heat(id)].sort(), [["x1", 5], ["y1", 5]], `round ${round}`);
    }
  }
});

test("nothing changes where nothing is new", () => {
  const store = new Store();
  assert.equal(store.putSummary("a", summary(2)), undefined, "a question that is not known yet");
  assert.deepEqual(store.put(question("a", { summary: summary(1) })), { kind: "added", question: question("a", { summary: summary(2) }) });
  assert.equal(store.put(question("a", { summary: summary(2) })), undefined);
  assert.equal(store.putSummary("a", summary(1)), undefined);
  assert.equal(store.putSummary("a", summary(3))?.kind, "changed");
  store.putHeat("a", { part: "x", version: 2, cells: { x1: 1 } });
  assert.equal(store.putHeat("a", { part: "x", version: 2, cells: { x1: 9 } }), undefined);
  assert.equal(store.putHeat("a", { part: "x", version: 3, cells: {} })?.kind, "heat");
  assert.equal(store.heat("a").size, 0, "the last answer was withdrawn");
});

test("what a snapshot tells stays when a message does not", () => {
  const store = new Store();
  store.put(question("a"));
  assert.equal(store.put(question("a", { mine: true }))?.kind, "changed", "asked by me");
  store.put(question("a", { open: false, summary: summary(1) }));
  assert.deepEqual([store.get("a")!.mine, store.get("a")!.open], [true, false]);
  store.put(question("a", { open: true, summary: summary(0) }));
  assert.equal(store.get("a")!.open, false, "an older one");
});

test("nearby: within the circle, not expired, in order", () => {
  const store = new Store();
  const at = (lat: number) => ({ lat, lng: 0 });
  store.put(question("old and near", { location: at(0.001), createdAt: 1 }));
  store.put(question("new and far", { location: at(0.01), createdAt: 3 }));
  store.put(question("outside", { location: at(1), createdAt: 4 }));
  store.put(question("over", { location: at(0), createdAt: 5, expiresAt: 100 }));
  const ids = (order: "newest" | "nearest", now: number) => store.nearby(at(0), 5000, order, now).map((q) => q.id);
  assert.deepEqual(ids("newest", 100), ["new and far", "old and near"]);
  assert.deepEqual(ids("nearest", 100), ["old and near", "new and far"]);
  assert.deepEqual(ids("newest", 99)[0], "over");
});

test("averages", () => {
  assert.equal(average(summary(0)), undefined);
  assert.equal(average({ version: 1, answers: 2, sumHalfStars: 7, histogram }), 1.75);
});
