// Keeps the store in step with the server: subscribes first, then reads, so that
// what happens in between arrives twice rather than never (the store merges by
// version).

import type { Topic } from "../../../../../api/ts/topics.gen.ts";
import type { Live, Message, Operation } from "../model/types.ts";
import { type Store, type Change, type Order } from "../model/store.ts";
import * as decode from "../model/decode.ts";
import type { Api, Area } from "./api.ts";
import { Connection, type ConnectionState } from "./connection.ts";
import type { Socket } from "../mqtt/client.ts";

/** Subscriptions that AWS IoT, and the local broker, grant to a connection. */
export const maxSubscriptions = 50;

/** Questions of a page, and pages that are read in a row after a break. */
const pageSize = 50, maxPages = 20;

/** As many questions are read one by one; more by the list. */
const few = 6;

/** How long to wait for more SUBACKs, in milliseconds. */
const gathering = 50;

export interface SyncOptions {
  api: Pick<Api, "live" | "questions" | "question">;
  store: Store;
  open(endpoints: readonly string[]): Socket;
  token(): Promise<string>;
  tokenRefused(token: string): void;
  /** Tells the connections of one account apart. */
  instance: string;
  onState(state: ConnectionState): void;
  onChanges(changes: readonly Change[], live: boolean): void;
  onOperation(o: Operation): void;
  onNotice(text: string): void;
  /** A list was read: whether there are more questions than the store has. */
  onRead(more: boolean): void;
  onError(error: unknown): void;
  /** The area's topics are in force, at first or after a break. */
  onResumed(): void;
}

export class Sync {
  private area: Area | undefined;
  private order: Order = "newest";
  private live: Live | undefined;
  private cursor: string | null | undefined; // of the next page; undefined before the first was read, null after the last
  private seen: readonly string[] = []; // ids of questions, the most wanted first
  private open: readonly string[] = []; // those of them whose heat is shown
  private generation = 0; // of areas: what was asked for an earlier one is dropped
  private ready = false; // the area's topics are in force
  private readonly settled = new Set<string>(); // topics that the server has answered
  private readonly unread = new Set<string>(); // questions followed since, but not read since
  private reading: ReturnType<typeof setTimeout> | undefined;
  private readonly connection: Connection;

  constructor(private readonly options: SyncOptions) {
    this.connection = new Connection({
      open: () => options.open(this.live!.endpoints),
      token: options.token,
      tokenRefused: options.tokenRefused,
      clientId: () => this.live!.clientId(options.instance),
      onState: (state) => {
        if (state.kind !== "live") {
          this.ready = false;
          this.settled.clear();
          this.unread.clear(); // all will be, when the topics are in force again
        }
        options.onState(state);
      },
      onSubscribed: (granted, refused) => this.subscribed(granted, refused),
      onMessage: (_, payload) => this.message(payload),
    });
  }

  /** Moves to an area: other topics, another list. Reads the list again where it is there already. */
  async move(area: Area, order: Order): Promise<void> {
    const generation = ++this.generation;
    this.area = area;
    this.order = order;
    this.ready = false;
    this.cursor = undefined;
    this.seen = this.open = [];
    this.unread.clear();
    try {
      const live = await this.options.api.live(area);
      if (generation !== this.generation) return;
      const first = this.live === undefined;
      this.live = live;
      this.want();
      if (first) this.connection.start();
      else this.checkReady(); // the topics may be the same
      // Without waiting for the connection: a list that is early is better than none.
      // It is read again when the topics are in force.
      await this.read();
    } catch (error) {
      if (generation === this.generation) this.options.onError(error);
    }
  }

  /** Another order of the same area. */
  async reorder(order: Order): Promise<void> {
    this.order = order;
    this.cursor = undefined;
    await this.read();
  }

  /** Reads the next page of the list. */
  async more(): Promise<void> {
    if (this.cursor) await this.read(this.cursor);
  }

  /**
   * Says which questions are seen, the most wanted first, of which as many as fit
   * are followed; and which are open, so that their heat is wanted as well.
   */
  watch(seen: readonly string[], open: readonly string[]): void {
    this.seen = seen;
    this.open = open;
    if (this.live) this.want();
  }

  /** Tries to connect now. */
  retry(): void {
    if (this.live) this.connection.start();
    else if (this.area) void this.move(this.area, this.order);
  }

  /** The machine woke up, or is on a network again. */
  wake(): void {
    this.connection.wake();
  }

  /** The token is another: another account, another topic. */
  async signIn(): Promise<void> {
    this.connection.stop("Signing in");
    this.live = undefined;
    if (this.area) await this.move(this.area, this.order);
  }

  /** Reads one question, with its heat, into the store. */
  async refresh(id: string): Promise<void> {
    const generation = this.generation;
    try {
      const { question, heat } = await this.options.api.question(id);
      if (generation !== this.generation) return;
      this.changed([this.options.store.put(question), ...heat.map((part) => this.options.store.putHeat(id, part))], false);
    } catch (error) {
      if (generation === this.generation) this.options.onError(error);
    }
  }

  private base(): Topic[] {
    const { geo, account, system } = this.live!.topics;
    return [account, system, ...geo];
  }

  /** The questions whose topics fit into the connection beside the area's. */
  private followed(): readonly string[] {
    return this.seen.slice(0, Math.max(0, maxSubscriptions - this.base().length));
  }

  private questionTopic(id: string): Topic {
    return this.live!.topics.question(id);
  }

  private want(): void {
    const topics = new Set([...this.base(), ...this.followed().map((id) => this.questionTopic(id))]);
    const names: ReadonlySet<string> = topics;
    for (const t of this.settled) if (!names.has(t)) this.settled.delete(t);
    this.connection.want(topics);
  }

  private subscribed(granted: readonly string[], refused: readonly string[]): void {
    for (const t of [...granted, ...refused]) this.settled.add(t);
    if (refused.length > 0) this.options.onError(new Error(`The server refused ${refused.length} live topics.`));
    if (!this.ready) return this.checkReady();
    // Questions that came into view: what moved before their topic was in force must
    // be read. Their SUBACKs come in several packets, so wait for more.
    const fresh = new Set(granted);
    for (const id of this.followed()) if (fresh.has(this.questionTopic(id))) this.unread.add(id);
    if (this.unread.size > 0) this.reading ??= setTimeout(() => void this.readAgain(), gathering);
  }

  /** Reads the questions that wait for it: many by the list, as far as it goes, and the rest one by one. */
  private async readAgain(): Promise<void> {
    const generation = this.generation, ids = [...this.unread];
    this.reading = undefined;
    this.unread.clear();
    const listed = new Set(ids.length > few ? (await this.read())?.ids : []);
    if (generation !== this.generation) return;
    for (const id of ids) if (!listed.has(id) || this.open.includes(id)) void this.refresh(id);
  }

  private checkReady(): void {
    if (this.ready || !this.base().every((t) => this.settled.has(t))) return;
    this.ready = true;
    this.options.onResumed();
    void this.catchUp();
  }

  /** Reads what may have been missed: new questions, and what moved of those that are followed. */
  private async catchUp(): Promise<void> {
    const generation = this.generation;
    const read = new Set<string>();
    let cursor: string | undefined;
    for (let n = 0; n < maxPages; n++) {
      const page = await this.read(cursor);
      if (!page || generation !== this.generation) return;
      for (const id of page.ids) read.add(id);
      cursor = page.next;
      if (cursor === undefined || page.known) break; // what is further down was read before
    }
    for (const id of this.followed()) if (!read.has(id) || this.open.includes(id)) void this.refresh(id);
  }

  /** Reads a page of the list; undefined where that failed. known says that it held questions that were there before. */
  private async read(cursor?: string): Promise<{ ids: string[]; next: string | undefined; known: boolean } | undefined> {
    const generation = this.generation;
    const { api, store } = this.options;
    try {
      const { items, nextCursor } = await api.questions(this.area!, this.order, pageSize, cursor);
      if (generation !== this.generation) return undefined;
      if (cursor === this.cursor) this.cursor = nextCursor ?? null; // the furthest page so far
      const known = items.some((q) => store.get(q.id) !== undefined);
      this.changed(items.map((q) => store.put(q)), false);
      this.options.onRead(typeof this.cursor === "string");
      return { ids: items.map((q) => q.id), next: nextCursor, known };
    } catch (error) {
      if (generation === this.generation) this.options.onError(error);
      return undefined;
    }
  }

  private message(payload: Uint8Array): void {
    let m: Message | undefined;
    try {
      m = decode.message(new TextDecoder().decode(payload));
    } catch (error) {
      if (!(error instanceof decode.DecodeError)) throw error;
      return; // of a later version, perhaps; not worth the connection
    }
    if (!m) return;
    if (m.type === "operation") return this.options.onOperation(m.operation);
    if (m.type === "notice") return this.options.onNotice(m.text);
    this.changed([this.options.store.apply(m)], true);
  }

  private changed(changes: readonly (Change | undefined)[], live: boolean): void {
    const real = changes.filter((c) => c !== undefined);
    if (real.length > 0) this.options.onChanges(real, live);
  }
}
