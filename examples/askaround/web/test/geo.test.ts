import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import * as geo from "../src/geo/geo.ts";
import * as s2 from "../src/geo/s2.ts";

// Made by golang/geo: go test -run TestVectors -update in this folder's package.
const vectors = JSON.parse(readFileSync(process.env.TESTDATA + "/vectors.json", "utf8")) as {
  cells: { token: string; level: number; centre: geo.LatLng; corners: geo.LatLng[] }[];
  invalid: string[];
  distances: { a: geo.LatLng; b: geo.LatLng; metres: number }[];
};

const close = (a: geo.LatLng, b: geo.LatLng, what: string) =>
  assert.ok(geo.distance(a, b) < 0.001, `${what}: ${JSON.stringify(a)} is not ${JSON.stringify(b)}`);

test("cells lie where golang/geo has them", () => {
  assert.ok(vectors.cells.length >= 200);
  for (const v of vectors.cells) {
    assert.equal(s2.level(v.token), v.level, v.token);
    close(s2.centre(v.token)!, v.centre, `centre of ${v.token}`);
    s2.corners(v.token)!.forEach((c, k) => close(c, v.corners[k]!, `corner ${k} of ${v.token}`));
  }
});

test("what is no cell", () => {
  for (const token of [...vectors.invalid, "89C25B", "0x1", "89c25b00000000000", "é"]) {
    assert.equal(s2.level(token), undefined, token);
    assert.equal(s2.centre(token), undefined, token);
    assert.equal(s2.corners(token), undefined, token);
  }
});

test("distances are golang/geo's", () => {
  for (const v of vectors.distances) assert.ok(Math.abs(geo.distance(v.a, v.b) - v.metres) < 1e-3 + v.metres * 1e-9, JSON.stringify(v));
});

test("a map and back, anywhere on Earth", () => {
  const places = [
    { lat: 51.5, lng: -0.12 }, { lat: 0, lng: 180 }, { lat: -16.8, lng: -179.99 }, { lat: 89.99, lng: 45 },
    { lat: 90, lng: 0 }, { lat: -90, lng: 0 }, { lat: -33.87, lng: 151.21 },
  ];
  for (const centre of places) {
    for (const east of [-8000, -1, 0, 300, 8046]) {
      for (const north of [-8000, 0, 5, 8046]) {
        const p = geo.unproject(centre, { east, north });
        assert.ok(geo.isPlace(p), JSON.stringify(p));
        const metres = Math.hypot(east, north);
        assert.ok(Math.abs(geo.distance(centre, p) - metres) < 0.01, `${JSON.stringify(centre)} ${east} ${north}`);
        const back = geo.project(centre, p);
        assert.ok(Math.hypot(back.east - east, back.north - north) < 0.05, `${JSON.stringify(centre)} ${east} ${north}: ${JSON.stringify(back)}`);
      }
    }
  }
});

test("winds", () => {
  const from = { lat: 51.5, lng: 0 };
  const rows: [geo.Offset, string][] = [
    [{ east: 0, north: 100 }, "N"], [{ east: 100, north: 100 }, "NE"], [{ east: 100, north: 0 }, "E"], [{ east: 100, north: -100 }, "SE"],
    [{ east: 0, north: -100 }, "S"], [{ east: -100, north: -100 }, "SW"], [{ east: -100, north: 0 }, "W"], [{ east: -100, north: 100 }, "NW"],
  ];
  for (const [o, want] of rows) assert.equal(geo.wind(from, geo.unproject(from, o)), want);
});

test("places as people type them", () => {
  const rows: [string, geo.LatLng | undefined][] = [
    ["51.5,-0.12", { lat: 51.5, lng: -0.12 }],
    [" 51.5  -0.12 ", { lat: 51.5, lng: -0.12 }],
    ["51.5° N, 0.12° W", { lat: 51.5, lng: -0.12 }],
    ["33.87 S 151.21 E", { lat: -33.87, lng: 151.21 }],
    ["90, 180", { lat: 90, lng: 180 }],
    ["90.1, 0", undefined],
    ["0, 180.1", undefined],
    ["51.5", undefined],
    ["here", undefined],
    ["1e5, 3", undefined],
    ["", undefined],
  ];
  for (const [text, want] of rows) assert.deepEqual(geo.parseLatLng(text), want, text);
});
