// Sends requests, as often as the options and the server allow. A request that could take
// effect twice is never repeated: only a read, a PUT, a DELETE, one with an idempotency
// key, or one that its contract declares harmless.

import { Problem, problemOf, Unreachable } from "./errors.ts";

export interface ClientOptions {
  /** The bearer token, or what returns it for each request. */
  token?: string | (() => string | Promise<string>);
  /** The server refused this token: the next one should be another. May throw. */
  tokenRefused?: (token: string) => void;
  /** Default: the global fetch. */
  fetch?: typeof fetch;
  /** How often a request is sent at most. Default 4. */
  attempts?: number;
  /** Bounds the first wait of a request that failed, in milliseconds; doubles. Default 250. */
  backoff?: number;
  /** Bounds each wait, in milliseconds: who is asked to wait longer gives up. Default 30,000. */
  maxWait?: number;
  /** Bounds one attempt, in milliseconds. Default 15,000. */
  timeout?: number;
  /** From 0 up to 1. Default Math.random. */
  random?: () => number;
}

/** Options of every call. */
export interface CallOptions {
  signal?: AbortSignal;
}

/** Options of a write. */
export interface WriteOptions extends CallOptions {
  /** The idempotency key, for who repeats a call after a crash. Default: a new one for each call. */
  key?: string;
}

export interface Call extends CallOptions {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  query?: object;
  body?: unknown;
  key?: string;
  /** The contract says that a second request changes nothing. */
  harmless?: boolean;
  /** Wants a stream of events, resuming after this one unless that is "". */
  after?: string;
}

const transient: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504]);

export class Transport {
  private readonly base: string;

  constructor(baseURL: string, private readonly options: ClientOptions) {
    this.base = baseURL === "" || baseURL.endsWith("/") ? baseURL : baseURL + "/";
    for (const n of [options.attempts ?? 1, options.backoff ?? 1, options.maxWait ?? 1, options.timeout ?? 1]) {
      if (!(n > 0)) throw new RangeError("a count or a duration is not positive");
    }
  }

  get attempts(): number {
    return this.options.attempts ?? 4;
  }

  /** The response of a call that succeeded. Throws Problem, Unreachable, or the signal's reason. */
  async send(call: Call): Promise<Response> {
    const repeatable = call.method !== "POST" || call.key !== undefined || call.harmless === true;
    for (let attempt = 1; ; attempt++) {
      let failed: Problem | Unreachable;
      try {
        return await this.authorized(call);
      } catch (error) {
        if (!(error instanceof Problem || error instanceof Unreachable)) throw error;
        failed = error;
      }
      const wait = this.next(attempt, failed);
      if (!repeatable || wait === undefined) throw failed;
      await sleep(wait, call.signal);
    }
  }

  /** How long to wait before another attempt; undefined where there is to be none. */
  private next(attempt: number, failed: Problem | Unreachable): number | undefined {
    const { backoff = 250, maxWait = 30_000 } = this.options;
    if (attempt >= this.attempts) return undefined;
    const asked = failed instanceof Problem ? failed.retryAfter : undefined;
    // A conflict that stays names no time.
    if (failed instanceof Problem && !transient.has(failed.status) && !(failed.status === 409 && asked !== undefined)) return undefined;
    if (asked === undefined) return this.wait(attempt);
    // Not earlier than asked, and not everybody at the same moment.
    return asked > maxWait ? undefined : asked + this.random() * Math.min(asked / 4, backoff);
  }

  /** The wait after that many failures in a row: a random part of a bound that doubles. */
  wait(failures: number): number {
    const { backoff = 250, maxWait = 30_000 } = this.options;
    return this.random() * Math.min(maxWait, backoff * 2 ** (failures - 1));
  }

  private random(): number {
    return (this.options.random ?? Math.random)();
  }

  /** Sends with a token, once more where the server refuses that one and there is another. */
  private async authorized(call: Call): Promise<Response> {
    const token = await this.token();
    const response = await this.attempt(call, token);
    if (response.ok) return response;
    if (response.status === 401 && token !== undefined) {
      this.options.tokenRefused?.(token);
      const another = await this.token();
      if (another !== token) {
        const second = await this.attempt(call, another);
        if (second.ok) return second;
        throw await problemOf(second, Date.now());
      }
    }
    throw await problemOf(response, Date.now());
  }

  private async token(): Promise<string | undefined> {
    const { token } = this.options;
    return typeof token === "function" ? await token() : token;
  }

  /** One request with its whole response, but of a stream only its head. */
  private async attempt(call: Call, token: string | undefined): Promise<Response> {
    const control = new AbortController();
    const abort = () => control.abort(call.signal?.reason);
    if (call.signal?.aborted) throw call.signal.reason;
    call.signal?.addEventListener("abort", abort, { once: true });
    const timer = setTimeout(() => control.abort(new Error("no answer in time")), this.options.timeout ?? 15_000);
    try {
      const response = await (this.options.fetch ?? fetch)(this.base + call.path + queryOf(call.query), this.init(call, token, control.signal));
      if (call.after !== undefined && response.ok) return response; // the signal still ends it
      const body = response.status === 204 || response.status === 304 ? null : await response.arrayBuffer();
      return new Response(body, { status: response.status, headers: response.headers });
    } catch (error) {
      if (call.signal?.aborted) throw call.signal.reason;
      throw new Unreachable(error);
    } finally {
      clearTimeout(timer);
      if (call.after === undefined) call.signal?.removeEventListener("abort", abort);
    }
  }

  private init(call: Call, token: string | undefined, signal: AbortSignal): RequestInit {
    const headers: Record<string, string> = { Accept: call.after === undefined ? "application/json" : "text/event-stream" };
    if (token !== undefined) headers.Authorization = `Bearer ${token}`;
    if (call.key !== undefined) headers["Idempotency-Key"] = call.key;
    if (call.after) headers["Last-Event-ID"] = call.after;
    const init: RequestInit = { method: call.method, headers, signal, cache: "no-store" };
    if (call.body !== undefined) {
      headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(call.body);
    }
    return init;
  }
}

/** Members as a query; those that are undefined are left out, lists are joined by commas. */
function queryOf(query: object | undefined): string {
  const q = new URLSearchParams();
  for (const [name, v] of Object.entries(query ?? {})) if (v !== undefined) q.set(name, Array.isArray(v) ? v.join(",") : String(v));
  return q.size === 0 ? "" : "?" + q;
}

/** A new idempotency key. (crypto.randomUUID exists on https and localhost only.) */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

/** Waits, or throws the signal's reason. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    if (signal?.aborted) return fail(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      fail(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      done();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/** The items of all pages, reading as they are wanted. */
export async function* pages<T>(read: (cursor: string | undefined) => Promise<{ items: T[]; nextCursor?: string }>, cursor?: string): AsyncGenerator<T, void, undefined> {
  for (;;) {
    const page = await read(cursor);
    yield* page.items;
    if (page.nextCursor === undefined) return;
    cursor = page.nextCursor;
  }
}
