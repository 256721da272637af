// What others did while one looked: the last few things, the newest first.

import { byId, h, write } from "./dom.ts";
import type { Format } from "./format.ts";

const most = 6;

interface Entry {
  id: string;
  when: number;
  element: HTMLElement;
  age: HTMLElement;
}

export class Activity {
  private readonly list = byId("activity", HTMLElement);
  private readonly quiet = byId("activity-quiet", HTMLElement);
  private entries: Entry[] = [];

  constructor(private readonly format: Format, private readonly onPick: (id: string) => void) {}

  /** Tells what happened to a question; an earlier entry about it makes room. */
  add(id: string, title: string, what: string): void {
    const age = h("span", { class: "age" });
    const element = h("li", {},
      h("button", { type: "button", class: "entry", onclick: () => this.onPick(id) }, h("span", { class: "entry-title" }, title), h("span", { class: "entry-what" }, what, age)),
    );
    const others = this.entries.filter((e) => e.id !== id);
    this.entries = [{ id, when: Date.now(), element, age }, ...others].slice(0, most);
    this.list.replaceChildren(...this.entries.map((e) => e.element));
    this.quiet.hidden = true;
    this.refresh(Date.now());
  }

  refresh(now: number): void {
    for (const e of this.entries) write(e.age, ` · ${this.format.age(e.when, now)}`);
  }

  clear(): void {
    this.entries = [];
    this.list.replaceChildren();
    this.quiet.hidden = false;
  }
}
