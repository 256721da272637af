// The questions that this window knows, merged from snapshots and messages.
//
// Both may arrive in any order and more than once. A question is known by its id;
// of its summaries, and of each part of its heat, the one with the highest version
// stands. So with "subscribe first, then read" nothing is lost and nothing counts
// twice.

import { distance, type LatLng } from "../geo/geo.ts";
import type { HeatPart, Message, Question, Summary } from "./types.ts";

export type Change =
  | { kind: "added"; question: Question }
  | { kind: "changed"; question: Question }
  | { kind: "heat"; id: string };

export type Order = "newest" | "nearest";

export class Store {
  private readonly questions = new Map<string, Question>();
  private readonly heats = new Map<string, Map<string, HeatPart>>();
  private readonly early = new Map<string, Summary>(); // of questions not known yet

  get(id: string): Question | undefined {
    return this.questions.get(id);
  }

  /** Takes a question from a snapshot or a message; returns what changed by it. */
  put(q: Question): Change | undefined {
    const known = this.questions.get(q.id);
    if (!known) {
      const early = this.early.get(q.id);
      this.early.delete(q.id);
      const added = early && early.version > q.summary.version ? { ...q, summary: early } : q;
      this.questions.set(q.id, added);
      return { kind: "added", question: added };
    }
    const newer = q.summary.version > known.summary.version;
    const mine = known.mine || q.mine; // only snapshots tell
    if (!newer && mine === known.mine) return undefined;
    return this.change({ ...(newer ? q : known), mine });
  }

  putSummary(id: string, s: Summary): Change | undefined {
    const known = this.questions.get(id);
    if (!known) {
      const early = this.early.get(id);
      if (!early || s.version > early.version) this.early.set(id, s);
      return undefined;
    }
    if (s.version <= known.summary.version) return undefined;
    return this.change({ ...known, summary: s });
  }

  private change(question: Question): Change {
    this.questions.set(question.id, question);
    return { kind: "changed", question };
  }

  putHeat(id: string, part: HeatPart): Change | undefined {
    let parts = this.heats.get(id);
    if (!parts) this.heats.set(id, (parts = new Map()));
    const known = parts.get(part.part);
    if (known && part.version <= known.version) return undefined;
    parts.set(part.part, part);
    return { kind: "heat", id };
  }

  /** Takes a live message about a question. */
  apply(m: Message): Change | undefined {
    switch (m.type) {
      case "question":
        return this.put(m.question);
      case "summary":
        return this.putSummary(m.question, m.summary);
      case "heat":
        return this.putHeat(m.question, m.heat);
    }
    return undefined;
  }

  /** Answers by cell token, of all parts. */
  heat(id: string): ReadonlyMap<string, number> {
    const cells = new Map<string, number>();
    for (const part of this.heats.get(id)?.values() ?? [])
      for (const [token, n] of Object.entries(part.cells)) if (n > 0) cells.set(token, n);
    return cells;
  }

  /** The questions within radius metres of a place that have not expired, in order. */
  nearby(place: LatLng, radius: number, order: Order, now: number): Question[] {
    const found: { question: Question; metres: number }[] = [];
    for (const question of this.questions.values()) {
      const metres = distance(place, question.location);
      if (metres <= radius && question.expiresAt > now) found.push({ question, metres });
    }
    const byId = (a: Question, b: Question) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
    found.sort((a, b) =>
      order === "newest"
        ? b.question.createdAt - a.question.createdAt || byId(a.question, b.question)
        : a.metres - b.metres || byId(a.question, b.question),
    );
    return found.map((f) => f.question);
  }

  /** Forgets everything, for another place. */
  clear(): void {
    this.questions.clear();
    this.heats.clear();
    this.early.clear();
  }
}

/** The mean in stars; undefined without answers. */
export function average(s: Summary): number | undefined {
  return s.answers > 0 ? s.sumHalfStars / (2 * s.answers) : undefined;
}
