/**
 * A client of a telepresence robot.
 *
 *     const robot = new Robot("https://robot.example", { token });
 *     await robot.publishAction("forward", { signal: AbortSignal.timeout(500) });
 *     for await (const entry of robot.telemetry()) console.log(entry.values);
 */

import type { components, operations } from "./robot.gen.ts";
import { newKey, pages, Transport, type CallOptions, type ClientOptions, type WriteOptions } from "./transport.ts";

export { Problem, Unreachable, type Kind, type ProblemPart } from "./errors.ts";
export type { CallOptions, ClientOptions, WriteOptions } from "./transport.ts";

type Schemas = components["schemas"];
type Query = Readonly<NonNullable<operations["listTelemetry"]["parameters"]["query"]>>;

export type Action = Schemas["Action"];
export type PublishedAction = Schemas["PublishedAction"];
export type RobotState = Schemas["RobotState"];
export type TelemetryEntry = Schemas["TelemetryEntry"];
export type TelemetryPage = Schemas["TelemetryPage"];
export type ProblemType = Schemas["ProblemType"];

export class Robot {
  private readonly transport: Transport;

  constructor(baseURL: string, options: ClientOptions = {}) {
    this.transport = new Transport(baseURL, options);
  }

  /** Sends an action. The robot carries it out for a moment only: repeat the call while it is to go on, and bound each by a signal. */
  async publishAction(action: Action, options: WriteOptions = {}): Promise<PublishedAction> {
    return (await (await this.transport.send({ method: "POST", path: "publish", body: { action }, key: newKey(), ...options })).json()) as PublishedAction;
  }

  async getState(options: CallOptions = {}): Promise<RobotState> {
    return (await (await this.transport.send({ method: "GET", path: "state", ...options })).json()) as RobotState;
  }

  /** What the robot measured, newest first, in pages of query.limit, read as they are wanted. */
  telemetry(query: Query = {}, options: CallOptions = {}): AsyncGenerator<TelemetryEntry, void, undefined> {
    return pages((cursor) => this.listTelemetry(cursor === undefined ? query : { ...query, cursor }, options), query.cursor);
  }

  /** One page of it. */
  async listTelemetry(query: Query = {}, options: CallOptions = {}): Promise<TelemetryPage> {
    return (await (await this.transport.send({ method: "GET", path: "telemetry", query, ...options })).json()) as TelemetryPage;
  }
}
