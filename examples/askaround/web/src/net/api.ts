// The HTTP API, as api/askaround/openapi.yaml has it.

import type { LatLng } from "../geo/geo.ts";
import * as decode from "../model/decode.ts";
import type { Answer, HeatPart, Kind, Live, Operation, Question } from "../model/types.ts";
import type { Order } from "../model/store.ts";
import type { Tokens } from "./token.ts";

/** The server refused, with a problem document (RFC 9457) where it sent one. */
export class ApiError extends Error {
  override name = "ApiError";
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** The server could not be reached, or did not answer in time. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

/** How long a request may take. */
const patience = 15_000;

export interface Area {
  at: LatLng;
  radius: number; // metres
}

export class Api {
  constructor(private readonly tokens: Tokens, private readonly fetcher: typeof fetch) {}

  async live(area: Area): Promise<Live> {
    return decode.live(await this.json("GET", "live?" + areaQuery(area)));
  }

  async questions(area: Area, order: Order, limit: number, cursor?: string): Promise<{ items: Question[]; nextCursor: string | undefined }> {
    const query = areaQuery(area);
    query.set("order", order);
    query.set("limit", String(limit));
    if (cursor !== undefined) query.set("cursor", cursor);
    return decode.page(await this.json("GET", "questions?" + query));
  }

  async question(id: string): Promise<{ question: Question; heat: HeatPart[] }> {
    return decode.detail(await this.json("GET", `questions/${encodeURIComponent(id)}`));
  }

  /** The caller's own answer; undefined where there is none. */
  async ownAnswer(id: string): Promise<Answer | undefined> {
    try {
      return decode.answer(await this.json("GET", `questions/${encodeURIComponent(id)}/answer`));
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  // The writes take a key: repeated with it they take effect once.

  async ask(text: string, kind: Kind, location: LatLng, key: string): Promise<Operation> {
    return decode.operation(await this.json("POST", "questions", { text, kind, location }, { "Idempotency-Key": key }));
  }

  async answer(id: string, value: Answer, key: string): Promise<Operation> {
    return decode.operation(await this.json("PUT", `questions/${encodeURIComponent(id)}/answer`, value, { "Idempotency-Key": key }));
  }

  async withdraw(id: string, key: string): Promise<Operation> {
    return decode.operation(await this.json("DELETE", `questions/${encodeURIComponent(id)}/answer`, undefined, { "Idempotency-Key": key }));
  }

  async operation(id: string): Promise<Operation> {
    return decode.operation(await this.json("GET", `operations/${encodeURIComponent(id)}`));
  }

  private async json(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<unknown> {
    let token = await this.tokens.get();
    let response = await this.send(method, path, token, body, headers);
    if (response.status === 401) { // expired, say: once more with a new one
      this.tokens.refused(token);
      token = await this.tokens.get();
      response = await this.send(method, path, token, body, headers);
    }
    if (!response.ok) throw await problem(response);
    return response.json();
  }

  private async send(method: string, path: string, token: string, body?: unknown, headers?: Record<string, string>): Promise<Response> {
    const init: RequestInit = {
      method,
      headers: { ...headers, Authorization: `Bearer ${token}`, Accept: "application/json" },
      signal: AbortSignal.timeout(patience),
      cache: "no-store",
    };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { ...init.headers, "Content-Type": "application/json" };
    }
    try {
      return await this.fetcher(path, init);
    } catch {
      throw new Unreachable("The server cannot be reached.");
    }
  }
}

function areaQuery(area: Area): URLSearchParams {
  return new URLSearchParams({
    lat: area.at.lat.toFixed(6),
    lng: area.at.lng.toFixed(6),
    radius: String(Math.round(area.radius * 100) / 100),
  });
}

/** The best text of a problem document for people. */
async function problem(response: Response): Promise<ApiError> {
  let text = `The server answered ${response.status}.`;
  try {
    const p = (await response.json()) as { title?: unknown; detail?: unknown; errors?: unknown };
    const parts = Array.isArray(p.errors) ? p.errors.map((e: { detail?: unknown }) => e?.detail).filter((d) => typeof d === "string") : [];
    if (parts.length > 0) text = parts.join("; ");
    else if (typeof p.detail === "string" && p.detail !== "") text = p.detail;
    else if (typeof p.title === "string" && p.title !== "") text = p.title;
  } catch {
    // no document: the status must do
  }
  return new ApiError(response.status, text);
}
