// One question in the list.

import { distance, wind, type LatLng } from "../geo/geo.ts";
import { average } from "../model/store.ts";
import type { Answer, Question } from "../model/types.ts";
import { h, icon, icons, set, uniqueId, write } from "./dom.ts";
import { stars, type Format } from "./format.ts";
import { GeoPanel } from "./geopanel.ts";
import { Histogram } from "./histogram.ts";
import { StarInput, StarMeter } from "./stars.ts";

/** How the caller's own answer stands. */
export type Sending =
  | { state: "none" }
  | { state: "pending"; text: string }
  | { state: "done"; text: string }
  | { state: "failed"; text: string };

export interface CardActions {
  answer(id: string, value: Answer): void;
  withdraw(id: string): void;
  /** The answer form was opened or closed. */
  toggled(id: string, open: boolean): void;
  pointedAt(id: string | undefined): void;
}

export class Card {
  readonly element: HTMLElement;
  private question: Question;
  private own: Answer | undefined;
  private readonly meta = h("p", { class: "meta" });
  private readonly mean = h("span", { class: "mean" });
  private readonly answers = h("span", { class: "answers" });
  private readonly meter = new StarMeter();
  private readonly histogram = new Histogram();
  private readonly rating = h("div", { class: "rating" }, this.mean, this.meter.element);
  private readonly status = h("p", { class: "status", role: "status" });
  private readonly toggle: HTMLButtonElement;
  private readonly panel: HTMLElement;
  private form: AnswerForm | undefined;

  constructor(question: Question, private readonly format: Format, private readonly actions: CardActions) {
    this.question = question;
    const title = uniqueId("question"), panel = uniqueId("panel");
    this.toggle = h("button", { type: "button", class: "secondary", "aria-expanded": "false", "aria-controls": panel, onclick: () => this.setOpen(!this.open) });
    this.panel = h("div", { class: "panel", id: panel, hidden: true });
    this.element = h("article", {
      class: `card ${question.kind}`, "data-id": question.id, "aria-labelledby": title, tabindex: -1,
      onpointerenter: () => actions.pointedAt(question.id),
      onpointerleave: () => actions.pointedAt(undefined),
    },
      h("div", { class: "card-head" },
        h("span", { class: "kind" }, icon(question.kind === "geo" ? icons.pin : icons.star), question.kind === "geo" ? "Where" : "Rate"),
        this.meta,
      ),
      h("h3", { id: title }, question.text),
      h("div", { class: "result" },
        question.kind === "star" && this.rating,
        this.answers,
        question.kind === "star" && this.histogram.element,
        this.toggle,
      ),
      this.status,
      this.panel,
    );
    this.update(question);
    this.setSending({ state: "none" });
  }

  get open(): boolean {
    return !this.panel.hidden;
  }

  /** Shows the question as it is now; flash says that others moved it just now. */
  update(question: Question, flash = false): void {
    this.question = question;
    const { summary } = question;
    const mean = average(summary);
    write(this.answers, summary.answers === 0 ? "No answers yet" : this.format.count(summary.answers, "answer"));
    if (question.kind === "star") {
      this.rating.hidden = this.histogram.element.hidden = mean === undefined;
      write(this.mean, mean === undefined ? "" : this.format.average(mean));
      set(this.mean, "aria-label", `${this.mean.textContent} of 5 stars on average`);
      set(this.mean, "role", "img");
      this.meter.set(mean);
      this.histogram.set(summary.histogram);
    }
    this.element.classList.toggle("mine", question.mine);
    this.element.classList.toggle("closed", !question.open);
    this.label();
    if (flash) {
      this.element.classList.remove("flash");
      void this.element.offsetWidth; // restarts the animation
      this.element.classList.add("flash");
    }
  }

  /** Shows how far away and how long ago. */
  place(from: LatLng, now: number): void {
    const metres = distance(from, this.question.location);
    const away = metres < 30 ? "right here" : `${this.format.distance(metres)} ${wind(from, this.question.location)}`;
    const mine = this.question.mine ? " · asked by you" : "";
    write(this.meta, `${away} · ${this.format.age(this.question.createdAt, now)}${mine}`);
  }

  setHeat(cells: ReadonlyMap<string, number>): void {
    this.form?.setHeat(cells);
  }

  setOwn(answer: Answer | undefined): void {
    this.own = answer;
    this.form?.setOwn(answer);
    this.label();
  }

  setSending(s: Sending): void {
    write(this.status, s.state === "none" ? "" : s.text);
    this.status.className = `status ${s.state}`;
    set(this.element, "aria-busy", s.state === "pending" ? "true" : undefined);
    this.form?.setBusy(s.state === "pending");
  }

  setOpen(open: boolean): void {
    if (open === this.open) return;
    if (open && !this.form) {
      this.form = new AnswerForm(this.question, this.format, this.canAnswer, this.actions);
      this.form.setOwn(this.own);
      this.panel.append(this.form.element);
    }
    this.panel.hidden = !open;
    set(this.toggle, "aria-expanded", String(open));
    this.label();
    this.actions.toggled(this.question.id, open);
    if (open && this.canAnswer) this.form!.focus();
  }

  private get canAnswer(): boolean {
    return this.question.open && !this.question.mine;
  }

  private label(): void {
    const geo = this.question.kind === "geo";
    this.toggle.hidden = !geo && !this.canAnswer;
    if (this.open) return write(this.toggle, "Close");
    if (!this.canAnswer) return write(this.toggle, "See the map");
    if (this.own) return write(this.toggle, geo ? "Change my answer" : `My rating: ${stars(this.own.stars ?? 0)}`);
    write(this.toggle, geo ? "Answer on the map" : "Rate");
  }
}

/** What opens under a question: stars to give, or the map. */
class AnswerForm {
  readonly element: HTMLElement;
  private readonly stars: StarInput | undefined;
  private readonly map: GeoPanel | undefined;
  private readonly send = h("button", { type: "submit", class: "primary" }, "Send");
  private readonly withdraw = h("button", { type: "button", class: "quiet" }, "Withdraw my answer");
  private busy = false;
  private own: Answer | undefined;

  constructor(question: Question, format: Format, canAnswer: boolean, actions: CardActions) {
    const changed = () => this.enable();
    if (question.kind === "star") this.stars = new StarInput("Your rating", changed);
    else this.map = new GeoPanel(question, format, canAnswer, changed);
    this.withdraw.addEventListener("click", () => actions.withdraw(question.id));
    this.element = h("form", {
      class: "answer-form",
      onsubmit: (e: Event) => {
        e.preventDefault();
        const value = this.value;
        if (value && !this.busy) actions.answer(question.id, value);
      },
    }, (this.stars ?? this.map)!.element, canAnswer && h("div", { class: "actions" }, this.send, this.withdraw));
    this.enable();
  }

  setHeat(cells: ReadonlyMap<string, number>): void {
    this.map?.setHeat(cells);
  }

  setOwn(answer: Answer | undefined): void {
    this.own = answer;
    if (this.stars) this.stars.value = answer?.stars;
    if (this.map) this.map.value = answer?.location;
    this.enable();
  }

  setBusy(busy: boolean): void {
    this.busy = busy;
    this.enable();
  }

  focus(): void {
    (this.stars ?? this.map)!.focus();
  }

  private get value(): Answer | undefined {
    const rating = this.stars?.value, location = this.map?.value;
    if (rating !== undefined) return { stars: rating };
    return location && { location };
  }

  private enable(): void {
    this.send.disabled = this.busy || this.value === undefined;
    this.withdraw.disabled = this.busy;
    this.withdraw.hidden = this.own === undefined;
  }
}
