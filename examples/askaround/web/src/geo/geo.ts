// Distances on the sphere, and a flat map of what is around a place.

export interface LatLng {
  lat: number; // degrees north
  lng: number; // degrees east
}

/** A point of a map: metres east and north of its centre. */
export interface Offset {
  east: number;
  north: number;
}

/** The mean radius of Earth of the IUGG in metres, as the server's. */
export const earthRadius = 6_371_008.8;

/** The international mile in metres. */
export const mile = 1609.344;

/** Five miles: how far a question is seen, and answered. */
export const fiveMiles = 5 * mile;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
const degrees = (rad: number): number => (rad * 180) / Math.PI;

/** Great-circle distance in metres (haversine: exact for small distances too). */
export function distance(a: LatLng, b: LatLng): number {
  const lat = Math.sin(radians(b.lat - a.lat) / 2);
  const lng = Math.sin(radians(b.lng - a.lng) / 2);
  const h = lat * lat + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * lng * lng;
  return 2 * earthRadius * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** A point of the unit sphere, and the directions of east and north there: also at the poles, where the longitude chooses them. */
function frame(p: LatLng): { up: Vector; east: Vector; north: Vector } {
  const lat = radians(p.lat), lng = radians(p.lng);
  return {
    up: [Math.cos(lat) * Math.cos(lng), Math.cos(lat) * Math.sin(lng), Math.sin(lat)],
    east: [-Math.sin(lng), Math.cos(lng), 0],
    north: [-Math.sin(lat) * Math.cos(lng), -Math.sin(lat) * Math.sin(lng), Math.cos(lat)],
  };
}

type Vector = readonly [number, number, number];

const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** The direction in which b lies, seen from a, in radians clockwise from north. */
export function bearing(a: LatLng, b: LatLng): number {
  const from = frame(a), to = frame(b).up;
  return Math.atan2(dot(to, from.east), dot(to, from.north));
}

/** Where p is on a map around centre (azimuthal equidistant: distances from the centre are true). */
export function project(centre: LatLng, p: LatLng): Offset {
  const d = distance(centre, p);
  const azimuth = bearing(centre, p);
  return { east: d * Math.sin(azimuth), north: d * Math.cos(azimuth) };
}

/** The inverse of project. */
export function unproject(centre: LatLng, o: Offset): LatLng {
  const metres = Math.hypot(o.east, o.north);
  if (metres === 0) return { lat: centre.lat, lng: centre.lng };
  const { up, east, north } = frame(centre);
  const angle = metres / earthRadius;
  const e = (Math.sin(angle) * o.east) / metres, n = (Math.sin(angle) * o.north) / metres;
  const [x, y, z] = ([0, 1, 2] as const).map((k) => Math.cos(angle) * up[k] + e * east[k] + n * north[k]) as [number, number, number];
  return { lat: degrees(Math.atan2(z, Math.hypot(x, y))), lng: degrees(Math.atan2(y, x)) };
}

const winds = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"] as const;

/** The one of eight winds in which b lies, seen from a. */
export function wind(a: LatLng, b: LatLng): string {
  const eighth = Math.round(bearing(a, b) / (Math.PI / 4));
  return winds[(eighth + 8) % 8]!;
}

/** Reads "51.5, -0.12", also with degree letters: "51.5 N 0.12 W". undefined where that is no place. */
export function parseLatLng(text: string): LatLng | undefined {
  const match = /^\s*([+-]?\d+(?:\.\d+)?)\s*°?\s*([NS])?\s*[,;\s]\s*([+-]?\d+(?:\.\d+)?)\s*°?\s*([EW])?\s*$/i.exec(text);
  if (!match) return undefined;
  const lat = Number(match[1]) * (match[2]?.toUpperCase() === "S" ? -1 : 1);
  const lng = Number(match[3]) * (match[4]?.toUpperCase() === "W" ? -1 : 1);
  return isPlace({ lat, lng }) ? { lat, lng } : undefined;
}

export function isPlace(p: LatLng): boolean {
  return Math.abs(p.lat) <= 90 && Math.abs(p.lng) <= 180; // false for NaN
}
