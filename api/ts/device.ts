/**
 * A client of a device with a console or a printer.
 *
 *     const device = new Device("https://device.example", { token });
 *     await device.publishMessage({ message: "Hello printer!" });
 *     for await (const message of device.messages()) console.log(message.payload);
 */

import type { components, operations } from "./device.gen.ts";
import { newKey, pages, Transport, type CallOptions, type ClientOptions, type WriteOptions } from "./transport.ts";

export { Problem, Unreachable, type Kind, type ProblemPart } from "./errors.ts";
export type { CallOptions, ClientOptions, WriteOptions } from "./transport.ts";

type Schemas = components["schemas"];
type Query = Readonly<NonNullable<operations["listMessages"]["parameters"]["query"]>>;

/** A line for the console, a line for the printer, or both. */
export type NewMessage =
  | { readonly text: string; readonly message?: string }
  | { readonly text?: string; readonly message: string };
export type PublishedMessage = Schemas["PublishedMessage"];
export type ReceivedMessage = Schemas["ReceivedMessage"];
export type MessagePage = Schemas["MessagePage"];
export type ProblemType = Schemas["ProblemType"];

export class Device {
  private readonly transport: Transport;

  constructor(baseURL: string, options: ClientOptions = {}) {
    this.transport = new Transport(baseURL, options);
  }

  /** Sends a message and returns a copy of it as it was published. */
  async publishMessage(message: NewMessage, options: WriteOptions = {}): Promise<PublishedMessage> {
    return (await (await this.transport.send({ method: "POST", path: "publish", body: message, key: newKey(), ...options })).json()) as PublishedMessage;
  }

  /** What the device said, newest first, in pages of query.limit, read as they are wanted. */
  messages(query: Query = {}, options: CallOptions = {}): AsyncGenerator<ReceivedMessage, void, undefined> {
    return pages((cursor) => this.listMessages(cursor === undefined ? query : { ...query, cursor }, options), query.cursor);
  }

  /** One page of it. */
  async listMessages(query: Query = {}, options: CallOptions = {}): Promise<MessagePage> {
    return (await (await this.transport.send({ method: "GET", path: "messages", query, ...options })).json()) as MessagePage;
  }

  async getMessage(id: string, options: CallOptions = {}): Promise<ReceivedMessage> {
    return (await (await this.transport.send({ method: "GET", path: `messages/${encodeURIComponent(id)}`, ...options })).json()) as ReceivedMessage;
  }
}
