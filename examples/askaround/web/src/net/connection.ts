// A live connection that comes back: it keeps the wanted topics subscribed over as
// many MQTT connections as that takes.

import type { ClientId, Topic } from "../../../../../api/ts/topics.gen.ts";
import { Client, type CloseReason, type Socket } from "../mqtt/client.ts";

export type ConnectionState =
  | { kind: "connecting" }
  | { kind: "live" }
  | { kind: "waiting"; until: number } // milliseconds since 1970: the next attempt
  | { kind: "stopped"; why: string };

export interface ConnectionOptions {
  open(): Socket;
  token(): Promise<string>;
  /** The server refused the token. May throw: then the connection stops with the error's words. */
  tokenRefused(token: string): void;
  clientId(): ClientId;
  onState(state: ConnectionState): void;
  /** These topics are in force from now on, after a reconnection again; those are refused. */
  onSubscribed(granted: readonly string[], refused: readonly string[]): void;
  onMessage(topic: string, payload: Uint8Array): void;
  /** For tests; default Math.random. */
  random?(): number;
}

/** Waits between attempts, in milliseconds: doubling, with jitter, up to half a minute. */
export function backoff(failures: number, random: number): number {
  const most = Math.min(30_000, 500 * 2 ** Math.max(0, failures - 1));
  return Math.round(most / 2 + (most / 2) * random);
}

const keepAlive = 60; // seconds

export class Connection {
  private client: Client | undefined;
  private live = false;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private generation = 0; // of attempts: what an earlier one still says does not count
  private wanted = new Set<Topic>();
  private asked = new Set<Topic>(); // of the present connection

  constructor(private readonly options: ConnectionOptions) {}

  /** Connects now, whatever it was waiting for. */
  start(): void {
    this.drop();
    void this.attempt();
  }

  /** Ends it for good, or until start. */
  stop(why: string): void {
    this.drop();
    this.options.onState({ kind: "stopped", why });
  }

  /**
   * After the machine slept or changed networks a connection may be dead without
   * knowing: this finds out, and does not wait where it was waiting.
   */
  wake(): void {
    if (this.timer !== undefined) this.start();
    else this.client?.probe();
  }

  /** Replaces the topics to be subscribed to. */
  want(topics: Iterable<Topic>): void {
    this.wanted = new Set(topics);
    if (this.live) this.adjust();
  }

  private drop(): void {
    this.generation++;
    clearTimeout(this.timer);
    this.timer = undefined;
    const client = this.client;
    this.client = undefined;
    this.live = false;
    this.asked.clear();
    client?.close();
  }

  private async attempt(): Promise<void> {
    const generation = this.generation;
    this.options.onState({ kind: "connecting" });
    let token: string;
    try {
      token = await this.options.token();
    } catch (error) {
      if (generation === this.generation) this.retryOrStop(error);
      return;
    }
    if (generation !== this.generation) return;
    let socket: Socket;
    try {
      socket = this.options.open();
    } catch { // no address that a WebSocket can have
      return this.stop("This server offers no live connection for browsers.");
    }
    this.client = new Client(socket, {
      clientId: this.options.clientId(),
      username: "web",
      password: token,
      keepAlive,
      onConnect: () => {
        if (generation !== this.generation) return;
        this.live = true;
        this.failures = 0;
        this.options.onState({ kind: "live" });
        this.adjust();
      },
      onSubscribed: (filters, codes) => {
        if (generation !== this.generation) return;
        const refused = (_: string, i: number) => codes[i] === 0x80;
        this.options.onSubscribed(filters.filter((f, i) => !refused(f, i)), filters.filter(refused));
      },
      onMessage: (topic, payload) => {
        if (generation === this.generation) this.options.onMessage(topic, payload);
      },
      onClose: (reason) => {
        if (generation === this.generation) this.closed(reason, token);
      },
    });
  }

  private adjust(): void {
    const gone = [...this.asked].filter((t) => !this.wanted.has(t));
    const fresh = [...this.wanted].filter((t) => !this.asked.has(t));
    // First make room: the number of subscriptions is limited.
    if (gone.length > 0) this.client?.unsubscribe(gone);
    if (fresh.length > 0) this.client?.subscribe(fresh);
    this.asked = new Set(this.wanted);
  }

  private closed(reason: CloseReason, token: string): void {
    const unauthorized = reason.kind === "refused" && (reason.returnCode === 4 || reason.returnCode === 5);
    this.drop();
    try {
      if (unauthorized) this.options.tokenRefused(token);
    } catch (error) {
      return this.retryOrStop(error);
    }
    this.retry();
  }

  private retryOrStop(error: unknown): void {
    if (error instanceof Error && error.name === "NoToken") this.stop(error.message);
    else this.retry();
  }

  private retry(): void {
    const wait = backoff(++this.failures, (this.options.random ?? Math.random)());
    this.options.onState({ kind: "waiting", until: Date.now() + wait });
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.attempt();
    }, wait);
  }
}
