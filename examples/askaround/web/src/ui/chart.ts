// The ground of the page's maps: a circle around a place, in metres, with rings.
// There are no streets: nothing is loaded from elsewhere.

import { project, unproject, type LatLng, type Offset } from "../geo/geo.ts";
import { svg } from "./dom.ts";
import type { Format } from "./format.ts";

/** The map is drawn on a square of this many units; the circle touches its inset. */
const size = 400, inset = 14;

export class Chart {
  readonly element: SVGSVGElement;
  /** Layers from the bottom to the top, for those who draw on the chart. */
  readonly under = svg("g");
  readonly over = svg("g");
  private readonly ground = svg("g", { class: "ground" });
  private readonly labels = svg("g", { class: "ring-labels" }); // over the marks, which crowd in the middle
  private centre: LatLng = { lat: 0, lng: 0 };
  private radius = 1;

  constructor(private readonly format: Format, className: string) {
    this.element = svg("svg", { class: `chart ${className}`, viewBox: `0 0 ${size} ${size}` }, this.ground, this.under, this.labels, this.over);
  }

  /** Shows a circle of radius metres around centre. */
  show(centre: LatLng, radius: number): void {
    this.centre = centre;
    this.radius = radius;
    const middle = size / 2, full = middle - inset;
    this.ground.replaceChildren(
      svg("circle", { class: "disc", cx: middle, cy: middle, r: full }),
      svg("path", { class: "axis", d: `M${middle} ${inset}V${size - inset}M${inset} ${middle}H${size - inset}` }),
      ...this.format.rings(radius).map((r) => svg("circle", { class: "ring", cx: middle, cy: middle, r: (full * r) / radius })),
      svg("circle", { class: "edge", cx: middle, cy: middle, r: full }),
      svg("path", { class: "north", d: `M${middle} ${inset - 12}l6 12h-12z` }),
    );
    this.labels.replaceChildren(...[...this.format.rings(radius), radius].map((r) =>
      svg("text", { class: "ring-label", x: middle + 4, y: middle + (full * r) / radius - 4 }, this.format.distance(r))));
  }

  /** Where a place is on the drawing. */
  point(p: LatLng): [x: number, y: number] {
    return this.xy(project(this.centre, p));
  }

  xy(o: Offset): [x: number, y: number] {
    const scale = (size / 2 - inset) / this.radius;
    return [size / 2 + o.east * scale, size / 2 - o.north * scale];
  }

  /** What is under a pointer: metres from the centre, and the place. */
  locate(e: MouseEvent): { offset: Offset; place: LatLng } {
    const box = this.element.getBoundingClientRect();
    const side = Math.min(box.width, box.height); // the drawing is centred in its box
    const x = ((e.clientX - box.left - (box.width - side) / 2) / side) * size;
    const y = ((e.clientY - box.top - (box.height - side) / 2) / side) * size;
    const scale = this.radius / (size / 2 - inset);
    const offset = { east: (x - size / 2) * scale, north: (size / 2 - y) * scale };
    return { offset, place: unproject(this.centre, offset) };
  }
}
