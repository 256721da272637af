// What became of accepted requests: told on the account's topic, or asked for where
// the topic is silent.

import type { Operation } from "../model/types.ts";

type Timer = ReturnType<typeof setTimeout>;

/** Nobody said in time what became of the request; it may still succeed. */
export class Undecided extends Error {
  override name = "Undecided";
}

interface Waiting {
  done(o: Operation): void;
  fail(error: Error): void;
  timer: Timer | undefined;
}

/** When to ask, in milliseconds after the one before; then give up. */
const schedule = [1000, 2000, 4000, 8000, 15_000, 30_000];

/** Outcomes that arrived before anybody waited for them are kept, this many. */
const early = 100;

export class Operations {
  private readonly waiting = new Map<string, Waiting>();
  private readonly known = new Map<string, Operation>();

  constructor(private readonly ask: (id: string) => Promise<Operation>) {}

  /** The outcome of an operation: succeeded or failed. Rejects with Undecided. */
  outcome(o: Operation): Promise<Operation> {
    const known = o.status === "pending" ? this.known.get(o.id) : o;
    this.known.delete(o.id);
    if (known) return Promise.resolve(known);
    return new Promise((done, fail) => {
      this.waiting.set(o.id, { done, fail, timer: undefined });
      this.pollLater(o.id, 0);
    });
  }

  /** Takes what the account's topic says. */
  told(o: Operation): void {
    if (o.status === "pending") return;
    const waiting = this.waiting.get(o.id);
    if (waiting) return this.settle(o.id, waiting, () => waiting.done(o));
    // The message may overtake the answer to the request itself.
    this.known.set(o.id, o);
    for (const id of this.known.keys()) {
      if (this.known.size <= early) break;
      this.known.delete(id);
    }
  }

  /** Asks at once for all that are open: after a reconnection their messages may be lost. */
  refresh(): void {
    for (const id of [...this.waiting.keys()]) void this.poll(id);
  }

  private pollLater(id: string, step: number): void {
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    const wait = schedule[step];
    if (wait === undefined) {
      const error = new Undecided("No answer yet. It may still arrive.");
      return this.settle(id, waiting, () => waiting.fail(error));
    }
    waiting.timer = setTimeout(() => void this.poll(id).then(() => this.pollLater(id, step + 1)), wait);
  }

  private async poll(id: string): Promise<void> {
    try {
      const o = await this.ask(id);
      if (this.waiting.has(id)) this.told(o);
    } catch {
      // the next poll, or the topic, will say
    }
  }

  private settle(id: string, waiting: Waiting, how: () => void): void {
    clearTimeout(waiting.timer);
    this.waiting.delete(id);
    how();
  }
}
