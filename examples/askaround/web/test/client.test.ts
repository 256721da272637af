import assert from "node:assert/strict";
import test, { afterEach, beforeEach, mock } from "node:test";
import { Client, type CloseReason } from "../src/mqtt/client.ts";
import { answer, connack, FakeSocket, pingresp, publish } from "./fakes.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

function start() {
  const socket = new FakeSocket();
  const log: string[] = [];
  let reason: CloseReason | undefined;
  const client = new Client(socket, {
    clientId: "c", username: "u", password: "p", keepAlive: 60,
    onConnect: () => log.push("connected"),
    onSubscribed: (filters, codes) => log.push(`subscribed ${filters} ${codes}`),
    onMessage: (topic, payload) => log.push(`${topic}: ${new TextDecoder().decode(payload)}`),
    onClose: (r) => {
      assert.equal(reason, undefined, "closed twice");
      reason = r;
    },
  });
  return { socket, log, client, reason: () => reason };
}

test("connects, subscribes in packets of eight, acknowledges QoS 1 only", () => {
  const c = start();
  assert.equal(c.socket.binaryType, "arraybuffer");
  assert.deepEqual(c.socket.take(), []);
  c.socket.open();
  assert.deepEqual(c.socket.take(), ["CONNECT"]);
  c.socket.receive(connack());
  c.client.subscribe(Array.from({ length: 10 }, (_, i) => `t${i}`));
  const [first, second] = c.socket.sent;
  assert.deepEqual(c.socket.take(), ["SUBSCRIBE", "SUBSCRIBE"]);
  c.socket.receive(answer(second!, (f) => f === "t9").suback);
  c.socket.receive(answer(first!).suback);
  c.socket.receive(publish("t1", "zero"));
  assert.deepEqual(c.socket.take(), []);
  c.socket.receive(publish("t1", "one", 7));
  assert.deepEqual(c.socket.sent, [Uint8Array.of(0x40, 2, 0, 7)]);
  assert.deepEqual(c.log, ["connected", "subscribed t8,t9 1,128", "subscribed t0,t1,t2,t3,t4,t5,t6,t7 1,1,1,1,1,1,1,1", "t1: zero", "t1: one"]);
  c.client.close();
  assert.deepEqual(c.reason(), { kind: "closed" });
  assert.ok(c.socket.closed);
});

test("what ends a connection", () => {
  const rows: [reason: string, does: (s: FakeSocket) => void, want: CloseReason["kind"]][] = [
    ["a refusal", (s) => s.receive(connack(5)), "refused"],
    ["the network", (s) => s.drop(), "closed"],
    ["malformed bytes", (s) => s.receive(Uint8Array.of(0, 0)), "protocol"],
    ["a message before CONNACK", (s) => s.receive(publish("a", "x")), "protocol"],
    ["a second CONNACK", (s) => { s.receive(connack()); s.receive(connack()); }, "protocol"],
    ["a SUBACK that nobody asked for", (s) => { s.receive(connack()); s.receive(Uint8Array.of(0x90, 3, 0, 9, 1)); }, "protocol"],
    ["a text message", (s) => s.onmessage?.({ data: "hello" }), "protocol"],
  ];
  for (const [reason, does, want] of rows) {
    const c = start();
    c.socket.open();
    does(c.socket);
    assert.equal(c.reason()?.kind, want, reason);
    assert.ok(c.socket.closed, reason);
    assert.equal(c.socket.onmessage, null, reason);
    c.client.close(); // harmless
  }
});

test("a handler may close: the rest of the bytes is not handled", () => {
  const c = start();
  c.socket.open();
  const both = new Uint8Array([...connack(), ...publish("a", "x")]);
  c.client["options"].onConnect = () => c.client.close();
  c.socket.receive(both);
  assert.deepEqual(c.log, []);
  assert.deepEqual(c.reason(), { kind: "closed" });
});

test("keep-alive: pings in silence, gives up without an answer", () => {
  const c = start();
  c.socket.open();
  c.socket.receive(connack());
  c.socket.take();
  mock.timers.tick(29_999);
  assert.deepEqual(c.socket.take(), []);
  mock.timers.tick(1);
  assert.deepEqual(c.socket.take(), ["PINGREQ"]);
  c.socket.receive(pingresp);
  mock.timers.tick(30_000);
  assert.deepEqual(c.socket.take(), ["PINGREQ"]);
  mock.timers.tick(9_999);
  assert.equal(c.reason(), undefined);
  mock.timers.tick(1);
  assert.deepEqual(c.reason(), { kind: "silent" });
});

test("a server that does not answer CONNECT or SUBSCRIBE is given up", () => {
  const mute = start();
  mute.socket.open();
  mock.timers.tick(10_000);
  assert.deepEqual(mute.reason(), { kind: "silent" });

  const lazy = start();
  lazy.socket.open();
  lazy.socket.receive(connack());
  lazy.client.subscribe(["a"]);
  lazy.socket.receive(publish("b", "not the answer"));
  mock.timers.tick(10_000);
  assert.deepEqual(lazy.reason(), { kind: "silent" });
});
