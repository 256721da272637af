// From JSON to the types of the model. What does not fit is a DecodeError: nothing
// behind this module meets a value of another type than it says.

import * as topic from "../../../../../api/ts/topics.gen.ts";
import { isPlace, type LatLng } from "../geo/geo.ts";
import type { Answer, HeatPart, Kind, Live, Message, Operation, Question, Summary } from "./types.ts";

export class DecodeError extends Error {
  override name = "DecodeError";
}

type Fields = Record<string, unknown>;

function fields(v: unknown, what: string): Fields {
  if (typeof v !== "object" || v === null || Array.isArray(v)) throw new DecodeError(`${what} is no object`);
  return v as Fields;
}

function list<T>(v: unknown, what: string, item: (v: unknown) => T): T[] {
  if (!Array.isArray(v)) throw new DecodeError(`${what} is no list`);
  return v.map(item);
}

function text(v: unknown, what: string): string {
  if (typeof v !== "string" || v === "") throw new DecodeError(`${what} is no text`);
  return v;
}

function number(v: unknown, what: string): number {
  if (typeof v !== "number" || !Number.isFinite(v)) throw new DecodeError(`${what} is no number`);
  return v;
}

function count(v: unknown, what: string): number {
  const n = number(v, what);
  if (!Number.isSafeInteger(n) || n < 0) throw new DecodeError(`${what} ${n} is no count`);
  return n;
}

function oneOf<T extends string>(v: unknown, what: string, ...allowed: T[]): T {
  const found = allowed.find((a) => a === v);
  if (found === undefined) throw new DecodeError(`${what} ${JSON.stringify(v)} is none of ${allowed.join(", ")}`);
  return found;
}

function time(v: unknown, what: string): number {
  const ms = Date.parse(text(v, what));
  if (Number.isNaN(ms)) throw new DecodeError(`${what} is no time`);
  return ms;
}

function place(v: unknown, what: string): LatLng {
  const f = fields(v, what);
  const p = { lat: number(f.lat, `${what}.lat`), lng: number(f.lng, `${what}.lng`) };
  if (!isPlace(p)) throw new DecodeError(`${what} is no place`);
  return p;
}

export function summary(v: unknown): Summary {
  const f = fields(v, "summary");
  const histogram = list(f.histogram, "histogram", (n) => count(n, "histogram"));
  if (histogram.length !== 11) throw new DecodeError(`a histogram of ${histogram.length}`);
  return {
    version: count(f.version, "version"),
    answers: count(f.answers, "answers"),
    sumHalfStars: count(f.sumHalfStars, "sumHalfStars"),
    histogram,
  };
}

export function question(v: unknown): Question {
  const f = fields(v, "question");
  return {
    id: questionId(f.id),
    text: text(f.text, "text"),
    kind: oneOf<Kind>(f.kind, "kind", "star", "geo"),
    location: place(f.location, "location"),
    radius: number(f.radius, "radius"),
    open: oneOf(f.state, "state", "open", "closed") === "open",
    mine: f.mine === true,
    createdAt: time(f.createdAt, "createdAt"),
    expiresAt: time(f.expiresAt, "expiresAt"),
    summary: summary(f.summary),
  };
}

export function heatPart(v: unknown): HeatPart {
  const f = fields(v, "heat");
  const cells: Record<string, number> = {};
  for (const [token, n] of Object.entries(fields(f.cells, "cells"))) cells[token] = count(n, "cells");
  return { part: text(f.part, "part"), version: count(f.version, "version"), cells };
}

/** A question as GET /questions/{id} gives it, with its heat. */
export function detail(v: unknown): { question: Question; heat: HeatPart[] } {
  const { heat } = fields(v, "question");
  return { question: question(v), heat: heat === undefined ? [] : list(heat, "heat", heatPart) };
}

export function page(v: unknown): { items: Question[]; nextCursor: string | undefined } {
  const f = fields(v, "page");
  return {
    items: list(f.items, "items", question),
    nextCursor: f.nextCursor === undefined ? undefined : text(f.nextCursor, "nextCursor"),
  };
}

export function operation(v: unknown): Operation {
  const f = fields(v, "operation");
  const o: Operation = {
    id: text(f.id, "id"),
    kind: oneOf(f.kind, "kind", "ask", "answer", "withdraw"),
    status: oneOf(f.status, "status", "pending", "succeeded", "failed"),
    question: text(f.question, "question"),
  };
  if (f.failure !== undefined) {
    const e = fields(f.failure, "failure");
    o.failure = { code: text(e.code, "code"), detail: text(e.detail, "detail") };
  }
  return o;
}

export function answer(v: unknown): Answer {
  const f = fields(v, "answer");
  const a: Answer = {};
  if (f.stars !== undefined) a.stars = number(f.stars, "stars");
  if (f.location !== undefined) a.location = place(f.location, "location");
  return a;
}

export function live(v: unknown): Live {
  const f = fields(v, "live");
  const topics = fields(f.topics, "topics");
  const account = topicOf("account", topics.account);
  return {
    endpoints: list(f.endpoints, "endpoints", (e) => text(e, "endpoint")),
    topics: {
      geo: list(topics.geo, "geo", (t) => topicOf("geo", t).topic),
      account: account.topic,
      system: topicOf("system", topics.system).topic,
      question: (id) => topic.question(topic.value("question", id)),
    },
    clientId: (instance) => topic.userClientId(account.values.account, instance),
  };
}

/** A topic of the channel that is wanted; the server may name no other. */
function topicOf<C extends topic.ChannelName>(channel: C, v: unknown): Extract<topic.Parsed, { channel: C }> {
  const parsed = topic.parse(text(v, "topic"));
  if (parsed?.channel !== channel) throw new DecodeError(`${JSON.stringify(v)} is no topic of channel ${channel}`);
  return parsed as Extract<topic.Parsed, { channel: C }>;
}

/** A question's id: what its topic is made of. */
function questionId(v: unknown): string {
  try {
    return topic.value("question", text(v, "id"));
  } catch {
    throw new DecodeError(`${JSON.stringify(v)} is no question id`);
  }
}

/** A live message; undefined where its type is one that this page does not know. */
export function message(json: string): Message | undefined {
  let v: unknown;
  try {
    v = JSON.parse(json);
  } catch {
    throw new DecodeError("a message that is no JSON");
  }
  const f = fields(v, "message");
  switch (f.type) {
    case "question":
      return { type: "question", question: question(f.question) };
    case "summary":
      return { type: "summary", question: text(f.question, "question"), summary: summary(f) };
    case "heat":
      return { type: "heat", question: text(f.question, "question"), heat: heatPart(f) };
    case "operation":
      return { type: "operation", operation: operation(f.operation) };
    case "notice":
      return { type: "notice", text: text(f.text, "text") };
  }
  return undefined;
}
