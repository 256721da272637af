// One MQTT connection over a WebSocket, for listening. It does not reconnect:
// that is up to net/connection.ts.

import * as packets from "./packets.ts";

/** What of a WebSocket is used; tests bring their own. */
export interface Socket {
  binaryType: string;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
  onopen: ((e: any) => void) | null;
  onmessage: ((e: any) => void) | null;
  onclose: ((e: any) => void) | null;
  onerror: ((e: any) => void) | null;
}

export interface ClientOptions {
  clientId: string;
  username: string;
  password: string;
  keepAlive: number; // seconds
  onConnect(): void;
  /** codes[i] is the granted QoS of filters[i], or 0x80 where it was refused. */
  onSubscribed(filters: readonly string[], codes: readonly number[]): void;
  onMessage(topic: string, payload: Uint8Array): void;
  /** Called once, with what ended the connection. */
  onClose(reason: CloseReason): void;
}

export type CloseReason =
  | { kind: "refused"; returnCode: number } // CONNACK
  | { kind: "protocol"; detail: string }
  | { kind: "silent" } // no answer to CONNECT, SUBSCRIBE or PINGREQ in time
  | { kind: "closed" }; // by the server, the network, or close()

/** The broker's packets are at most 128 KB of payload with topic and header. */
const maxPacket = 128 * 1024 + 1024;

/** How long the server may take to answer. */
const answerTimeout = 10_000;

type Timer = ReturnType<typeof setTimeout>;

export class Client {
  private readonly decoder = new packets.Decoder(maxPacket);
  private readonly pending = new Map<number, readonly string[]>(); // SUBSCRIBEs by packet id
  private lastId = 0;
  private connected = false;
  private over = false;
  private ping: Timer | undefined;
  private awaiting: Timer | undefined;

  constructor(private readonly socket: Socket, private readonly options: ClientOptions) {
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.send(packets.connect(options));
    socket.onmessage = (e: { data: unknown }) => this.receive(e.data);
    socket.onclose = () => this.end({ kind: "closed" });
    socket.onerror = () => undefined; // onclose follows
    this.expectAnswer();
  }

  /** Subscribes; any number of filters. Only once connected. */
  subscribe(filters: readonly string[]): void {
    for (const some of chunks(filters)) {
      const id = this.nextId();
      this.pending.set(id, some);
      this.send(packets.subscribe(id, some));
      this.expectAnswer();
    }
  }

  unsubscribe(filters: readonly string[]): void {
    for (const some of chunks(filters)) this.send(packets.unsubscribe(this.nextId(), some));
  }

  /** Asks for an answer now, to find out whether the connection is alive. */
  probe(): void {
    if (!this.connected || this.over) return;
    this.send(packets.pingreq);
    this.expectAnswer();
  }

  close(): void {
    if (this.connected) this.send(packets.disconnect);
    this.end({ kind: "closed" });
  }

  private send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.over) return;
    this.socket.send(bytes);
    clearTimeout(this.ping);
    this.ping = setTimeout(() => this.probe(), (this.options.keepAlive * 1000) / 2);
  }

  private expectAnswer(): void {
    this.awaiting ??= setTimeout(() => this.end({ kind: "silent" }), answerTimeout);
  }

  private answered(): void {
    clearTimeout(this.awaiting);
    this.awaiting = undefined;
    if (this.pending.size > 0) this.expectAnswer();
  }

  private receive(data: unknown): void {
    if (this.over) return;
    try {
      if (!(data instanceof ArrayBuffer)) throw new packets.MalformedPacket("a text message");
      for (const p of this.decoder.push(new Uint8Array(data))) {
        if (this.over) return; // a handler closed
        this.handle(p);
      }
    } catch (error) {
      if (!(error instanceof packets.MalformedPacket)) throw error;
      this.end({ kind: "protocol", detail: error.message });
    }
  }

  private handle(p: packets.Packet): void {
    if ((p.type === "connack") === this.connected) throw new packets.MalformedPacket(`${p.type} out of turn`);
    switch (p.type) {
      case "connack":
        if (p.returnCode !== 0) return this.end({ kind: "refused", returnCode: p.returnCode });
        this.connected = true;
        this.answered();
        return this.options.onConnect();
      case "suback": {
        const filters = this.pending.get(p.id);
        if (!filters || filters.length !== p.codes.length) throw new packets.MalformedPacket("a SUBACK that answers nothing");
        this.pending.delete(p.id);
        this.answered();
        return this.options.onSubscribed(filters, p.codes);
      }
      case "publish":
        // First the handler, then the acknowledgement: what was not handled is not
        // acknowledged.
        this.options.onMessage(p.topic, p.payload);
        if (p.qos === 1) this.send(packets.puback(p.id));
        return;
      case "pingresp":
        return this.answered();
      case "unsuback":
        return;
    }
  }

  private end(reason: CloseReason): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.ping);
    clearTimeout(this.awaiting);
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.options.onClose(reason);
  }

  /** A packet id that no SUBSCRIBE waits under. */
  private nextId(): number {
    do this.lastId = (this.lastId % 0xffff) + 1;
    while (this.pending.has(this.lastId));
    return this.lastId;
  }
}

function* chunks(filters: readonly string[]): Generator<readonly string[]> {
  for (let i = 0; i < filters.length; i += packets.maxFilters) yield filters.slice(i, i + packets.maxFilters);
}
