// Cells of S2 geometry from their tokens: where a cell of the heat map lies.
// The mathematics is that of http://s2geometry.io/devguide/s2cell_hierarchy; the
// test's vectors are made by golang/geo.

import type { LatLng } from "./geo.ts";

/** A cell: one of 4^level squares on one of the six faces of a cube. */
interface Cell {
  face: number; // 0 to 5
  level: number; // 0 to 30
  i: number; // 0 to 2^level - 1
  j: number;
}

const swap = 1, invert = 2;

// Position along the Hilbert curve to (i, j) within the parent, for each
// orientation of the curve, and how the orientation changes on the way.
const positionToIJ = [[0, 1, 3, 2], [0, 2, 3, 1], [3, 2, 0, 1], [3, 1, 0, 2]] as const;
const positionToOrientation = [swap, 0, 0, invert | swap] as const;

/** Reads a token; undefined where it names no cell. */
function parse(token: string): Cell | undefined {
  if (!/^[0-9a-f]{1,16}$/.test(token)) return undefined;
  const id = BigInt("0x" + token.padEnd(16, "0"));
  const face = Number(id >> 61n);
  let zeros = 0; // behind the lowest bit that is set, which marks the level
  while (zeros <= 60 && (id & (1n << BigInt(zeros))) === 0n) zeros++;
  if (face > 5 || zeros > 60 || zeros % 2 === 1) return undefined;
  const level = 30 - zeros / 2;
  let i = 0, j = 0, orientation = face & swap;
  for (let k = 0; k < level; k++) {
    const position = Number((id >> BigInt(59 - 2 * k)) & 3n);
    const ij = positionToIJ[orientation]![position]!;
    i = 2 * i + (ij >> 1);
    j = 2 * j + (ij & 1);
    orientation ^= positionToOrientation[position]!;
  }
  return { face, level, i, j };
}

/** The quadratic projection of S2, 0..1 to -1..1, which makes cells of similar size. */
function toUV(s: number): number {
  return s >= 0.5 ? (4 * s * s - 1) / 3 : (1 - 4 * (1 - s) * (1 - s)) / 3;
}

/** A point of a face to latitude and longitude. */
function toLatLng(face: number, s: number, t: number): LatLng {
  const u = toUV(s), v = toUV(t);
  const [x, y, z] = (
    [[1, u, v], [-u, 1, v], [-u, -v, 1], [-1, -v, -u], [v, -1, -u], [v, u, -1]] as const
  )[face as 0 | 1 | 2 | 3 | 4 | 5];
  return { lat: (Math.atan2(z, Math.hypot(x, y)) * 180) / Math.PI, lng: (Math.atan2(y, x) * 180) / Math.PI };
}

/** The level of the cell with this token, 0 to 30; undefined where it names no cell. */
export function level(token: string): number | undefined {
  return parse(token)?.level;
}

/** The centre of a cell. */
export function centre(token: string): LatLng | undefined {
  const cell = parse(token);
  if (!cell) return undefined;
  const size = 2 ** cell.level;
  return toLatLng(cell.face, (cell.i + 0.5) / size, (cell.j + 0.5) / size);
}

/** The four corners of a cell, counter-clockwise. */
export function corners(token: string): [LatLng, LatLng, LatLng, LatLng] | undefined {
  const cell = parse(token);
  if (!cell) return undefined;
  const size = 2 ** cell.level;
  const corner = (di: number, dj: number) => toLatLng(cell.face, (cell.i + di) / size, (cell.j + dj) / size);
  return [corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)];
}
