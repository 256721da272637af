// The packets of MQTT 3.1.1 that a client needs which only listens.
// https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html

export type Packet =
  | { type: "connack"; sessionPresent: boolean; returnCode: number }
  | { type: "suback"; id: number; codes: number[] }
  | { type: "unsuback"; id: number }
  | { type: "pingresp" }
  | { type: "publish"; topic: string; payload: Uint8Array; qos: 0 | 1; id: number };

/** What the server sent is not MQTT 3.1.1, or not for a client that only listens. */
export class MalformedPacket extends Error {
  override name = "MalformedPacket";
}

/** AWS IoT takes at most this many filters in one SUBSCRIBE. */
export const maxFilters = 8;

const utf8 = new TextEncoder();
const strictUTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes of "remaining length" (section 2.2.3): 7 bits each, low ones first. */
function lengthBytes(n: number): number[] {
  const bytes: number[] = [];
  do {
    const rest = Math.floor(n / 128);
    bytes.push((n % 128) + (rest > 0 ? 128 : 0));
    n = rest;
  } while (n > 0);
  return bytes;
}

function uint16(n: number): [number, number] {
  return [n >> 8, n & 0xff];
}

/** A string or bytes with its length in 16 bits before it. */
function prefixed(s: string): number[] {
  const bytes = utf8.encode(s);
  if (bytes.length > 0xffff) throw new RangeError(`a string of ${bytes.length} bytes, more than 65535`);
  return [...uint16(bytes.length), ...bytes];
}

function packet(first: number, body: number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([first, ...lengthBytes(body.length), ...body]);
}

export interface ConnectOptions {
  clientId: string;
  username: string;
  password: string;
  /** Seconds; the server ends the connection after one and a half times as much silence. */
  keepAlive: number;
}

/** CONNECT with a clean session, a user name and a password. */
export function connect(o: ConnectOptions): Uint8Array<ArrayBuffer> {
  const cleanSession = 0x02, password = 0x40, username = 0x80;
  return packet(0x10, [
    ...prefixed("MQTT"), 4, cleanSession | password | username, ...uint16(o.keepAlive),
    ...prefixed(o.clientId), ...prefixed(o.username), ...prefixed(o.password),
  ]);
}

/** SUBSCRIBE to at most maxFilters filters, all at QoS 1. */
export function subscribe(id: number, filters: readonly string[]): Uint8Array<ArrayBuffer> {
  checkFilters(filters);
  return packet(0x82, [...uint16(id), ...filters.flatMap((f) => [...prefixed(f), 1])]);
}

export function unsubscribe(id: number, filters: readonly string[]): Uint8Array<ArrayBuffer> {
  checkFilters(filters);
  return packet(0xa2, [...uint16(id), ...filters.flatMap(prefixed)]);
}

function checkFilters(filters: readonly string[]): void {
  if (filters.length < 1 || filters.length > maxFilters) throw new RangeError(`${filters.length} filters, not 1 to ${maxFilters}`);
}

export function puback(id: number): Uint8Array<ArrayBuffer> {
  return packet(0x40, uint16(id));
}

export const pingreq: Uint8Array<ArrayBuffer> = packet(0xc0, []);
export const disconnect: Uint8Array<ArrayBuffer> = packet(0xe0, []);

/**
 * Cuts a stream of bytes, in pieces of any size, into packets. After it has
 * thrown a MalformedPacket it must not be used again.
 */
export class Decoder {
  private rest = new Uint8Array(0);

  /** maxPacket bounds the length of a packet in bytes. */
  constructor(private readonly maxPacket: number) {}

  push(bytes: Uint8Array): Packet[] {
    const all = new Uint8Array(this.rest.length + bytes.length);
    all.set(this.rest);
    all.set(bytes, this.rest.length);
    const packets: Packet[] = [];
    let at = 0;
    for (;;) {
      const header = this.header(all, at);
      if (!header || header.end > all.length) break;
      packets.push(decode(all[at]!, all.subarray(header.start, header.end)));
      at = header.end;
    }
    this.rest = all.slice(at);
    return packets;
  }

  /** Where the body of the packet at `at` starts and ends; undefined while that is not known. */
  private header(all: Uint8Array, at: number): { start: number; end: number } | undefined {
    let length = 0;
    for (let i = 0; i < 4; i++) {
      const byte = all[at + 1 + i];
      if (byte === undefined) return undefined;
      length += (byte & 0x7f) * 128 ** i;
      if (byte < 0x80) {
        const start = at + 2 + i;
        if (start + length - at > this.maxPacket) throw new MalformedPacket(`a packet of ${length} bytes, more than ${this.maxPacket}`);
        return { start, end: start + length };
      }
    }
    throw new MalformedPacket("a length of more than four bytes");
  }
}

/** Reads the body of a packet from its start. */
class Reader {
  private at = 0;
  constructor(private readonly body: Uint8Array) {}

  byte(): number {
    const b = this.body[this.at];
    if (b === undefined) throw new MalformedPacket("a packet ends too early");
    this.at++;
    return b;
  }

  uint16(): number {
    return this.byte() * 256 + this.byte();
  }

  /** A packet id, which is never 0. */
  id(): number {
    const id = this.uint16();
    if (id === 0) throw new MalformedPacket("packet id 0");
    return id;
  }

  string(): string {
    const length = this.uint16();
    if (this.at + length > this.body.length) throw new MalformedPacket("a string ends too early");
    const bytes = this.body.subarray(this.at, (this.at += length));
    try {
      return strictUTF8.decode(bytes);
    } catch {
      throw new MalformedPacket("a string that is not UTF-8");
    }
  }

  remaining(): Uint8Array {
    return this.body.slice(this.at);
  }

  end(): void {
    if (this.at !== this.body.length) throw new MalformedPacket(`${this.body.length - this.at} bytes too many`);
  }
}

function decode(first: number, body: Uint8Array): Packet {
  const r = new Reader(body);
  if (first >> 4 === 3) return decodePublish(first & 0x0f, r);
  switch (first) { // these types have fixed flags
    case 0x20: {
      const flags = r.byte();
      const returnCode = r.byte();
      if (flags > 1) throw new MalformedPacket(`CONNACK flags ${flags}`);
      r.end();
      return { type: "connack", sessionPresent: flags === 1, returnCode };
    }
    case 0x90: {
      const id = r.id();
      const codes = [...r.remaining()];
      if (codes.length === 0 || codes.some((c) => c > 2 && c !== 0x80)) throw new MalformedPacket(`SUBACK codes ${codes}`);
      return { type: "suback", id, codes };
    }
    case 0xb0: {
      const id = r.id();
      r.end();
      return { type: "unsuback", id };
    }
    case 0xd0:
      r.end();
      return { type: "pingresp" };
  }
  throw new MalformedPacket(`packet type ${first >> 4} with flags ${first & 0x0f}`);
}

function decodePublish(flags: number, r: Reader): Packet {
  const qos = (flags >> 1) & 3;
  if (qos > 1) throw new MalformedPacket(`QoS ${qos}, though 1 is the highest that was asked for`);
  const topic = r.string();
  if (topic === "" || /[+#\0]/.test(topic)) throw new MalformedPacket(`topic ${JSON.stringify(topic)}`);
  const id = qos === 1 ? r.id() : 0;
  return { type: "publish", topic, payload: r.remaining(), qos: qos as 0 | 1, id };
}
