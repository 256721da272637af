// The client of the API, as this page uses it: with the window's token, and what it reads
// decoded into the model.

import { AskAround, type Pending } from "../../../../../api/ts/askaround.ts";
import type { LatLng } from "../geo/geo.ts";
import * as decode from "../model/decode.ts";
import type { Answer, HeatPart, Kind, Live, Operation, Question } from "../model/types.ts";
import type { Order } from "../model/store.ts";
import type { Tokens } from "./token.ts";

export interface Area {
  at: LatLng;
  radius: number; // metres
}

export class Api {
  private readonly client: AskAround;

  constructor(tokens: Tokens, fetcher: typeof fetch) {
    this.client = new AskAround("", {
      token: () => tokens.get(),
      tokenRefused: (token) => tokens.refused(token),
      fetch: fetcher,
      push: "program",
    });
  }

  async live(area: Area): Promise<Live> {
    return decode.live(await this.client.getLive(near(area)));
  }

  async questions(area: Area, order: Order, limit: number, cursor?: string): Promise<{ items: Question[]; nextCursor: string | undefined }> {
    return decode.page(await this.client.listQuestions({ ...near(area), order, limit, ...(cursor !== undefined && { cursor }) }));
  }

  async question(id: string): Promise<{ question: Question; heat: HeatPart[] }> {
    return decode.detail(await this.client.getQuestion(id));
  }

  /** The caller's own answer; undefined where there is none. */
  async ownAnswer(id: string): Promise<Answer | undefined> {
    const answer = await this.client.getAnswer(id);
    return answer && decode.answer(answer);
  }

  /** With the same key it is asked once, however often this is called. */
  ask(text: string, kind: Kind, location: LatLng, key: string): Promise<Pending> {
    return this.client.askQuestion({ text, kind, location }, { key });
  }

  answer(id: string, value: Answer): Promise<Pending> {
    return this.client.putAnswer(id, value);
  }

  withdraw(id: string): Promise<Pending> {
    return this.client.deleteAnswer(id);
  }

  /** Takes what the account's topic says. */
  told(operation: Operation): void {
    this.client.told(operation);
  }

  /** The account's topic is in force, at first or again. */
  resumed(): void {
    this.client.resumed();
  }
}

function near({ at, radius }: Area): { lat: number; lng: number; radius: number } {
  return { lat: rounded(at.lat, 1e6), lng: rounded(at.lng, 1e6), radius: rounded(radius, 100) };
}

function rounded(n: number, parts: number): number {
  return Math.round(n * parts) / parts;
}
