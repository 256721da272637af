// What the API and the topics speak of; see api/askaround/openapi.yaml.

import type { ClientId, Topic } from "../../../../../api/ts/topics.gen.ts";
import type { LatLng } from "../geo/geo.ts";

export type Kind = "star" | "geo";

/** What all answers add up to, in integers. */
export interface Summary {
  version: number;
  answers: number;
  sumHalfStars: number;
  histogram: number[]; // 11: element i counts i half stars
}

export interface Question {
  id: string;
  text: string;
  kind: Kind;
  location: LatLng;
  radius: number; // metres: geo answers lie this close to location
  open: boolean; // takes answers
  mine: boolean; // the caller asked it; messages do not tell, and then it is false
  createdAt: number; // milliseconds since 1970
  expiresAt: number; // likewise
  summary: Summary;
}

/** The answers within one part of a heat map, by S2 token of the cell. */
export interface HeatPart {
  part: string;
  version: number;
  cells: Readonly<Record<string, number>>;
}

export interface Operation {
  id: string;
  kind: "ask" | "answer" | "withdraw";
  status: "pending" | "succeeded" | "failed";
  question: string;
  failure?: { code: string; detail: string };
}

/** The caller's own answer. */
export interface Answer {
  stars?: number; // 0 to 5 in half steps
  location?: LatLng;
}

export interface Live {
  endpoints: string[];
  topics: { geo: Topic<"geo">[]; account: Topic<"account">; system: Topic<"system">; question: (id: string) => Topic<"question"> };
  /** What a connection of this account calls itself. */
  clientId: (instance: string) => ClientId<"user">;
}

export type Message =
  | { type: "question"; question: Question }
  | { type: "summary"; question: string; summary: Summary }
  | { type: "heat"; question: string; heat: HeatPart }
  | { type: "operation"; operation: Operation }
  | { type: "notice"; text: string };
