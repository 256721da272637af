// The map of a geo question: where others answered, and the pin of one's own
// answer.

import { distance, project, unproject, wind, type LatLng, type Offset } from "../geo/geo.ts";
import * as s2 from "../geo/s2.ts";
import type { Question } from "../model/types.ts";
import { Chart } from "./chart.ts";
import { h, icon, icons, set, svg, uniqueId, write } from "./dom.ts";
import type { Format } from "./format.ts";

const levels = 5; // of the colours

/** Arrow keys move the pin by this share of the radius; with Shift by five times as much. */
const step = 1 / 50;

/** An answer stays this far inside the edge, in metres: rounding must not put it outside. */
const margin = 5;

export class GeoPanel {
  readonly element: HTMLElement;
  private readonly chart: Chart;
  private readonly pad: HTMLElement;
  private readonly where: HTMLElement;
  private readonly legend = h("ul", { class: "legend" });
  private readonly rows = h("tbody");
  private readonly table: HTMLTableElement;
  private readonly pin = svg("g", { class: "pin" }, svg("path", { d: icons.pin, transform: "translate(-18 -33) scale(1.5)" }));
  private offset: Offset | undefined;

  constructor(private readonly question: Question, private readonly format: Format, canAnswer: boolean, private readonly onPick: () => void) {
    this.chart = new Chart(format, "heat-map");
    this.chart.show(question.location, question.radius);
    const [x, y] = this.chart.point(question.location);
    this.chart.over.append(svg("circle", { class: "here-small", cx: x, cy: y, r: 4 }), this.pin);
    const whereId = uniqueId("where");
    this.where = h("output", { class: "where", id: whereId });
    set(this.chart.element, "aria-hidden", "true");
    this.pad = h("div", canAnswer
      ? {
          class: "pad", tabindex: 0, role: "application", "aria-roledescription": "map", "aria-describedby": whereId,
          "aria-label": "Map. Arrow keys move the pin, with Shift in larger steps.",
          onclick: (e: MouseEvent) => this.move(this.chart.locate(e).offset),
          onkeydown: (e: KeyboardEvent) => this.key(e),
        }
      : { class: "pad still" }, this.chart.element);
    this.table = h("table", { class: "heat-table" },
      h("caption", {}, "Answers by cell, about a kilometre wide"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Where"), h("th", { scope: "col" }, "Centre"), h("th", { scope: "col" }, "Answers"))),
      this.rows,
    );
    this.element = h("div", { class: "geo-panel" },
      this.pad,
      h("div", { class: "geo-side" },
        canAnswer && h("p", { class: "hint" }, icon(icons.pin), "Click the map, or use the arrow keys, to put your pin."),
        this.where,
        this.legend,
        h("details", {}, h("summary", {}, "As a table"), h("div", { class: "table-wrap" }, this.table)),
      ),
    );
    this.showPin();
  }

  /** Where the pin is. */
  get value(): LatLng | undefined {
    return this.offset && unproject(this.question.location, this.offset);
  }

  set value(p: LatLng | undefined) {
    this.offset = p && project(this.question.location, p);
    this.showPin();
  }

  focus(): void {
    this.pad.focus();
  }

  /** Draws the answers by cell. */
  setHeat(cells: ReadonlyMap<string, number>): void {
    const most = Math.max(0, ...cells.values());
    const sorted = [...cells].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    this.chart.under.replaceChildren(...sorted.flatMap(([token, n]) => this.cell(token, n, most)));
    this.rows.replaceChildren(...sorted.map(([token, n]) => this.row(token, n)));
    this.table.hidden = sorted.length === 0;
    this.legend.replaceChildren(...legendOf(most).map(({ level, label }) =>
      h("li", {}, h("span", { class: `swatch heat-${level}` }), label)));
    if (most === 0) this.legend.replaceChildren(h("li", { class: "muted" }, "No answers yet."));
  }

  private cell(token: string, n: number, most: number): SVGElement[] {
    const corners = s2.corners(token), middle = s2.centre(token);
    if (!corners || !middle) return [];
    const points = corners.map((c) => this.chart.point(c).map((v) => v.toFixed(1)).join(",")).join(" ");
    const [x, y] = this.chart.point(middle);
    return [
      svg("polygon", { class: `cell heat-${levelOf(n, most)}`, points, "data-cell": token, "data-answers": n }),
      svg("text", { class: `cell-count on-heat-${levelOf(n, most)}`, x: x.toFixed(1), y: (y + 3.5).toFixed(1) }, String(n)),
    ];
  }

  private row(token: string, n: number): HTMLTableRowElement {
    const middle = s2.centre(token);
    const away = middle ? this.describe(middle) : "unknown";
    return h("tr", {}, h("th", { scope: "row" }, away), h("td", {}, middle ? `${middle.lat.toFixed(4)}, ${middle.lng.toFixed(4)}` : ""), h("td", { class: "number" }, String(n)));
  }

  private describe(p: LatLng): string {
    const metres = distance(this.question.location, p);
    return metres < 30 ? "at the question's place" : `${this.format.distance(metres)} ${wind(this.question.location, p)}`;
  }

  private key(e: KeyboardEvent): void {
    const by = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0] }[e.key];
    if (!by) return;
    e.preventDefault();
    const metres = this.question.radius * step * (e.shiftKey ? 5 : 1);
    const from = this.offset ?? { east: 0, north: 0 };
    // The first key puts the pin into the middle.
    this.move(this.offset ? { east: from.east + by[0]! * metres, north: from.north + by[1]! * metres } : from);
  }

  private move(to: Offset): void {
    const away = Math.hypot(to.east, to.north), most = this.question.radius - margin;
    const shrink = away > most ? most / away : 1;
    this.offset = { east: to.east * shrink, north: to.north * shrink };
    this.showPin();
    this.onPick();
  }

  private showPin(): void {
    const p = this.value;
    set(this.pin, "display", p ? undefined : "none");
    if (!p || !this.offset) return write(this.where, "");
    const [x, y] = this.chart.xy(this.offset);
    set(this.pin, "transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
    write(this.where, `Your pin: ${this.describe(p)} (${p.lat.toFixed(4)}, ${p.lng.toFixed(4)})`);
  }
}

/** The colour of a count, 1 to 5, where most is the largest count. */
export function levelOf(n: number, most: number): number {
  return Math.max(1, Math.min(levels, Math.ceil((levels * n) / Math.max(1, most))));
}

/** The colours that counts up to most have, with the counts of each. */
export function legendOf(most: number): { level: number; label: string }[] {
  const legend: { level: number; label: string }[] = [];
  for (let level = 1; level <= levels; level++) {
    const from = Math.floor(((level - 1) * most) / levels) + 1, to = Math.floor((level * most) / levels);
    if (from <= to) legend.push({ level, label: from === to ? String(from) : `${from}–${to}` });
  }
  return legend;
}
