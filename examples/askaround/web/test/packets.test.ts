import assert from "node:assert/strict";
import test from "node:test";
import * as packets from "../src/mqtt/packets.ts";

const hex = (s: string) => Uint8Array.from(s.match(/../g) ?? [], (b) => parseInt(b, 16));
const unhex = (b: Uint8Array) => Buffer.from(b).toString("hex");
const decode = (s: string) => new packets.Decoder(1024).push(hex(s));

test("what is sent, byte by byte", () => {
  const rows: [reason: string, got: Uint8Array, want: string][] = [
    ["CONNECT: clean session, user name, password, 60 s",
      packets.connect({ clientId: "c", username: "u", password: "p", keepAlive: 60 }),
      "10 13 0004 4d515454 04 c2 003c 0001 63 0001 75 0001 70"],
    ["SUBSCRIBE has the flag bits 0010 and asks for QoS 1", packets.subscribe(10, ["a/b", "c"]), "82 0c 000a 0003 612f62 01 0001 63 01"],
    ["UNSUBSCRIBE likewise", packets.unsubscribe(0x1234, ["a"]), "a2 05 1234 0001 61"],
    ["PUBACK", packets.puback(0xfffe), "40 02 fffe"],
    ["PINGREQ", packets.pingreq, "c0 00"],
    ["DISCONNECT", packets.disconnect, "e0 00"],
    ["strings are UTF-8 and their length counts bytes", packets.subscribe(1, ["é"]), "82 07 0001 0002 c3a9 01"],
  ];
  for (const [reason, got, want] of rows) assert.equal(unhex(got), want.replaceAll(" ", ""), reason);
});

test("a length of more than 127 bytes takes two bytes", () => {
  const p = packets.connect({ clientId: "c", username: "u", password: "x".repeat(200), keepAlive: 1 });
  assert.equal(unhex(p.subarray(0, 3)), "10da01");
  assert.equal(p.length, 3 + 0x5a + 128);
});

test("at most eight filters in a SUBSCRIBE", () => {
  assert.throws(() => packets.subscribe(1, Array(9).fill("a")), RangeError);
  assert.throws(() => packets.subscribe(1, []), RangeError);
  assert.throws(() => packets.connect({ clientId: "c", username: "u", password: "x".repeat(65536), keepAlive: 1 }), RangeError);
});

test("what is received", () => {
  const rows: [reason: string, bytes: string, want: object[]][] = [
    ["CONNACK, accepted", "20020000", [{ type: "connack", sessionPresent: false, returnCode: 0 }]],
    ["CONNACK, refused", "20020005", [{ type: "connack", sessionPresent: false, returnCode: 5 }]],
    ["CONNACK with a session", "20020100", [{ type: "connack", sessionPresent: true, returnCode: 0 }]],
    ["SUBACK with a refusal", "9005000a010080", [{ type: "suback", id: 10, codes: [1, 0, 128] }]],
    ["UNSUBACK", "b002000a", [{ type: "unsuback", id: 10 }]],
    ["PINGRESP", "d000", [{ type: "pingresp" }]],
    ["PUBLISH at QoS 0", "3005000161" + "7879", [{ type: "publish", topic: "a", payload: hex("7879"), qos: 0, id: 0 }]],
    ["PUBLISH at QoS 1, a duplicate, retained", "3b07000161" + "00ff" + "7879", [{ type: "publish", topic: "a", payload: hex("7879"), qos: 1, id: 255 }]],
    ["PUBLISH without payload", "3003000161", [{ type: "publish", topic: "a", payload: hex(""), qos: 0, id: 0 }]],
    ["two at once", "d000d000", [{ type: "pingresp" }, { type: "pingresp" }]],
    ["a length in more bytes than it needs", "d08000", [{ type: "pingresp" }]],
    ["nothing yet", "30", []],
    ["nothing but half a length", "3080", []],
  ];
  for (const [reason, bytes, want] of rows) assert.deepEqual(decode(bytes), want, reason);
});

test("what is malformed", () => {
  const rows: [reason: string, bytes: string][] = [
    ["a length of five bytes", "30ffffffff01"],
    ["a packet above the limit", "30ff7f"],
    ["type 0", "0000"],
    ["CONNECT, which servers do not send", "1000"],
    ["PUBREC: nobody asked for QoS 2", "50020001"],
    ["DISCONNECT, which MQTT 3.1.1 servers do not send", "e000"],
    ["AUTH of MQTT 5", "f000"],
    ["CONNACK with flags in its header", "21020000"],
    ["CONNACK too short", "200100"],
    ["CONNACK too long", "2003000000"],
    ["CONNACK with reserved bits", "20020200"],
    ["SUBACK without codes", "9002000a"],
    ["SUBACK with packet id 0", "9003000001"],
    ["SUBACK with a code that does not exist", "9003000a03"],
    ["UNSUBACK with a body", "b003000a00"],
    ["PINGRESP with a body", "d00100"],
    ["PUBLISH at QoS 2", "3405000161" + "0001"],
    ["PUBLISH at QoS 3", "3605000161" + "0001"],
    ["PUBLISH at QoS 1 without packet id", "3203000161"],
    ["PUBLISH at QoS 1 with packet id 0", "3205000161" + "0000"],
    ["PUBLISH whose topic is cut off", "3003000561"],
    ["PUBLISH without topic", "30020000"],
    ["PUBLISH to a wildcard", "300300012b"],
    ["PUBLISH with a NUL in its topic", "3003000100"],
    ["PUBLISH whose topic is not UTF-8", "30030001ff"],
    ["PUBLISH whose topic is an encoded surrogate", "30050003eda080"],
    ["PUBLISH too short for a length", "300100"],
  ];
  for (const [reason, bytes] of rows) assert.throws(() => decode(bytes), packets.MalformedPacket, reason);
});

test("packets may be cut anywhere", () => {
  const stream = hex("20020000" + "9003000a01" + "320a0003612f6200017879" + "7a" + "d000" + "30830100016" + "1" + "78".repeat(128));
  const whole = new packets.Decoder(1024).push(stream);
  assert.equal(whole.length, 5);
  for (let step = 1; step <= 7; step++) {
    const decoder = new packets.Decoder(1024);
    const got: packets.Packet[] = [];
    for (let i = 0; i < stream.length; i += step) got.push(...decoder.push(stream.subarray(i, i + step)));
    assert.deepEqual(got, whole, `in pieces of ${step}`);
  }
});

test("random bytes decode or are malformed, and nothing else happens", () => {
  let seed = 1;
  const random = () => (seed = (seed * 48271) % 0x7fffffff) / 0x7fffffff;
  for (let n = 0; n < 20_000; n++) {
    const bytes = Uint8Array.from({ length: Math.floor(random() * 24) }, () => Math.floor(random() * 256));
    if (random() < 0.7 && bytes.length > 1) bytes[1] = bytes.length - 2; // a length that fits
    try {
      new packets.Decoder(64).push(bytes);
    } catch (error) {
      assert.ok(error instanceof packets.MalformedPacket, `seed 1, round ${n}, ${unhex(bytes)}: ${error}`);
    }
  }
});
