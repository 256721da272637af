// Server-sent events over fetch, which, unlike EventSource, sends a token.

import type { Transport } from "./transport.ts";
import { sleep } from "./transport.ts";

/** An event as the HTML standard has it. */
export interface ServerSentEvent {
  /** Of this event, or of the last one that had any. */
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

/** Takes a stream of events apart (HTML standard, section 9.2.6). */
export class EventParser {
  /** What to resume from. */
  lastId: string;
  private id: string;
  private rest = "";
  private type = "";
  private data: string[] = [];
  private begun = false;

  constructor(lastId = "") {
    this.lastId = this.id = lastId;
  }

  /** The events that end in this part of the stream. */
  push(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    let all = this.rest + text;
    if (!this.begun && all !== "") {
      this.begun = true;
      if (all.startsWith("\ufeff")) all = all.slice(1);
    }
    // A CR at the very end may be half of a CRLF.
    const lines = all.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop()!;
    for (const line of lines) {
      if (line !== "") this.field(line);
      else this.dispatch(events);
    }
    return events;
  }

  private field(line: string): void {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "event") this.type = value;
    else if (name === "data") this.data.push(value);
    else if (name === "id" && !value.includes("\0")) this.id = value;
  }

  private dispatch(events: ServerSentEvent[]): void {
    this.lastId = this.id;
    if (this.data.length > 0) events.push({ id: this.id, type: this.type || "message", data: this.data.join("\n") });
    this.type = "";
    this.data = [];
  }
}

/** How long a stream may say nothing, in milliseconds: its server says three times in that time that it is there. */
const silence = 45_000;

export interface Following {
  path: string;
  query?: object;
  lastId?: string;
  signal?: AbortSignal;
  /** A connection stands; resumed says that it goes on after the last event. */
  opened?: (resumed: boolean) => void;
}

/**
 * The events of a stream, over as many connections as it takes. Throws what the server refuses
 * it with, Unreachable when as many connections in a row as requests have attempts brought
 * nothing, and the signal's reason.
 */
export async function* follow(transport: Transport, f: Following): AsyncGenerator<ServerSentEvent, void, undefined> {
  let lastId = f.lastId ?? "";
  for (let failures = 0; ; ) {
    const control = new AbortController();
    const abort = () => control.abort(f.signal?.reason);
    if (f.signal?.aborted) throw f.signal.reason;
    f.signal?.addEventListener("abort", abort, { once: true });
    const parser = new EventParser(lastId);
    let some = false, watch: ReturnType<typeof setTimeout> | undefined;
    try {
      const response = await transport.send({ method: "GET", path: f.path, query: f.query ?? {}, after: lastId, signal: control.signal });
      f.opened?.(lastId !== "");
      const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
      const reader = response.body!.getReader();
      for (;;) {
        clearTimeout(watch);
        watch = setTimeout(() => control.abort(new Error("a stream fell silent")), silence);
        const part = await reader.read().catch((error: unknown) => {
          if (f.signal?.aborted) throw f.signal.reason;
          void error; // the connection broke: as good as an end
          return { done: true as const, value: undefined };
        });
        if (part.done) break;
        some = true;
        const events = parser.push(decoder.decode(part.value, { stream: true }));
        lastId = parser.lastId;
        yield* events;
      }
    } finally {
      clearTimeout(watch);
      f.signal?.removeEventListener("abort", abort);
      control.abort(); // the caller may have broken off
    }
    failures = some ? 1 : failures + 1;
    if (failures >= transport.attempts) throw new Error("The stream of events ends again and again.");
    await sleep(transport.wait(failures), f.signal);
  }
}
