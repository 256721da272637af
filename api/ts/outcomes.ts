// What became of accepted requests: told, or asked for where nothing is told.

import type { components } from "./askaround.gen.ts";
import { Problem } from "./errors.ts";
import { sleep, type CallOptions } from "./transport.ts";

type Operation = components["schemas"]["Operation"];

/** The operation failed; the message is for people. */
export class OperationFailed extends Error {
  override readonly name = "OperationFailed";
  /** The reason, for programs. */
  readonly code: components["schemas"]["FailureCode"] | undefined;
  constructor(readonly operation: Operation) {
    super(operation.failure?.detail ?? "It did not work.");
    this.code = operation.failure?.code;
  }
}

/** Nobody said in time what became of the request; it may still succeed. */
export class Undecided extends Error {
  override readonly name = "Undecided";
  constructor() {
    super("No answer yet. It may still arrive.");
  }
}

export interface OutcomeOptions extends CallOptions {
  /** How long to wait, in milliseconds. Default: as long as the signal lets it. */
  patience?: number;
}

interface Waiting {
  settle(how: () => void): void;
  done(o: Operation): void;
  fail(error: unknown): void;
}

/** When to ask, in milliseconds after the time before; the last goes on. */
const schedule = [1000, 2000, 4000, 8000, 15_000, 30_000];

/** Outcomes that arrived before anybody waited for them are kept, this many. */
const early = 100;

/** Between two attempts to follow the news, in milliseconds. */
const pause = 5000;

export class Outcomes {
  private readonly waiting = new Map<string, Set<Waiting>>();
  private readonly known = new Map<string, Operation>();
  private following: AbortController | undefined;

  /** follow tells news until its signal ends it; undefined where the program tells. */
  constructor(private readonly ask: (id: string, options: CallOptions) => Promise<Operation>, private readonly follow?: (signal: AbortSignal) => Promise<void>) {}

  of(o: Operation, options: OutcomeOptions): Promise<Operation> {
    const known = o.status === "pending" ? this.known.get(o.id) : o;
    this.known.delete(o.id);
    if (known) return known.status === "failed" ? Promise.reject(new OperationFailed(known)) : Promise.resolve(known);
    return new Promise((done, fail) => this.wait(o.id, options, done, fail));
  }

  private wait(id: string, { signal, patience }: OutcomeOptions, done: (o: Operation) => void, fail: (error: unknown) => void): void {
    if (signal?.aborted) return fail(signal.reason);
    const polling = new AbortController();
    const all = this.waiting.get(id) ?? new Set<Waiting>();
    const abort = () => waiting.fail(signal?.reason);
    const timer = patience === undefined ? undefined : setTimeout(() => waiting.fail(new Undecided()), patience);
    const waiting: Waiting = {
      settle: (how) => {
        if (!all.delete(waiting)) return;
        if (all.size === 0) this.waiting.delete(id);
        if (this.waiting.size === 0) this.following?.abort();
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        polling.abort();
        how();
      },
      done: (o) => waiting.settle(() => (o.status === "failed" ? fail(new OperationFailed(o)) : done(o))),
      fail: (error) => waiting.settle(() => fail(error)),
    };
    this.waiting.set(id, all.add(waiting));
    signal?.addEventListener("abort", abort, { once: true });
    this.startFollowing();
    void this.pollOnAndOn(id, polling.signal, waiting);
  }

  /** Takes an outcome. */
  told(o: Operation): void {
    if (o.status === "pending") return;
    const waiting = this.waiting.get(o.id);
    if (waiting) {
      for (const w of [...waiting]) w.done(o);
      return;
    }
    // The news may overtake the answer to the request itself.
    this.known.set(o.id, o);
    for (const id of this.known.keys()) {
      if (this.known.size <= early) break;
      this.known.delete(id);
    }
  }

  /** Asks at once for all that are open: what happened before is not told. */
  resumed(): void {
    for (const [id, all] of this.waiting) for (const w of all) void this.poll(id, undefined, w);
  }

  private startFollowing(): void {
    if (!this.follow || this.following) return;
    const control = (this.following = new AbortController());
    void this.followOnAndOn(this.follow, control.signal).finally(() => {
      this.following = undefined;
      if (this.waiting.size > 0 && control.signal.aborted) this.startFollowing(); // somebody came while it ended
    });
  }

  private async followOnAndOn(follow: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await follow(signal);
      } catch (error) {
        if (error instanceof Problem && isFinal(error)) return; // asking must do
      }
      await sleep(pause, signal).catch(() => undefined);
    }
  }

  private async pollOnAndOn(id: string, signal: AbortSignal, waiting: Waiting): Promise<void> {
    for (let step = 0; !signal.aborted; step++) {
      await sleep(schedule[Math.min(step, schedule.length - 1)]!, signal).catch(() => undefined);
      if (!signal.aborted) await this.poll(id, signal, waiting);
    }
  }

  private async poll(id: string, signal: AbortSignal | undefined, waiting: Waiting): Promise<void> {
    try {
      const o = await this.ask(id, signal ? { signal } : {});
      if (o.status !== "pending") waiting.done(o);
    } catch (error) {
      // Else the next poll, or the news, will say.
      if (error instanceof Problem && isFinal(error)) waiting.fail(error);
    }
  }
}

/** Asking again is of no use. */
function isFinal(p: Problem): boolean {
  return p.kind !== "unavailable" && p.kind !== "rateLimited";
}
