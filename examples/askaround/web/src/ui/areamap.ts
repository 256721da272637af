// The map of what is around: the place in the middle, questions about it.

import type { LatLng } from "../geo/geo.ts";
import { average } from "../model/store.ts";
import type { Question } from "../model/types.ts";
import type { Area } from "../net/api.ts";
import { Chart } from "./chart.ts";
import { set, svg } from "./dom.ts";
import type { Format } from "./format.ts";

export class AreaMap {
  readonly element: SVGSVGElement;
  private readonly chart: Chart;
  private readonly marks = new Map<string, SVGGElement>();
  private moving = false;

  /** onPick: a question was clicked. onMove: a place was clicked while moving. */
  constructor(format: Format, private readonly onPick: (id: string) => void, onMove: (p: LatLng) => void) {
    this.chart = new Chart(format, "area-map");
    this.element = this.chart.element;
    set(this.element, "role", "img");
    this.element.addEventListener("click", (e) => {
      if (this.moving) onMove(this.chart.locate(e).place);
    });
  }

  show(area: Area): void {
    this.chart.show(area.at, area.radius);
    const [x, y] = this.chart.point(area.at);
    this.chart.over.replaceChildren(svg("circle", { class: "here-halo", cx: x, cy: y, r: 13 }), svg("circle", { class: "here", cx: x, cy: y, r: 6 }));
    this.marks.clear();
    this.chart.under.replaceChildren();
  }

  /** Whether a click moves there instead of picking a question. */
  setMoving(moving: boolean): void {
    this.moving = moving;
    this.element.classList.toggle("moving", moving);
  }

  set(questions: readonly Question[], fresh: ReadonlySet<string>): void {
    const ids = new Set(questions.map((q) => q.id));
    for (const [id, mark] of this.marks) {
      if (ids.has(id)) continue;
      mark.remove();
      this.marks.delete(id);
    }
    for (const q of questions) {
      const mark = this.marks.get(q.id) ?? this.mark(q);
      set(mark, "class", `mark ${q.kind} ${tone(q)}${fresh.has(q.id) ? " fresh" : ""}`);
    }
    const geo = questions.filter((q) => q.kind === "geo").length;
    set(this.element, "aria-label", `Map of ${questions.length} questions around you, ${geo} of them answered by a place. The list has them all.`);
  }

  /** Makes one question stand out, or none. */
  highlight(id: string | undefined): void {
    for (const [other, mark] of this.marks) {
      mark.classList.toggle("highlight", other === id);
      if (other === id) mark.parentNode!.append(mark); // above the others
    }
  }

  private mark(q: Question): SVGGElement {
    const [x, y] = this.chart.point(q.location);
    const shape = q.kind === "geo" ? svg("rect", { x: -5.5, y: -5.5, width: 11, height: 11, rx: 2, transform: "rotate(45)" }) : svg("circle", { r: 6.5 });
    const mark = svg("g", {
      transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
      onclick: () => {
        if (!this.moving) this.onPick(q.id);
      },
    }, svg("circle", { class: "ping", r: 6 }), shape, svg("title", {}, q.text));
    this.marks.set(q.id, mark);
    this.chart.under.append(mark);
    return mark;
  }
}

/** How a question does, as a class: unanswered, or low, middle, high on average. */
function tone(q: Question): string {
  const mean = average(q.summary);
  if (mean === undefined) return "unanswered";
  if (q.kind === "geo") return "answered";
  return mean < 2 ? "low" : mean < 3.5 ? "middle" : "high";
}
