// What goes wrong with a call, as classes to tell apart with instanceof.

/** What kind of problem it is. */
export type Kind = "invalid" | "unauthorized" | "forbidden" | "notFound" | "conflict" | "rateLimited" | "unavailable";

/** One part of a request that is at fault: where in the body, or which parameter or header. */
export interface ProblemPart {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly header?: string;
  readonly detail: string;
}

/** A problem document (RFC 9457). */
export interface ProblemDocument<Type extends string> {
  type: Type;
  title: string;
  detail?: string;
  instance?: string;
  errors?: ProblemPart[];
}

/**
 * The server, or something before it, refused. Type is the union of the contract's types;
 * "about:blank" where the response is no problem document. The message is for people.
 */
export class Problem<Type extends string = string> extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly type: Type | "about:blank";
  readonly title: string;
  readonly detail: string | undefined;
  readonly instance: string | undefined;
  readonly errors: readonly ProblemPart[];
  /** Milliseconds to wait before asking again, where the server said so. */
  readonly retryAfter: number | undefined;

  constructor(status: number, document?: ProblemDocument<Type>, retryAfter?: number) {
    const errors = document?.errors ?? [];
    super(errors.map((e) => e.detail).join("; ") || document?.detail || document?.title || `The server answered ${status}.`);
    this.status = status;
    this.type = document?.type ?? "about:blank";
    this.title = document?.title ?? "";
    this.detail = document?.detail;
    this.instance = document?.instance;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }

  get kind(): Kind {
    if (this.type.endsWith(":idempotency-key-reused")) return "conflict";
    switch (this.status) {
      case 401: return "unauthorized";
      case 403: return "forbidden";
      case 404: case 410: return "notFound";
      case 409: case 412: return "conflict";
      case 429: return "rateLimited";
      case 408: return "unavailable";
    }
    return this.status >= 500 ? "unavailable" : "invalid";
  }
}

/** No answer came. Of a write nothing is known, except that it takes effect once if it is repeated with its key. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
  constructor(cause: unknown) {
    super("The server cannot be reached.", { cause });
  }
}

/** The problem that a response is. */
export async function problemOf(response: Response, now: number): Promise<Problem> {
  let document: ProblemDocument<string> | undefined;
  try {
    const v: unknown = await response.json();
    if (isProblem(v)) document = v;
  } catch {
    // no document: the status must do
  }
  return new Problem(response.status, document, retryAfter(response, now));
}

function isProblem(v: unknown): v is ProblemDocument<string> {
  const text = (t: unknown) => typeof t === "string";
  if (typeof v !== "object" || v === null) return false;
  const p = v as Record<string, unknown>;
  const parts = p.errors ?? [];
  return text(p.title) && text(p.type ??= "about:blank") && (p.detail === undefined || text(p.detail)) &&
    Array.isArray(parts) && parts.every((e: unknown) => typeof e === "object" && e !== null && "detail" in e && text(e.detail));
}

/** Retry-After in milliseconds: seconds, or a date. undefined where there is none. */
export function retryAfter(response: Response, now: number): number | undefined {
  const value = response.headers.get("Retry-After")?.trim();
  if (!value) return undefined;
  if (/^[0-9]+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
