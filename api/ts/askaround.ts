/**
 * A client of Ask Around Me.
 *
 *     const client = new AskAround("https://ask.example", { token });
 *     const asked = await client.askQuestion({ text: "How is the view?", kind: "star", location: { lat: 40.689, lng: -74.045 } });
 *     await asked.outcome();
 *     for await (const question of client.questions({ lat: 40.7, lng: -74 })) console.log(question.text);
 *
 * A refusal is a Problem, no answer at all is Unreachable, an operation that failed is
 * OperationFailed. Calls are repeated, with one idempotency key, after Retry-After or a
 * random time whose bound doubles.
 */

import type { components, operations } from "./askaround.gen.ts";
import { follow, type ServerSentEvent } from "./events.ts";
import type { Problem } from "./errors.ts";
import { Outcomes, type OutcomeOptions } from "./outcomes.ts";
import { newKey, pages, Transport, type Call, type CallOptions, type ClientOptions, type WriteOptions } from "./transport.ts";

export { Problem, Unreachable, type Kind, type ProblemPart } from "./errors.ts";
export { OperationFailed, Undecided, type OutcomeOptions } from "./outcomes.ts";
export type { CallOptions, ClientOptions, WriteOptions } from "./transport.ts";

type Schemas = components["schemas"];
type Query<O extends keyof operations> = Readonly<NonNullable<operations[O]["parameters"]["query"]>>;

export type Account = Schemas["Account"];
export type Answer = Schemas["Answer"];
export type LatLng = Schemas["LatLng"];
export type Live = Schemas["Live"];
export type NewQuestion = Schemas["NewQuestion"];
export type Operation = Schemas["Operation"];
export type Question = Schemas["Question"];
export type QuestionPage = Schemas["QuestionPage"];
export type Watch = Schemas["Watch"];
export type ProblemType = Schemas["ProblemType"];
export type LiveMessage = Schemas["LiveMessage"];

/** Either stars, 0 to 5 in half steps, or a place: as the question's kind wants. */
export type AnswerValue =
  | { readonly stars: number; readonly location?: never }
  | { readonly location: LatLng; readonly stars?: never };

/** News. After "reset" some were lost: read again what you show. */
export type LiveEvent =
  | { readonly id: string; readonly type: "reset" }
  | { [T in LiveMessage["type"]]: { readonly id: string; readonly type: T; readonly message: Extract<LiveMessage, { type: T }> } }[LiveMessage["type"]];

export interface Options extends ClientOptions {
  /**
   * How outcomes are told: by server-sent events, while anybody waits; or by the program,
   * which has a connection by MQTT and passes on what the account's topic says: see told()
   * and resumed(). Default "events".
   */
  push?: "events" | "program";
}

/** A request that the server has accepted and will process. */
export class Pending {
  constructor(readonly operation: Operation, private readonly outcomes: Outcomes) {}

  get id(): string {
    return this.operation.id;
  }

  get question(): string {
    return this.operation.question;
  }

  /** The operation when it has succeeded. Throws OperationFailed, Undecided, or the signal's reason. */
  outcome(options: OutcomeOptions = {}): Promise<Operation> {
    return this.outcomes.of(this.operation, options);
  }
}

/** Says whether an error is a problem of this contract; then its type is known. */
export function isProblem(error: unknown): error is Problem<ProblemType> {
  return error instanceof Error && error.name === "Problem";
}

export class AskAround {
  private readonly transport: Transport;
  private readonly outcomes: Outcomes;

  /** baseURL is where the API is; "" is the folder of the page. */
  constructor(baseURL: string, options: Options = {}) {
    this.transport = new Transport(baseURL, options);
    this.outcomes = new Outcomes((id, o) => this.getOperation(id, o), options.push === "program" ? undefined : (signal) => this.news(signal));
  }

  askQuestion(question: NewQuestion, options: WriteOptions = {}): Promise<Pending> {
    return this.accepted({ method: "POST", path: "questions", body: question }, options);
  }

  /** The open questions around a place, in pages of query.limit, read as they are wanted. */
  questions(query: Query<"listQuestions">, options: CallOptions = {}): AsyncGenerator<Question, void, undefined> {
    return pages((cursor) => this.listQuestions(cursor === undefined ? query : { ...query, cursor }, options), query.cursor);
  }

  /** One page of them. */
  listQuestions(query: Query<"listQuestions">, options: CallOptions = {}): Promise<QuestionPage> {
    return this.json({ method: "GET", path: "questions", query, ...options });
  }

  getQuestion(id: string, options: CallOptions = {}): Promise<Question> {
    return this.json({ method: "GET", path: `questions/${encodeURIComponent(id)}`, ...options });
  }

  /** Closes a question of the caller's own, for good. */
  async closeQuestion(id: string, options: CallOptions = {}): Promise<void> {
    await this.transport.send({ method: "POST", path: `questions/${encodeURIComponent(id)}/close`, harmless: true, ...options });
  }

  /** Takes a question of the caller's own away from everybody. Deleting what is gone does nothing. */
  async deleteQuestion(id: string, options: CallOptions = {}): Promise<void> {
    try {
      await this.transport.send({ method: "DELETE", path: `questions/${encodeURIComponent(id)}`, ...options });
    } catch (error) {
      if (!isProblem(error) || error.kind !== "notFound") throw error;
    }
  }

  /** The caller's own answer; undefined where there is none. */
  async getAnswer(id: string, options: CallOptions = {}): Promise<Answer | undefined> {
    try {
      return await this.json<Answer>({ method: "GET", path: answerPath(id), ...options });
    } catch (error) {
      if (isProblem(error) && error.kind === "notFound") return undefined;
      throw error;
    }
  }

  putAnswer(id: string, answer: AnswerValue, options: WriteOptions = {}): Promise<Pending> {
    return this.accepted({ method: "PUT", path: answerPath(id), body: answer }, options);
  }

  deleteAnswer(id: string, options: WriteOptions = {}): Promise<Pending> {
    return this.accepted({ method: "DELETE", path: answerPath(id) }, options);
  }

  async watchQuestion(id: string, options: CallOptions = {}): Promise<void> {
    await this.transport.send({ method: "PUT", path: `questions/${encodeURIComponent(id)}/watch`, ...options });
  }

  async unwatchQuestion(id: string, options: CallOptions = {}): Promise<void> {
    await this.transport.send({ method: "DELETE", path: `questions/${encodeURIComponent(id)}/watch`, ...options });
  }

  async listWatches(options: CallOptions = {}): Promise<Watch[]> {
    return (await this.json<Schemas["WatchList"]>({ method: "GET", path: "watches", ...options })).items;
  }

  getAccount(options: CallOptions = {}): Promise<Account> {
    return this.json({ method: "GET", path: "account", ...options });
  }

  getLive(query: Query<"getLive">, options: CallOptions = {}): Promise<Live> {
    return this.json({ method: "GET", path: "live", query, ...options });
  }

  getOperation(id: string, options: CallOptions = {}): Promise<Operation> {
    return this.json({ method: "GET", path: `operations/${encodeURIComponent(id)}`, ...options });
  }

  /** News as it happens, over as many connections as it takes. Types that this client does not know are left out. */
  async *events(query: Query<"streamEvents"> = {}, options: CallOptions & { lastEventId?: string } = {}): AsyncGenerator<LiveEvent, void, undefined> {
    const following = { path: "events", query, ...(options.lastEventId !== undefined && { lastId: options.lastEventId }) };
    for await (const e of follow(this.transport, { ...following, ...options })) {
      const event = liveEvent(e);
      if (event) yield event;
    }
  }

  /** Takes what the account's topic says, with push "program". */
  told(operation: Operation): void {
    this.outcomes.told(operation);
  }

  /** Says, with push "program", that the account's topic is in force, at first or again: what it was silent about is asked for. */
  resumed(): void {
    this.outcomes.resumed();
  }

  private async news(signal: AbortSignal): Promise<void> {
    const opened = (resumed: boolean) => {
      if (!resumed) this.outcomes.resumed();
    };
    for await (const e of follow(this.transport, { path: "events", signal, opened })) {
      const event = liveEvent(e);
      if (event?.type === "reset") this.outcomes.resumed();
      if (event?.type === "operation") this.outcomes.told(event.message.operation);
    }
  }

  private async accepted(call: Call, options: WriteOptions): Promise<Pending> {
    const operation = await this.json<Operation>({ ...call, key: newKey(), ...options });
    return new Pending(operation, this.outcomes);
  }

  private async json<T>(call: Call): Promise<T> {
    return (await (await this.transport.send(call)).json()) as T;
  }
}

function answerPath(id: string): string {
  return `questions/${encodeURIComponent(id)}/answer`;
}

const messageTypes: ReadonlySet<string> = new Set<LiveMessage["type"]>(["question", "summary", "heat", "operation", "notice"]);

function liveEvent(e: ServerSentEvent): LiveEvent | undefined {
  if (e.type === "reset") return { id: e.id, type: "reset" };
  if (!messageTypes.has(e.type)) return undefined;
  return { id: e.id, type: e.type, message: JSON.parse(e.data) } as LiveEvent;
}
