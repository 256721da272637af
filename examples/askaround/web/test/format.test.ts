import assert from "node:assert/strict";
import test from "node:test";
import { mile } from "../src/geo/geo.ts";
import { coordinates, Format, stars, usesMiles } from "../src/ui/format.ts";
import { legendOf, levelOf } from "../src/ui/geopanel.ts";

const miles = new Format("en-GB"), kilometres = new Format("de");

test("distances in the units of the region", () => {
  const rows: [metres: number, miles: string, kilometres: string][] = [
    [0, "0 ft", "0 m"],
    [37, "120 ft", "40 m"],
    [160, "520 ft", "160 m"],
    [161, "0.1 mi", "160 m"],
    [1000, "0.6 mi", "1 km"],
    [mile, "1 mi", "1.6 km"],
    [5 * mile, "5 mi", "8 km"],
    [9.96 * mile, "10 mi", "16 km"],
    [12.4 * mile, "12 mi", "20 km"],
  ];
  for (const [metres, inMiles, inKilometres] of rows) {
    assert.equal(miles.distance(metres), inMiles);
    assert.equal(kilometres.distance(metres), inKilometres);
  }
  assert.deepEqual(["en-US", "en-GB", "en", "fr-FR", "de"].map(usesMiles), [true, true, true, false, false]);
});

test("rings are whole steps inside the circle, at most four", () => {
  assert.deepEqual(miles.rings(5 * mile).map((r) => r / mile), [2, 4]);
  assert.deepEqual(kilometres.rings(8046.72), [2000, 4000, 6000]);
  for (let radius = 100; radius < 100_000; radius *= 1.3) {
    const rings = kilometres.rings(radius);
    assert.ok(rings.length <= 4 && rings.every((r) => r > 0 && r < radius), `${radius}: ${rings}`);
  }
});

test("ages", () => {
  const now = Date.UTC(2026, 10, 22, 12);
  const rows: [seconds: number, want: string][] = [
    [-5, "just now"], // a clock that is behind
    [0, "just now"],
    [44, "just now"],
    [60, "1 minute ago"],
    [44 * 60, "44 minutes ago"],
    [3600, "1 hour ago"],
    [21 * 3600, "21 hours ago"],
    [24 * 3600, "yesterday"],
    [25 * 86_400, "25 days ago"],
    [40 * 86_400, "last month"],
    [300 * 86_400, "10 months ago"],
    [365 * 86_400, "last year"],
  ];
  for (const [seconds, want] of rows) assert.equal(miles.age(now - seconds * 1000, now), want, `${seconds} s`);
});

test("stars and counts in words", () => {
  assert.deepEqual([0, 0.5, 1, 1.5, 4.5, 5].map(stars), ["no stars", "half a star", "1 star", "1½ stars", "4½ stars", "5 stars"]);
  assert.deepEqual([0, 1, 2, 2100].map((n) => miles.count(n, "answer")), ["0 answers", "1 answer", "2 answers", "2,100 answers"]);
  assert.equal(coordinates({ lat: -33.8688, lng: 151.2093 }), "33.8688° S, 151.2093° E");
});

test("every count has a colour, and the legend says which", () => {
  assert.deepEqual(legendOf(0), []);
  for (let most = 1; most <= 60; most++) {
    const legend = legendOf(most);
    assert.equal(legend.at(-1)!.level, 5, `the largest of ${most} is the strongest`);
    for (let n = 1; n <= most; n++) {
      const holding = legend.filter(({ label }) => {
        const [from, to = from] = label.split("–").map(Number);
        return from! <= n && n <= to!;
      });
      assert.deepEqual(holding.map((l) => l.level), [levelOf(n, most)], `${n} of ${most}`);
    }
  }
});
