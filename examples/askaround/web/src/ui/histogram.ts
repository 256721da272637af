// How often each rating was given.

import { h, set } from "./dom.ts";
import { stars } from "./format.ts";

export class Histogram {
  readonly element: HTMLElement;
  private readonly bars: HTMLElement[];

  constructor() {
    this.bars = Array.from({ length: 11 }, () => h("span", { class: "bar" }));
    this.element = h("div", { class: "histogram", role: "img" },
      h("span", { class: "bars" }, ...this.bars),
      h("span", { class: "scale" }, h("span", {}, "0"), h("span", {}, "5")),
    );
  }

  /** counts[i] is how many gave i half stars. */
  set(counts: readonly number[]): void {
    const most = Math.max(1, ...counts);
    for (const [i, bar] of this.bars.entries()) {
      const n = counts[i] ?? 0;
      bar.style.height = `${n === 0 ? 4 : 12 + (88 * n) / most}%`;
      bar.classList.toggle("none", n === 0);
      set(bar, "title", `${stars(i / 2)}: ${n}`);
    }
    const told = counts.flatMap((n, i) => (n > 0 ? [`${n} × ${stars(i / 2)}`] : []));
    set(this.element, "aria-label", told.length > 0 ? `Ratings: ${told.reverse().join(", ")}` : "No ratings yet");
  }
}
