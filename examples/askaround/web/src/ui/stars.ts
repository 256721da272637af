// Stars: to read, and to give.

import { h, icon, icons, uniqueId, write } from "./dom.ts";
import { stars } from "./format.ts";

/** Five stars, filled up to a rating. A picture: its number stands beside it. */
export class StarMeter {
  readonly element: HTMLElement;
  private readonly filled: HTMLElement;

  constructor() {
    const row = (className: string) => h("span", { class: className }, ...Array.from({ length: 5 }, () => icon(icons.star, "star-icon")));
    this.filled = row("filled");
    this.element = h("span", { class: "star-meter", "aria-hidden": "true" }, row("empty"), this.filled);
  }

  set(rating: number | undefined): void {
    this.filled.style.width = `${((rating ?? 0) / 5) * 100}%`;
  }
}

/**
 * A control for 0 to 5 stars in half steps: a group of eleven radio buttons, which
 * keyboards and screen readers know, under a row of stars, of which each half takes
 * clicks. Nothing is chosen at first.
 */
export class StarInput {
  readonly element: HTMLElement;
  private readonly inputs: HTMLInputElement[];
  private readonly output: HTMLElement;
  private shown: number | undefined;

  constructor(legend: string, private readonly onChange: () => void) {
    const name = uniqueId("stars");
    this.output = h("output", { class: "star-output", "aria-hidden": "true" });
    this.inputs = Array.from({ length: 11 }, (_, i) =>
      h("input", { type: "radio", name, value: i / 2, "aria-label": stars(i / 2), onchange: () => this.changed() }),
    );
    const zone = (i: number) => {
      const half = i % 2 === 1 ? "left" : "right";
      return h("label", {
        class: i === 0 ? "zone zero" : `zone ${half}`,
        title: stars(i / 2),
        onpointerenter: () => this.show(i),
      }, this.inputs[i], icon(i === 0 ? icons.none : icons.star, i === 0 ? "icon" : "star-icon"));
    };
    this.element = h("fieldset", { class: "star-input", onpointerleave: () => this.show(this.index) },
      h("legend", {}, legend),
      h("div", { class: "zones" }, ...this.inputs.map((_, i) => zone(i))),
      this.output,
    );
    this.show(undefined);
  }

  /** The chosen rating, 0 to 5. */
  get value(): number | undefined {
    return this.index === undefined ? undefined : this.index / 2;
  }

  set value(rating: number | undefined) {
    for (const [i, input] of this.inputs.entries()) input.checked = rating !== undefined && i === rating * 2;
    this.show(this.index);
  }

  focus(): void {
    (this.inputs.find((i) => i.checked) ?? this.inputs[0])?.focus();
  }

  private get index(): number | undefined {
    const i = this.inputs.findIndex((input) => input.checked);
    return i < 0 ? undefined : i;
  }

  private changed(): void {
    this.show(this.index);
    this.onChange();
  }

  /** Lights the stars up to a choice, or to where the pointer is. */
  private show(index: number | undefined): void {
    this.shown = index;
    for (const [i, input] of this.inputs.entries()) {
      input.parentElement!.classList.toggle("lit", i > 0 && this.shown !== undefined && i <= this.shown);
      input.parentElement!.classList.toggle("chosen", i === this.shown);
    }
    write(this.output, index === undefined ? "Choose 0 to 5 stars" : stars(index / 2));
  }
}
