// The list of questions: a card each, in order, and which of them are seen.

import type { LatLng } from "../geo/geo.ts";
import type { Question } from "../model/types.ts";
import { Card, type CardActions } from "./card.ts";
import type { Format } from "./format.ts";

/** A card counts as seen while it is this near to the window. */
const nearness = "300px";

export class List {
  private readonly cards = new Map<string, Card>();
  private readonly near = new Set<string>();
  private readonly observer: IntersectionObserver;
  private order: readonly string[] = [];

  constructor(private readonly element: HTMLElement, private readonly format: Format, private readonly actions: CardActions, onSeen: () => void) {
    this.observer = new IntersectionObserver((entries) => {
      for (const e of entries) {
        const id = (e.target as HTMLElement).dataset.id!;
        if (e.isIntersecting) this.near.add(id);
        else this.near.delete(id);
      }
      onSeen();
    }, { rootMargin: nearness });
  }

  card(id: string): Card | undefined {
    return this.cards.get(id);
  }

  /** Ids: first the open cards, then those that are seen, then the rest from the top. */
  get wanted(): string[] {
    const seen = this.order.filter((id) => this.near.has(id));
    return [...new Set([...this.open, ...seen, ...this.order])];
  }

  get open(): string[] {
    return this.order.filter((id) => this.cards.get(id)!.open);
  }

  /** Shows these questions in this order. Cards stay what they are: focus and open forms survive. */
  set(questions: readonly Question[], from: LatLng, now: number): void {
    this.order = questions.map((q) => q.id);
    const wanted = new Set(this.order);
    for (const [id, card] of this.cards) {
      if (wanted.has(id)) continue;
      this.observer.unobserve(card.element);
      this.near.delete(id);
      card.element.remove();
      this.cards.delete(id);
    }
    let before = this.element.firstElementChild;
    for (const q of questions) {
      let card = this.cards.get(q.id);
      if (!card) {
        card = new Card(q, this.format, this.actions);
        this.cards.set(q.id, card);
        this.observer.observe(card.element);
      }
      card.place(from, now);
      if (card.element === before) before = before.nextElementSibling;
      else this.element.insertBefore(card.element, before);
    }
  }

  /** Ages grow while nothing else happens. */
  refresh(from: LatLng, now: number): void {
    for (const card of this.cards.values()) card.place(from, now);
  }

  clear(): void {
    this.set([], { lat: 0, lng: 0 }, 0);
  }
}
